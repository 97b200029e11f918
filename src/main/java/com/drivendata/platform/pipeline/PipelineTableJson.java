package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.util.Locale;

/**
 * The packaged pipeline table, {@code pipeline.json}: what the DAG and the Glue jobs read. The same table and
 * deployment always give the same bytes, on every platform.
 */
public final class PipelineTableJson {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private PipelineTableJson() {}

    /** JSON with keys in the table's order, two spaces of indentation and a final line break. */
    public static String render(PipelineTable table, DeploymentConfig deployment) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("company", deployment.company());
        root.put("dag", table.dag());
        root.put("database", deployment.catalog().database());
        root.put("job_timeout_minutes", deployment.processing().timeoutMinutes());
        ObjectNode prefixes = root.putObject("prefixes");
        table.prefixes().byName().forEach(prefixes::put);
        addRaw(root.putObject("raw"), table.raw());
        root.putObject("judgement")
                .put("task", table.judgement().task())
                .put("job", table.judgement().job());
        ArrayNode datasets = root.putArray("datasets");
        table.datasets().forEach(dataset -> addDataset(datasets.addObject(), dataset));
        addTrusted(root.putObject("trusted"), table.trusted());
        deployment
                .monitoring()
                .ifPresent(monitoring -> root.putObject("monitoring")
                        .put("namespace", MonitoringNames.of(deployment).namespace())
                        .put("complete_by", monitoring.completeBy()));
        return print(root);
    }

    private static void addRaw(ObjectNode node, RawDataset raw) {
        node.put("crawler", raw.crawler());
        ArrayNode columns = node.putArray("columns");
        raw.columns().forEach(column -> addColumn(columns.addObject(), column));
    }

    private static void addColumn(ObjectNode node, Column column) {
        node.put("name", column.name());
        node.put("type", column.type().glueName());
        column.rule().ifPresent(rule -> node.put("rule", rule));
        column.min().ifPresent(min -> addBound(node, "min", min));
        column.max().ifPresent(max -> addBound(node, "max", max));
        if (column.required()) {
            node.put("required", true);
        }
        if (column.key()) {
            node.put("key", true);
        }
        if (column.masking() != Column.Masking.NONE) {
            node.put("masking", lower(column.masking()));
        }
    }

    private static void addBound(ObjectNode node, String key, Bound bound) {
        if (bound.day()) {
            node.put(key, bound.toString());
        } else {
            node.put(key, bound.value());
        }
    }

    private static void addDataset(ObjectNode node, Dataset dataset) {
        node.put("name", dataset.name());
        node.put("task", dataset.task());
        node.put("job", dataset.job());
        node.put("crawler", dataset.crawler());
        ArrayNode columns = node.putArray("columns");
        dataset.columns().forEach(column -> columns.add(column.name()));
    }

    private static void addTrusted(ObjectNode node, Trusted trusted) {
        node.put("task", trusted.task()).put("job", trusted.job());
        ArrayNode tables = node.putArray("tables");
        for (TrustedTable table : trusted.tables()) {
            ObjectNode each = tables.addObject();
            each.put("name", table.name());
            each.put("department", table.department());
            each.put("profile", lower(table.profile()));
            ArrayNode clear = each.putArray("clear");
            table.clear().forEach(clear::add);
            ArrayNode columns = each.putArray("columns");
            table.columns()
                    .forEach(column -> columns.addObject()
                            .put("name", column.name())
                            .put("type", column.type().glueName()));
            each.put("sql", table.sql());
        }
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String print(ObjectNode root) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(
                        Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER))
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        try {
            return MAPPER.writer(printer).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            // A tree of texts, numbers and booleans always renders.
            throw new UncheckedIOException(e);
        }
    }
}
