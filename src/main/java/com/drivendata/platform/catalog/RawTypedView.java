package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.RawDataset;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTable;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptor;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorSerDeInfo;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;
import software.constructs.Construct;

/**
 * The view that gives the raw table's columns their declared types; a value that doesn't fit is NULL. It shows every
 * personal column: it gives no access of its own, so it is for who may read the raw table.
 *
 * <p>It has the form that Athena's {@code CREATE VIEW} leaves in the catalog: a comment around a base64-encoded JSON
 * definition.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/views.html">Athena views</a>
 * @see <a
 *     href="https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java">Trino's
 *     reader of the definition</a>
 * @see <a
 *     href="https://github.com/trinodb/trino/blob/435/plugin/trino-hive/src/main/java/io/trino/plugin/hive/metastore/glue/converter/GlueToTrinoConverter.java">Trino's
 *     reader of Glue's tables</a>
 */
final class RawTypedView extends Construct {

    /**
     * @param database the database, as the resource refers to it
     * @param schema the same database by its literal name, in which the view's table is looked up
     */
    RawTypedView(Construct scope, String database, String schema, RawDataset raw) {
        super(scope, "view-" + raw.typedView());
        String definition = definition(schema, raw).toString();
        GlueCatalogTable table = GlueCatalogTable.Builder.create(this, "view")
                .databaseName(database)
                .name(raw.typedView())
                // No description: Trino knows a view of its own kind by the comment, and reads a description in its
                // place.
                .tableType("VIRTUAL_VIEW")
                .parameters(Map.of("presto_view", "true", "comment", "Presto View"))
                .viewOriginalText("/* Presto View: "
                        + Base64.getEncoder().encodeToString(definition.getBytes(StandardCharsets.UTF_8)) + " */")
                .viewExpandedText("/* Presto View */")
                .storageDescriptor(GlueCatalogTableStorageDescriptor.builder()
                        .columns(TableColumns.of(raw.columns(), Column::type))
                        .compressed(false)
                        .numberOfBuckets(0)
                        .storedAsSubDirectories(false)
                        // Views have no SerDe; Terraform can't tell an empty block from none, so it gets a value.
                        .serDeInfo(GlueCatalogTableStorageDescriptorSerDeInfo.builder()
                                .name("-")
                                .serializationLibrary("-")
                                .build())
                        .build())
                .build();
        table.overrideLogicalId(raw.typedView());
    }

    private static ObjectNode definition(String schema, RawDataset raw) {
        String expressions =
                raw.columns().stream().map(RawTypedView::expression).collect(Collectors.joining(",\n    "));
        ObjectNode definition = JsonNodeFactory.instance
                .objectNode()
                .put("originalSql", "SELECT\n    %s\nFROM %s".formatted(expressions, raw.table()))
                .put("catalog", "awsdatacatalog")
                .put("schema", schema);
        ArrayNode columns = definition.putArray("columns");
        for (Column column : raw.columns()) {
            columns.addObject().put("name", column.name()).put("type", sqlType(column.type()));
        }
        return definition;
    }

    private static String expression(Column column) {
        return column.type() == ColumnType.STRING
                ? column.name()
                : "try_cast(%1$s AS %2$s) AS %1$s".formatted(column.name(), sqlType(column.type()));
    }

    /** The type's name in Trino's SQL. */
    private static String sqlType(ColumnType type) {
        return switch (type) {
            case STRING -> "varchar";
            case INT -> "integer";
            default -> type.glueName();
        };
    }
}
