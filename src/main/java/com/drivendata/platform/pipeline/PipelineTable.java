package com.drivendata.platform.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The pipeline table ({@code pipeline/pipeline.yaml}) with the names of one deployment filled in. */
public record PipelineTable(
        String dag,
        Prefixes prefixes,
        RawDataset raw,
        Judgement judgement,
        Erasure erasure,
        List<Dataset> datasets,
        Trusted trusted) {

    /** The partition key of every table that is written a day at a time, which views may select like a column. */
    public static final String RUN_DATE = "run_date";

    /** The jobs that each day's run starts, by their names in AWS. */
    public List<String> dailyJobs() {
        return Stream.concat(
                        Stream.of(judgement.job(), trusted.job()),
                        datasets.stream().map(Dataset::job))
                .toList();
    }

    /** The crawlers that each day's run starts. */
    public List<String> crawlers() {
        return Stream.concat(Stream.of(raw.crawler()), datasets.stream().map(Dataset::crawler))
                .toList();
    }

    /** The scripts of all jobs in {@code glue/jobs/}, by what the jobs are called in the stack. */
    public Map<String, String> scripts() {
        Map<String, String> scripts = new LinkedHashMap<>();
        scripts.put(judgement.task(), judgement.task() + ".py");
        datasets.forEach(dataset -> scripts.put(dataset.name(), "staging_" + dataset.name() + ".py"));
        scripts.put(Trusted.SCRIPT, Trusted.SCRIPT + ".py");
        scripts.put(Erasure.SCRIPT, Erasure.SCRIPT + ".py");
        return scripts;
    }

    /** Where the files of each table lie, and those that the view of the raw table reads, by the name. */
    public Map<String, String> tablePrefixes() {
        Map<String, String> byTable = new LinkedHashMap<>();
        byTable.put(raw.table(), prefixes.raw());
        byTable.put(raw.typedView(), prefixes.raw());
        datasets.forEach(dataset -> byTable.put(dataset.name(), prefixes.staging() + dataset.name() + "/"));
        trusted.tables().forEach(table -> byTable.put(table.name(), prefixes.trusted() + table.name() + "/"));
        byTable.put(Quarantine.TABLE, prefixes.quarantine());
        return byTable;
    }
}
