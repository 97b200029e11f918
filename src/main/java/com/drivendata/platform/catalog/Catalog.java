package com.drivendata.platform.catalog;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Quarantine;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.TrustedTable;
import com.drivendata.platform.storage.DataLakeBucket;
import com.hashicorp.cdktf.providers.aws.glue_catalog_database.GlueCatalogDatabase;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import java.util.List;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * The Glue database with the declared tables and views, and the crawlers that register new partitions.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/catalog-and-crawler.html">AWS Glue Data Catalog</a>
 */
public final class Catalog extends Construct {

    /**
     * What the construct needs.
     *
     * @param crawlerRole the role of the crawlers
     * @param securityConfiguration how the crawlers encrypt their logs
     */
    public record Props(
            Deployment deployment, DataLakeBucket bucket, ServiceRole crawlerRole, String securityConfiguration) {}

    private final Props props;
    private final PipelineTable pipeline;
    private final String schema;
    private final String database;

    public Catalog(Construct scope, String id, Props props) {
        super(scope, id);
        this.props = props;
        pipeline = props.deployment().pipeline();
        schema = props.deployment().config().catalog().database();
        GlueCatalogDatabase declared = GlueCatalogDatabase.Builder.create(this, "database")
                .name(schema)
                .description("Raw and staging data, quarantine and the departments' tables")
                .build();
        declared.overrideLogicalId("database");
        database = declared.getName();

        raw(pipeline.raw());
        pipeline.datasets().forEach(this::staging);
        pipeline.trusted().tables().forEach(this::trusted);
        quarantine();
        new RawTypedView(this, database, schema, pipeline.raw());
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
                arns.of("glue", "database/" + schema));
        grants.allow(
                "ReadTables",
                List.of(
                        "glue:BatchGetPartition",
                        "glue:GetPartition",
                        "glue:GetPartitions",
                        "glue:GetTable",
                        "glue:GetTables"),
                Stream.concat(
                                Stream.of(arns.of("glue", "catalog"), arns.of("glue", "database/" + schema)),
                                tables.stream().map(table -> arns.of("glue", "table/" + schema + "/" + table)))
                        .toArray(String[]::new));
    }

    /** As the files came: every column is text, so that a bad value can be looked at. */
    private void raw(RawDataset raw) {
        LakeTable table = table(
                raw.table(),
                "The daily files as they came, all text; the view %s has the types".formatted(raw.typedView()),
                TableFormat.CSV,
                TableColumns.of(raw.columns(), column -> ColumnType.STRING));
        CsvClassifier classifier = new CsvClassifier(this, "classifier", raw.crawler() + "_csv", raw.columns());
        // The raw folder is flat: there are no new folders to look for, only new files.
        new Crawler(this, props, table, raw.crawler(), "CRAWL_EVERYTHING", List.of(classifier.getName()));
    }

    private void staging(Dataset dataset) {
        LakeTable table = table(
                dataset.name(),
                "Staging data, written daily by the Glue job " + dataset.job(),
                TableFormat.PARQUET,
                TableColumns.of(dataset.columns(), Column::type));
        new Crawler(this, props, table, dataset.crawler(), "CRAWL_NEW_FOLDERS_ONLY", List.of());
    }

    /** Without a crawler: the DAG registers a department's day itself. */
    private void trusted(TrustedTable table) {
        table(
                table.name(),
                "For the department " + table.department() + ", written daily",
                TableFormat.PARQUET,
                TableColumns.of(table.columns(), Column::type));
    }

    /**
     * Without a crawler too: the job that judges the rows registers each day itself, so that a refused row can be
     * queried the moment it is written.
     */
    private void quarantine() {
        table(
                Quarantine.TABLE,
                "Raw rows that were refused, with the reason",
                TableFormat.PARQUET,
                Quarantine.FIELDS.stream()
                        .map(field -> TableColumns.column(field.name(), field.type(), field.meaning()))
                        .toList());
    }

    private LakeTable table(
            String name,
            String description,
            TableFormat format,
            List<GlueCatalogTableStorageDescriptorColumns> columns) {
        return new LakeTable(
                this,
                "table-" + name,
                LakeTablePropsBuilder.builder()
                        .database(database)
                        .name(name)
                        .description(description)
                        .location(props.bucket().uri(pipeline.tablePrefixes().get(name)))
                        .format(format)
                        .columns(columns)
                        .build());
    }
}
