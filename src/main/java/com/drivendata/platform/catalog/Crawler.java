package com.drivendata.platform.catalog;

import com.drivendata.platform.NamedBuilder;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawler;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerLineageConfiguration;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerRecrawlPolicy;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerS3Target;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerSchemaChangePolicy;
import java.util.List;
import software.constructs.Construct;

/**
 * A crawler that registers the new partitions of one declared table and changes nothing else. It has no schedule:
 * Airflow starts it when there is something to find.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html">Preventing a crawler
 *     from changing an existing schema</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/glue_crawler">aws_glue_crawler</a>
 */
final class Crawler extends Construct {

    /**
     * What the construct needs.
     *
     * @param table the table whose files it crawls; also the resource's logical id
     * @param location the {@code s3://} address of the table's files, ending in a slash
     * @param tableLevel the depth of the table's folder, the bucket being level 1
     * @param securityConfiguration how it encrypts its logs
     * @param recrawl which folders a run visits
     * @param classifiers names of custom classifiers, tried before Glue's own
     */
    @NamedBuilder
    record Props(
            String name,
            String database,
            String table,
            String location,
            int tableLevel,
            String roleArn,
            String securityConfiguration,
            Recrawl recrawl,
            List<String> classifiers,
            List<ITerraformDependable> dependsOn) {}

    /** The names are those of the Glue API's RecrawlBehavior. */
    enum Recrawl {
        CRAWL_EVERYTHING,
        CRAWL_NEW_FOLDERS_ONLY
    }

    /**
     * One table at the prefix's depth, however the files differ; new partitions take the table's schema. No partition
     * index, which a crawler makes by default and its role may not: a table has one partition a day.
     *
     * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/crawler-configure-partition-indexes.html">Generating
     *     partition indexes</a>
     */
    private static final String CONFIGURATION = """
            {"Version":1.0,"CreatePartitionIndex":false,\
            "CrawlerOutput":{"Partitions":{"AddOrUpdateBehavior":"InheritFromTable"}},\
            "Grouping":{"TableGroupingPolicy":"CombineCompatibleSchemas","TableLevelConfiguration":%d}}""";

    Crawler(Construct scope, String id, Props props) {
        super(scope, id);
        GlueCrawler crawler = GlueCrawler.Builder.create(this, "crawler")
                .name(props.name())
                .description("Registers new partitions of %s; started by Airflow".formatted(props.table()))
                .databaseName(props.database())
                .role(props.roleArn())
                .securityConfiguration(props.securityConfiguration())
                .classifiers(props.classifiers().isEmpty() ? null : props.classifiers())
                .s3Target(List.of(
                        GlueCrawlerS3Target.builder().path(props.location()).build()))
                .configuration(CONFIGURATION.formatted(props.tableLevel()))
                .schemaChangePolicy(GlueCrawlerSchemaChangePolicy.builder()
                        .updateBehavior("LOG")
                        .deleteBehavior("LOG")
                        .build())
                .recrawlPolicy(GlueCrawlerRecrawlPolicy.builder()
                        .recrawlBehavior(props.recrawl().name())
                        .build())
                .lineageConfiguration(GlueCrawlerLineageConfiguration.builder()
                        .crawlerLineageSettings("DISABLE")
                        .build())
                .dependsOn(props.dependsOn())
                .build();
        crawler.overrideLogicalId(props.table());
    }
}
