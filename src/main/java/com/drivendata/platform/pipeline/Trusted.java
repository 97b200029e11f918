package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.List;

/**
 * The departments' tables, and the job that writes a day of all of them.
 *
 * @param task the DAG's task is {@code transform_<task>}
 */
public record Trusted(String task, String job, List<TrustedTable> tables) {

    /** The job's script in {@code glue/jobs/}, without the ending. */
    public static final String SCRIPT = "trusted_data";

    /** @param sqlFolder the folder of the tables' definitions */
    static Trusted read(YamlSection trusted, Kind<String> filledName, RawDataset raw, Path sqlFolder) {
        return new Trusted(
                trusted.required("task", Names.IDENTIFIER),
                trusted.required("job", filledName),
                trusted.sections("tables").stream()
                        .map(table -> TrustedTable.read(table, raw, sqlFolder))
                        .toList());
    }
}
