package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;
import java.util.Optional;

/** A staging dataset: one Glue job writes it, one crawler registers its partitions. */
public record Dataset(String name, String task, String job, String crawler, String owner, List<Column> columns) {

    static Dataset read(YamlSection dataset, Kind<String> filledName, RawDataset raw) {
        List<String> names = dataset.values("columns", Names.IDENTIFIER, List.of());
        Duplicates.note(dataset, "columns", "column", names.stream());
        names.stream()
                .filter(name -> raw.column(name).isEmpty())
                .forEach(
                        name -> dataset.note("columns", "\"%s\": must be a column of the raw dataset".formatted(name)));
        raw.noteMissingKey(dataset, names);
        return new Dataset(
                dataset.required("name", Names.IDENTIFIER),
                dataset.required("task", Names.IDENTIFIER),
                dataset.required("job", filledName),
                dataset.required("crawler", filledName),
                dataset.required("owner", Names.IDENTIFIER),
                names.stream().map(raw::column).flatMap(Optional::stream).toList());
    }
}
