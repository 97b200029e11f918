package com.drivendata.platform.pipeline;

import java.util.List;

/** The pipeline table ({@code pipeline/pipeline.yaml}) with the names of one deployment filled in. */
public record PipelineTable(
        String dag, Prefixes prefixes, RawDataset raw, Judgement judgement, List<Dataset> datasets, Trusted trusted) {

    /** The partition key of every table that is written a day at a time, which views may select like a column. */
    public static final String RUN_DATE = "run_date";
}
