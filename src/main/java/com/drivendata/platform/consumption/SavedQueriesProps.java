package com.drivendata.platform.consumption;

import com.drivendata.platform.pipeline.PipelineTable;

/** What {@link SavedQueries} needs. */
public record SavedQueriesProps(String workgroup, String database, PipelineTable pipeline) {}
