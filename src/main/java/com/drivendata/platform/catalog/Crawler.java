package com.drivendata.platform.catalog;

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

    Crawler(Construct scope, String id, CrawlerProps props) {
        super(scope, id);
        GlueCrawler crawler = GlueCrawler.Builder.create(this, "crawler")
                .name(props.name())
                .description("Registers new partitions of %s; started by Airflow".formatted(props.table()))
                .databaseName(props.database())
                .role(props.roleArn())
                .classifiers(props.classifiers().isEmpty() ? null : props.classifiers())
                .s3Target(List.of(GlueCrawlerS3Target.builder()
                        .path("s3://" + props.bucket() + "/" + props.prefix())
                        .build()))
                .configuration(CONFIGURATION.formatted(tableLevel(props.prefix())))
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

    /** The depth of the table's folder, the bucket being level 1. */
    private static int tableLevel(String prefix) {
        return prefix.split("/").length + 1;
    }
}
