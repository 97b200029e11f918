package com.drivendata.platform.pipeline;

import java.util.List;

/** The pipeline table ({@code pipeline/pipeline.yaml}) with the names of one deployment filled in. */
public record PipelineTable(String dag, Prefixes prefixes, RawDataset raw, List<Dataset> datasets, List<View> views) {}
