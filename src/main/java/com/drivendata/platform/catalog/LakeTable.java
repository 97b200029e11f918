package com.drivendata.platform.catalog;

import com.drivendata.platform.NamedBuilder;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTable;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptor;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorSerDeInfo;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * An external table over files of the data lake. Every field that AWS echoes is set, so that a plan right after apply
 * is empty.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/tables-described.html">AWS Glue tables</a>
 */
final class LakeTable extends Construct {

    /**
     * What the construct needs.
     *
     * @param location the {@code s3://} address of the table's files, ending in a slash
     */
    @NamedBuilder
    record Props(
            String database,
            String name,
            String description,
            String location,
            TableFormat format,
            List<GlueCatalogTableStorageDescriptorColumns> columns) {}

    /** Statistics that crawlers note on a table even where they must not change its schema. */
    private static final List<String> WRITTEN_BY_CRAWLERS = List.of(
            "CrawlerSchemaDeserializerVersion",
            "CrawlerSchemaSerializerVersion",
            "UPDATED_BY_CRAWLER",
            "areColumnsQuoted",
            "averageRecordSize",
            "objectCount",
            "partition_filtering.enabled",
            "recordCount",
            "sizeKey");

    private final Props props;
    private final GlueCatalogTable table;

    LakeTable(Construct scope, String id, Props props) {
        super(scope, id);
        this.props = props;
        table = GlueCatalogTable.Builder.create(this, "table")
                .databaseName(props.database())
                .name(props.name())
                .description(props.description())
                .tableType("EXTERNAL_TABLE")
                .parameters(parameters(props))
                .partitionKeys(TableColumns.partitionKeys(props.format()))
                .storageDescriptor(storage(props))
                .lifecycle(TerraformResourceLifecycle.builder()
                        .ignoreChanges(ignoredParameters())
                        .build())
                .build();
        table.overrideLogicalId(props.name());
    }

    /** What it was made of. */
    Props getProps() {
        return props;
    }

    /** What a crawler must wait for: one that runs before its table exists would make a table of its own. */
    List<ITerraformDependable> getReady() {
        return List.of(table);
    }

    private static Map<String, String> parameters(Props props) {
        Map<String, String> parameters = new TreeMap<>(props.format().crawled());
        parameters.put("EXTERNAL", "TRUE");
        return parameters;
    }

    private static GlueCatalogTableStorageDescriptor storage(Props props) {
        TableFormat format = props.format();
        return GlueCatalogTableStorageDescriptor.builder()
                .location(props.location())
                .inputFormat(format.inputFormat())
                .outputFormat(format.outputFormat())
                .serDeInfo(GlueCatalogTableStorageDescriptorSerDeInfo.builder()
                        .name(props.name())
                        .serializationLibrary(format.serde())
                        .parameters(new TreeMap<>(format.serdeParameters()))
                        .build())
                .columns(props.columns())
                .compressed(false)
                .numberOfBuckets(0)
                .storedAsSubDirectories(false)
                .parameters(new TreeMap<>(format.crawled()))
                .build();
    }

    private static List<String> ignoredParameters() {
        return Stream.of("parameters", "storage_descriptor[0].parameters")
                .flatMap(map -> WRITTEN_BY_CRAWLERS.stream().map(key -> "%s[\"%s\"]".formatted(map, key)))
                .toList();
    }
}
