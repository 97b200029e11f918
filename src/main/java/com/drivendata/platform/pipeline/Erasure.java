package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;

/** The job with which {@code make forget} finds a person's rows and removes them; no DAG runs it. */
public record Erasure(String job) {

    /** The job's script in {@code glue/jobs/}, without the ending. */
    public static final String SCRIPT = "forget_person";

    static Erasure read(YamlSection erasure, Kind<String> filledName) {
        return new Erasure(erasure.required("job", filledName));
    }
}
