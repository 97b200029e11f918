package com.drivendata.platform.catalog;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.catalog.Crawler.Recrawl;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Prefixes;
import com.drivendata.platform.pipeline.Quarantine;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.TrustedTable;
import com.drivendata.platform.pipeline.View;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.glue_catalog_database.GlueCatalogDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * The Glue database with the declared tables and views, and the crawlers that register new partitions.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/catalog-and-crawler.html">AWS Glue Data Catalog</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/glue_catalog_database">aws_glue_catalog_database</a>
 */
public final class Catalog extends Construct {

    /**
     * What the construct needs.
     *
     * @param database the database's name, unique in the account
     * @param dataRoot the {@code s3://} address below which the prefixes lie, ending in a slash
     * @param crawlerRoleArn the role of the crawlers
     * @param securityConfiguration how the crawlers encrypt their logs
     * @param dependsOn what the crawlers must wait for, so that their role has its permissions
     */
    @NamedBuilder
    public record Props(
            String database,
            String dataRoot,
            PipelineTable pipeline,
            String crawlerRoleArn,
            String securityConfiguration,
            List<ITerraformDependable> dependsOn) {}

    private final String database;
    private final Props props;

    public Catalog(Construct scope, String id, Props props) {
        super(scope, id);
        this.props = props;
        GlueCatalogDatabase declared = GlueCatalogDatabase.Builder.create(this, "database")
                .name(props.database())
                .description("Raw and staging data, quarantine and the departments' tables")
                .build();
        declared.overrideLogicalId("database");
        database = declared.getName();

        raw();
        props.pipeline().datasets().forEach(this::staging);
        props.pipeline().trusted().tables().forEach(this::trusted);
        new QuarantineTable(this, "table-" + Quarantine.TABLE, database, props);
        view(RawTypedView.of(props.pipeline().raw()));
    }

    /** The database's name. */
    public String getDatabase() {
        return database;
    }

    /**
     * Lets somebody's queries read tables of the database; of a table, that is also its partitions. Athena looks every
     * query's database up, and {@code default} beside it.
     *
     * @param tables names, or {@code *}
     * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html">Access to
     *     databases and tables</a>
     */
    public void grantQuery(Grants grants, Arns arns, List<String> tables) {
        grants.allow(
                "FindDatabase",
                List.of("glue:GetDatabase"),
                arns.of("glue", "catalog"),
                arns.of("glue", "database/default"),
                arns.of("glue", "database/" + props.database()));
        grants.allow(
                "ReadTables",
                List.of(
                        "glue:BatchGetPartition",
                        "glue:GetPartition",
                        "glue:GetPartitions",
                        "glue:GetTable",
                        "glue:GetTables"),
                Stream.concat(
                                Stream.of(arns.of("glue", "catalog"), arns.of("glue", "database/" + props.database())),
                                tables.stream()
                                        .map(table -> arns.of("glue", "table/" + props.database() + "/" + table)))
                        .toArray(String[]::new));
    }

    private void raw() {
        RawDataset raw = props.pipeline().raw();
        Prefixes prefixes = props.pipeline().prefixes();
        RawTable table = new RawTable(this, "table-" + raw.table(), database, props);
        CsvClassifier classifier = new CsvClassifier(this, "classifier", raw.crawler() + "_csv", raw.columns());
        crawler(
                raw.crawler(),
                raw.table(),
                prefixes.raw(),
                // The raw folder is flat: there are no new folders to look for, only new files.
                Recrawl.CRAWL_EVERYTHING,
                List.of(classifier.getName()),
                table);
    }

    private void staging(Dataset dataset) {
        StagingTable table = new StagingTable(this, "table-" + dataset.name(), database, props, dataset);
        crawler(
                dataset.crawler(),
                dataset.name(),
                StagingTable.prefix(props, dataset),
                Recrawl.CRAWL_NEW_FOLDERS_ONLY,
                List.of(),
                table);
    }

    /** Without a crawler: the DAG registers a department's day itself. */
    private void trusted(TrustedTable table) {
        new DepartmentTable(this, "table-" + table.name(), database, props, table);
    }

    private void crawler(
            String name, String table, String prefix, Recrawl recrawl, List<String> classifiers, LakeTable declared) {
        List<ITerraformDependable> dependsOn = new ArrayList<>(props.dependsOn());
        dependsOn.addAll(declared.getReady());
        new Crawler(
                this,
                "crawler-" + table,
                CrawlerPropsBuilder.builder()
                        .name(name)
                        .database(database)
                        .table(table)
                        .location(props.dataRoot() + prefix)
                        .tableLevel(tableLevel(prefix))
                        .roleArn(props.crawlerRoleArn())
                        .securityConfiguration(props.securityConfiguration())
                        .recrawl(recrawl)
                        .classifiers(classifiers)
                        .dependsOn(dependsOn)
                        .build());
    }

    /** The depth of the table's folder, the bucket being level 1. */
    private static int tableLevel(String prefix) {
        return prefix.split("/").length + 1;
    }

    private void view(View view) {
        new CatalogView(this, "view-" + view.name(), database, props.database(), view);
    }
}
