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
        noteDuplicates(root, raw, judgement, datasets, trusted);
        Stream<String> jobs = Stream.concat(
                Stream.of(judgement.job(), trusted.job()), datasets.stream().map(Dataset::job));
        Duplicates.note(
                root,
                "erasure",
                "job",
                Stream.concat(jobs.distinct(), Stream.of(erasure).map(Erasure::job)));
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
        String message = "table \"%s\": the platform uses the name itself";
        datasets.stream()
                .map(Dataset::name)
                .filter(Objects::nonNull)
                .filter(taken::contains)
                .forEach(name -> root.note("datasets", message.formatted(name)));
        trusted.tables().stream()
                .map(TrustedTable::name)
                .filter(Objects::nonNull)
                .filter(taken::contains)
                .forEach(name -> root.note("trusted", message.formatted(name)));
    }

    private static void noteDuplicates(
            YamlSection root, RawDataset raw, Judgement judgement, List<Dataset> datasets, Trusted trusted) {
        if (datasets.isEmpty()) {
            root.note("datasets", "missing; must hold at least one dataset");
        }
        // Tables and views share the database's names; the raw crawler those of the crawlers.
        Stream<String> tables =
                Stream.concat(Stream.of(raw.table()), datasets.stream().map(Dataset::name));
        Duplicates.note(root, "datasets", "table", tables);
        Duplicates.note(root, "datasets", "task", datasets.stream().map(Dataset::task));
        Stream<String> jobs = Stream.concat(
                Stream.of(judgement).map(Judgement::job), datasets.stream().map(Dataset::job));
        Duplicates.note(root, "datasets", "job", jobs);
        Stream<String> crawlers =
                Stream.concat(Stream.of(raw.crawler()), datasets.stream().map(Dataset::crawler));
        Duplicates.note(root, "datasets", "crawler", crawlers);
        noteTrustedDuplicates(root, trusted, raw, judgement, datasets);
    }

    /** Names of the departments' tables that something has already; the datasets' own duplicates are noted. */
    private static void noteTrustedDuplicates(
            YamlSection root, Trusted trusted, RawDataset raw, Judgement judgement, List<Dataset> datasets) {
        List<String> names = trusted.tables().stream().map(TrustedTable::name).toList();
        Stream<String> tables =
                Stream.concat(Stream.of(raw.table()), datasets.stream().map(Dataset::name));
        Duplicates.note(root, "trusted", "table", Stream.concat(tables.distinct(), names.stream()));
        // A table's update_<name> must not be a dataset's update_<task>.
        Stream<String> tasks = Stream.concat(
                datasets.stream().map(Dataset::task).distinct(),
                Stream.of(trusted).map(Trusted::task));
        Duplicates.note(
                root, "trusted", "task", Stream.concat(tasks, names.stream().distinct()));
        Stream<String> jobs = Stream.concat(
                Stream.of(judgement).map(Judgement::job), datasets.stream().map(Dataset::job));
        Duplicates.note(
                root,
                "trusted",
                "job",
                Stream.concat(jobs.distinct(), Stream.of(trusted).map(Trusted::job)));
    }
}
