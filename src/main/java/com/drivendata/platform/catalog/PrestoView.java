package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.View;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The text that Athena keeps for a view: a comment around a base64-encoded JSON definition.
 *
 * @see <a
 *     href="https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java">Trino's
 *     reader of it</a>
 */
final class PrestoView {

    static final String EXPANDED_TEXT = "/* Presto View */";

    private static final ObjectMapper JSON = new ObjectMapper();

    private PrestoView() {}

    /** @param schema the database in which the names of the view's tables are looked up */
    static String originalText(String schema, View view) {
        byte[] definition = definition(schema, view).toString().getBytes(StandardCharsets.UTF_8);
        return "/* Presto View: " + Base64.getEncoder().encodeToString(definition) + " */";
    }

    /** The type's name in Trino's SQL. */
    static String sqlType(ColumnType type) {
        return switch (type) {
            case STRING -> "varchar";
            case INT -> "integer";
            case DOUBLE -> "double";
            case BOOLEAN -> "boolean";
            case DATE -> "date";
            case TIMESTAMP -> "timestamp";
        };
    }

    private static ObjectNode definition(String schema, View view) {
        ObjectNode definition = JSON.createObjectNode()
                .put("originalSql", view.sql().stripTrailing())
                .put("catalog", "awsdatacatalog")
                .put("schema", schema);
        ArrayNode columns = definition.putArray("columns");
        for (Column column : view.columns()) {
            columns.addObject().put("name", column.name()).put("type", sqlType(column.type()));
        }
        return definition;
    }
}
