package com.drivendata.platform.pipeline;

/** The S3 prefixes of the data lake, each ending in a slash. */
public record Prefixes(
        String raw,
        String incoming,
        String staging,
        String quarantine,
        String metrics,
        String scratch,
        String athenaResults) {}
