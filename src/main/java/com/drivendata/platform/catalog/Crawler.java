package com.drivendata.platform.catalog;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawler;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerLineageConfiguration;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerRecrawlPolicy;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerS3Target;
import com.hashicorp.cdktf.providers.aws.glue_crawler.GlueCrawlerSchemaChangePolicy;
import java.util.ArrayList;
import java.util.List;
import software.constructs.Construct;

/**
 * A crawler that registers the new partitions of one declared table and changes nothing else. It has no schedule:
 * Airflow starts it when there is something to find.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html">Preventing a crawler
 *     from changing an existing schema</a>
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

    /**
     * @param recrawl which folders a run visits: the Glue API's RecrawlBehavior
     * @param classifiers names of custom classifiers, tried before Glue's own
     */
    Crawler(
            Construct scope,
            Catalog.Props props,
            LakeTable table,
            String name,
            String recrawl,
            List<String> classifiers) {
        super(scope, "crawler-" + table.getProps().name());
        String tableName = table.getProps().name();
        String location = table.getProps().location();
        List<ITerraformDependable> dependsOn =
                new ArrayList<>(props.crawlerRole().getReady());
        dependsOn.addAll(table.getReady());
        GlueCrawler.Builder.create(this, "crawler")
                .name(name)
                .description("Registers new partitions of %s; started by Airflow".formatted(tableName))
                .databaseName(table.getProps().database())
                .role(props.crawlerRole().getArn())
                .securityConfiguration(props.securityConfiguration())
                .classifiers(classifiers.isEmpty() ? null : classifiers)
                .s3Target(List.of(GlueCrawlerS3Target.builder().path(location).build()))
                // The depth of the table's folder: in s3://<bucket>/<folder>/ the bucket is level 1.
                .configuration(CONFIGURATION.formatted(location.split("/").length - 2))
                .schemaChangePolicy(GlueCrawlerSchemaChangePolicy.builder()
                        .updateBehavior("LOG")
                        .deleteBehavior("LOG")
                        .build())
                .recrawlPolicy(GlueCrawlerRecrawlPolicy.builder()
                        .recrawlBehavior(recrawl)
                        .build())
                .lineageConfiguration(GlueCrawlerLineageConfiguration.builder()
                        .crawlerLineageSettings("DISABLE")
                        .build())
                .dependsOn(dependsOn)
                .build()
                .overrideLogicalId(tableName);
    }
}
