package com.drivendata.platform.rules;

import java.util.List;
import java.util.stream.Stream;

/** What Airflow, Athena, Glue, SNS and CloudWatch Logs are set to. */
final class ServiceRules {

    private static final List<String> AIRFLOW_STREAMS =
            List.of("dag_processing_logs", "scheduler_logs", "task_logs", "webserver_logs", "worker_logs");

    static final Rule AIRFLOW_LOGS = new Rule(
            "airflow-logs",
            "An Airflow environment writes all five logs.",
            "A stream that is off can't be read back when it is needed.",
            "Enable each of the five under logging_configuration.",
            "https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html",
            stack -> stack.resources("aws_mwaa_environment")
                    .flatMap(environment -> AIRFLOW_STREAMS.stream()
                            .filter(stream -> !environment
                                    .block("logging_configuration", stream)
                                    .path("enabled")
                                    .asBoolean())
                            .map(stream -> Breach.of(environment, "writes no " + stream.replace('_', ' ')))));

    static final Rule LOG_RETENTION = new Rule(
            "log-retention",
            "A log group keeps its logs for a number of days.",
            "Without one they are kept, and paid for, for ever.",
            "Give the log group retention_in_days.",
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
            stack -> stack.breaches(
                    "aws_cloudwatch_log_group",
                    group -> group.values().path("retention_in_days").asInt() == 0,
                    "keeps its logs for ever"));

    static final Rule TOPIC_ENCRYPTION = new Rule(
            "topic-encryption",
            "An SNS topic is encrypted.",
            "Messages quote errors, which lie in SNS until they are delivered.",
            "Give the topic a kms_master_key_id whose policy lets its publishers use the key.",
            "https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html",
            stack -> stack.breaches(
                    "aws_sns_topic",
                    topic -> topic.text("kms_master_key_id").isEmpty(),
                    "keeps messages without encryption"));

    static final Rule WORKGROUP_ENFORCED = new Rule(
            "workgroup-enforced",
            "An Athena workgroup overrides the settings of its clients.",
            "A client could send results elsewhere, unencrypted, or scan without a limit.",
            "Set enforce_workgroup_configuration.",
            "https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html",
            stack -> stack.breaches(
                    "aws_athena_workgroup",
                    workgroup -> !workgroup
                            .block("configuration")
                            .path("enforce_workgroup_configuration")
                            .asBoolean(),
                    "lets clients override its settings"));

    static final Rule WORKGROUP_ENCRYPTION = new Rule(
            "workgroup-encryption",
            "An Athena workgroup encrypts query results.",
            "Results hold the same personal data as the tables.",
            "Give the workgroup's result_configuration an encryption_configuration.",
            "https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html",
            stack -> stack.breaches(
                    "aws_athena_workgroup",
                    workgroup -> !workgroup
                            .block("configuration", "result_configuration", "encryption_configuration")
                            .has("encryption_option"),
                    "writes results without encryption"));

    static final Rule GLUE_SECURITY_CONFIGURATION = new Rule(
            "glue-security-configuration",
            "A Glue job or crawler has a security configuration that encrypts what it writes to S3.",
            "How temporary files and results are encrypted would be left to each script.",
            "Give it the security_configuration of the stack, with an s3_encryption_mode other than DISABLED.",
            "https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html",
            ServiceRules::unencryptedByGlue);

    private ServiceRules() {}

    private static Stream<Breach> unencryptedByGlue(SynthesisedStack stack) {
        Stream<Breach> without = stack.resources("aws_glue_job", "aws_glue_crawler")
                .filter(component -> component.text("security_configuration").isEmpty())
                .map(component -> Breach.of(component, "has no security configuration"));
        Stream<Breach> open = stack.breaches(
                "aws_glue_security_configuration",
                configuration -> !configuration
                        .block("encryption_configuration", "s3_encryption")
                        .path("s3_encryption_mode")
                        .asText()
                        .startsWith("SSE-"),
                "leaves what is written to S3 unencrypted");
        return Stream.concat(without, open);
    }
}
