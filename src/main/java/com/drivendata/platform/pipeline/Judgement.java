package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;

/**
 * The job that judges every raw row once and writes the clean rows and the quarantine.
 *
 * @param task the DAG's task, and the name of the job's script
 */
public record Judgement(String task, String job) {

    static Judgement read(YamlSection judgement, Kind<String> filledName) {
        return new Judgement(judgement.required("task", Names.IDENTIFIER), judgement.required("job", filledName));
    }
}
