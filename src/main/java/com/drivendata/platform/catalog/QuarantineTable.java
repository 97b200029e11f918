package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.ColumnType;
import com.drivendata.platform.pipeline.Dataset;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.constructs.Construct;

/**
 * The rows that the jobs refused, with the reason. Athena works its partitions out from the path, so that a refused row
 * can be queried the moment it is written, without a crawler.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html">Partition projection</a>
 */
final class QuarantineTable extends LakeTable {

    static final String NAME = "quarantine";

    /** The first day that a query looks for; the platform has no older data. */
    private static final String FIRST_DAY = "2024-01-01";

    QuarantineTable(Construct scope, String id, String database, CatalogProps props) {
        super(
                scope,
                id,
                new LakeTableProps(
                        database,
                        NAME,
                        "Raw rows that a job refused, with the reason",
                        location(props),
                        TableFormat.PARQUET,
                        List.of(
                                TableColumns.column("line", "bigint", "Line of the raw file, the header being 1"),
                                TableColumns.column("reason", "string", "The rule that the row broke"),
                                TableColumns.column("record", "string", "The whole raw row"),
                                TableColumns.column("raw_file", "string", "Where the row came from")),
                        List.of(
                                TableColumns.partitionKey(
                                        "dataset", ColumnType.STRING, "The dataset whose job refused the row"),
                                TableColumns.runDate()),
                        projection(props)));
    }

    private static Map<String, String> projection(CatalogProps props) {
        return Map.of(
                "projection.enabled",
                "true",
                "projection.dataset.type",
                "enum",
                "projection.dataset.values",
                props.pipeline().datasets().stream().map(Dataset::name).collect(Collectors.joining(",")),
                "projection.run_date.type",
                "date",
                "projection.run_date.format",
                "yyyy-MM-dd",
                "projection.run_date.range",
                FIRST_DAY + ",NOW",
                "storage.location.template",
                // Athena's own placeholders: doubled, or Terraform would take them for its expressions.
                location(props) + "$${dataset}/run_date=$${run_date}/");
    }

    private static String location(CatalogProps props) {
        return props.uri(props.pipeline().prefixes().quarantine());
    }
}
