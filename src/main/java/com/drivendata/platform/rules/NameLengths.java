package com.drivendata.platform.rules;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

final class NameLengths extends Rule {

    /** The most characters, by type and attribute; each from the API reference of the call that creates it. */
    private static final Map<String, Integer> MOST = new TreeMap<>(Map.ofEntries(
            Map.entry("aws_athena_named_query.name", 128),
            Map.entry("aws_athena_workgroup.name", 128),
            Map.entry("aws_cloudwatch_dashboard.dashboard_name", 255),
            Map.entry("aws_cloudwatch_event_rule.name", 64),
            Map.entry("aws_cloudwatch_log_group.name", 512),
            Map.entry("aws_cloudwatch_metric_alarm.alarm_name", 255),
            Map.entry("aws_glue_catalog_database.name", 255),
            Map.entry("aws_glue_catalog_table.name", 255),
            Map.entry("aws_glue_classifier.name", 255),
            Map.entry("aws_glue_crawler.name", 255),
            Map.entry("aws_glue_job.name", 255),
            Map.entry("aws_iam_group.name", 128),
            Map.entry("aws_iam_policy.name", 128),
            Map.entry("aws_iam_role.name", 64),
            Map.entry("aws_iam_role_policy.name", 128),
            Map.entry("aws_mwaa_environment.name", 80),
            Map.entry("aws_s3_bucket.bucket", 63),
            Map.entry("aws_scheduler_schedule.name", 64),
            Map.entry("aws_security_group.name", 255),
            Map.entry("aws_sns_topic.name", 256)));

    NameLengths() {
        super(
                "name-lengths",
                "A name is no longer than AWS takes.",
                "A plan doesn't ask AWS, so the apply would stop in the middle.",
                "Give the deployment a shorter company, resource_prefix or name.",
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return MOST.entrySet().stream().flatMap(limit -> {
            String[] path = limit.getKey().split("\\.", 2);
            return stack.resources(path[0])
                    .filter(resource -> !resource.text(path[1]).contains("${"))
                    .filter(resource -> resource.text(path[1]).length() > limit.getValue())
                    .map(resource -> Breach.of(
                            resource,
                            "has a name of %d characters, of at most %d"
                                    .formatted(resource.text(path[1]).length(), limit.getValue())));
        });
    }
}
