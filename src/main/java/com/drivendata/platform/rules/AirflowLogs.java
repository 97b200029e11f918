package com.drivendata.platform.rules;

import java.util.List;
import java.util.stream.Stream;

final class AirflowLogs extends Rule {

    private static final List<String> STREAMS =
            List.of("dag_processing_logs", "scheduler_logs", "task_logs", "webserver_logs", "worker_logs");

    AirflowLogs() {
        super(
                "airflow-logs",
                "An Airflow environment writes all five logs.",
                "A stream that is off can't be read back when it is needed.",
                "Enable each of the five under logging_configuration.",
                "https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_mwaa_environment")
                .flatMap(environment -> STREAMS.stream()
                        .filter(stream -> !environment
                                .block("logging_configuration", stream)
                                .path("enabled")
                                .asBoolean())
                        .map(stream -> Breach.of(environment, "writes no " + stream.replace('_', ' '))));
    }
}
