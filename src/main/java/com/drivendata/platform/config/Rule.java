package com.drivendata.platform.config;

import java.util.Locale;

/**
 * What a deployment keeps to, unless it gives a reason not to: a setting that AWS asks for or that protects data, with
 * why it is so.
 */
public enum Rule {
    /** https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html */
    BUCKET_VERSIONING(
            "Amazon MWAA asks for a bucket that keeps versions, and without them what is overwritten is lost"),

    /** https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html */
    BUCKET_PUBLIC_ACCESS(
            "Amazon MWAA asks for a bucket that blocks all public access, and the lake holds personal data");

    private final String why;

    Rule(String why) {
        this.why = why;
    }

    /** The name in deployment files and messages: {@code bucket-versioning}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String why() {
        return why;
    }
}
