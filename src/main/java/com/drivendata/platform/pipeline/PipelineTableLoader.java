package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlDocument;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/** Reads the pipeline table. */
public final class PipelineTableLoader {

    private PipelineTableLoader() {}

    /**
     * Reads {@code pipeline/pipeline.yaml} and the departments' SQL, with the deployment's prefix and company filled
     * in.
     *
     * @throws ConfigException with every problem of the table
     */
    public static PipelineTable load(Path projectRoot, DeploymentConfig deployment) {
        Path folder = projectRoot.resolve("pipeline");
        YamlDocument document = YamlDocument.load(projectRoot, folder.resolve("pipeline.yaml"));
        Map<String, String> values = Map.of("prefix", deployment.resourcePrefix(), "company", deployment.company());
        PipelineTable table = read(document.root(), Names.filled(values), folder.resolve("trusted"));
        document.finish();
        return table;
    }

    static PipelineTable read(YamlSection root, Kind<String> filledName, Path sqlFolder) {
        String dag = root.required("dag", filledName);
        Prefixes prefixes = Prefixes.read(root.section("prefixes"));
        RawDataset raw = RawDataset.read(root.section("raw"), filledName);
        Judgement judgement = Judgement.read(root.section("judgement"), filledName);
        Erasure erasure = Erasure.read(root.section("erasure"), filledName);
        List<Dataset> datasets = root.sections("datasets").stream()
                .map(dataset -> Dataset.read(dataset, filledName, raw))
                .toList();
        Trusted trusted = Trusted.read(root.section("trusted"), filledName, raw, sqlFolder);
        noteTakenNames(root, raw, judgement, datasets, trusted);
        noteDuplicates(root, raw, judgement, datasets, trusted, erasure);
        return new PipelineTable(dag, prefixes, raw, judgement, erasure, datasets, trusted);
    }

    /**
     * Names that the platform gives itself: tables, jobs and what lies beside them, folders of metrics, saved queries.
     */
    private static void noteTakenNames(
            YamlSection root, RawDataset raw, Judgement judgement, List<Dataset> datasets, Trusted trusted) {
        List<String> taken = Stream.of(
                        Quarantine.TABLE,
                        raw.typedView(),
                        judgement.task(),
                        "judgement",
                        "trusted",
                        Trusted.SCRIPT,
                        Erasure.SCRIPT,
                        "logs",
                        "duplicates",
                        "missing_values",
                        "quarantine_summary")
                .filter(Objects::nonNull)
                .toList();
        noteTaken(root, "datasets", datasets.stream().map(Dataset::name), taken);
        noteTaken(root, "trusted", trusted.tables().stream().map(TrustedTable::name), taken);
    }

    private static void noteTaken(YamlSection root, String key, Stream<String> names, List<String> taken) {
        names.filter(Objects::nonNull)
                .filter(name -> taken.contains(name) || name.startsWith("sample_"))
                .forEach(name -> root.note(key, "table \"%s\": the platform uses the name itself".formatted(name)));
    }

    /** A name given twice is noted where it is given again; the datasets' own aren't noted of the trusted once more. */
    private static void noteDuplicates(
            YamlSection root,
            RawDataset raw,
            Judgement judgement,
            List<Dataset> datasets,
            Trusted trusted,
            Erasure erasure) {
        if (datasets.isEmpty()) {
            root.note("datasets", "missing; must hold at least one dataset");
        }
        // Tables and views share the database's names; the raw crawler those of the crawlers.
        List<String> tables = with(raw.table(), datasets, Dataset::name);
        List<String> tasks = datasets.stream().map(Dataset::task).toList();
        List<String> jobs = with(judgement.job(), datasets, Dataset::job);
        Duplicates.note(root, "datasets", "table", tables.stream());
        Duplicates.note(root, "datasets", "task", tasks.stream());
        Duplicates.note(root, "datasets", "job", jobs.stream());
        Duplicates.note(root, "datasets", "crawler", with(raw.crawler(), datasets, Dataset::crawler).stream());
        List<String> departments =
                trusted.tables().stream().map(TrustedTable::name).toList();
        Duplicates.note(root, "trusted", "table", after(tables, departments.stream()));
        // A table's update_<name> must not be a dataset's update_<task>.
        Stream<String> updates =
                Stream.concat(Stream.of(trusted.task()), departments.stream().distinct());
        Duplicates.note(root, "trusted", "task", after(tasks, updates));
        Duplicates.note(root, "trusted", "job", after(jobs, Stream.of(trusted.job())));
        List<String> daily =
                Stream.concat(jobs.stream(), Stream.of(trusted.job())).toList();
        Duplicates.note(root, "erasure", "job", after(daily, Stream.of(erasure.job())));
    }

    private static List<String> with(String first, List<Dataset> datasets, Function<Dataset, String> name) {
        return Stream.concat(Stream.of(first), datasets.stream().map(name)).toList();
    }

    private static Stream<String> after(List<String> taken, Stream<String> names) {
        return Stream.concat(taken.stream().distinct(), names);
    }
}
