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
     * Reads {@code pipeline/pipeline.yaml} and the views' SQL, with the deployment's prefix and company filled in.
     *
     * @throws ConfigException with every problem of the table
     */
    public static PipelineTable load(Path projectRoot, DeploymentConfig deployment) {
        Path folder = projectRoot.resolve("pipeline");
        YamlDocument document = YamlDocument.load(projectRoot, folder.resolve("pipeline.yaml"));
        Map<String, String> values = Map.of("prefix", deployment.resourcePrefix(), "company", deployment.company());
        PipelineTable table = read(document.root(), Names.filled(values), folder.resolve("views"));
        document.finish();
        return table;
    }

    static PipelineTable read(YamlSection root, Kind<String> filledName, Path sqlFolder) {
        String dag = root.required("dag", filledName);
        Prefixes prefixes = Prefixes.read(root.section("prefixes"));
        RawDataset raw = RawDataset.read(root.section("raw"), filledName);
        Judgement judgement = Judgement.read(root.section("judgement"), filledName);
        List<Dataset> datasets = root.sections("datasets").stream()
                .map(dataset -> Dataset.read(dataset, filledName, raw))
                .toList();
        List<View> views = root.sections("views").stream()
                .map(view -> View.read(view, raw, sqlFolder))
                .toList();
        noteDuplicates(root, raw, judgement, datasets, views);
        return new PipelineTable(dag, prefixes, raw, judgement, datasets, views);
    }

    private static void noteDuplicates(
            YamlSection root, RawDataset raw, Judgement judgement, List<Dataset> datasets, List<View> views) {
        if (datasets.isEmpty()) {
            root.note("datasets", "missing; must hold at least one dataset");
        }
        // Names that the platform gives itself: a table, a job's resource, and a folder of metrics.
        List<String> taken = Stream.of(Quarantine.TABLE, judgement.task(), "judgement")
                .filter(Objects::nonNull)
                .toList();
        datasets.stream()
                .map(Dataset::name)
                .filter(Objects::nonNull)
                .filter(taken::contains)
                .forEach(name ->
                        root.note("datasets", "table \"%s\": the platform uses the name itself".formatted(name)));
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
        Stream<String> relations = Stream.concat(
                Stream.concat(
                        Stream.of(raw.table()),
                        datasets.stream().map(Dataset::name).distinct()),
                views.stream().map(View::name));
        Duplicates.note(root, "views", "view", relations);
    }
}
