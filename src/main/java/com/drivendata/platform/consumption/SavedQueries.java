package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.pipeline.TrustedTable;
import com.hashicorp.cdktf.providers.aws.athena_named_query.AthenaNamedQuery;
import java.util.List;
import java.util.stream.Collectors;
import software.constructs.Construct;

/**
 * The queries that Athena's console offers in the workgroup: a sample of each table, the data checks, and one for each
 * department.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/saved-queries.html">Athena saved queries</a>
 */
public final class SavedQueries extends Construct {

    private final String workgroup;
    private final String database;

    public SavedQueries(Construct scope, String id, Workgroup workgroup, String database, PipelineTable pipeline) {
        super(scope, id);
        this.workgroup = workgroup.getName();
        this.database = database;
        RawDataset raw = pipeline.raw();
        save("sample_" + raw.table(), "Any ten rows of the raw data", rawSample(raw));
        for (Dataset dataset : pipeline.datasets()) {
            save(
                    "sample_" + dataset.name(),
                    "Any ten rows of %s, with their day".formatted(dataset.name()),
                    stagingSample(dataset));
        }
        save("duplicates", "Keys that a table holds more than once", QualityQueries.duplicates(pipeline));
        save("missing_values", "NULL and empty values of each column", QualityQueries.missingValues(pipeline));
        save("quarantine_summary", "Refused rows by day and reason", QualityQueries.quarantineSummary());
        for (TrustedTable table : pipeline.trusted().tables()) {
            save(table.name(), "For the department " + table.department(), everyRow(table, raw.keyColumn()));
        }
    }

    private void save(String name, String description, String sql) {
        AthenaNamedQuery.Builder.create(this, name)
                .name(name)
                .description(description)
                .workgroup(workgroup)
                .database(database)
                .query(sql)
                .build()
                .overrideLogicalId(name);
    }

    /** Any ten rows: without an order Athena stops when it has them, however long the history is. */
    private static String rawSample(RawDataset raw) {
        return "SELECT\n    %s\nFROM %s\nLIMIT 10".formatted(names(raw.columns()), raw.table());
    }

    /** Any ten rows, with the day they belong to. */
    private static String stagingSample(Dataset dataset) {
        return "SELECT\n    %s,\n    %s\nFROM %s\nLIMIT 10"
                .formatted(PipelineTable.RUN_DATE, names(dataset.columns()), dataset.name());
    }

    /** Every row of a department's table, the newest day first: the workgroup's scan limit bounds it. */
    private static String everyRow(TrustedTable table, Column key) {
        return "SELECT\n    %1$s,\n    %2$s\nFROM %3$s\nORDER BY %1$s DESC, %4$s"
                .formatted(PipelineTable.RUN_DATE, names(table.columns()), table.name(), key.name());
    }

    private static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(",\n    "));
    }
}
