package com.drivendata.platform.rules;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a stack as a whole keeps to: its names, its tags, its state. */
final class StackRules {

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

    static final Rule TAGS = new Rule(
            "tags",
            "Everything carries the tags deployment and managed-by.",
            "Costs and owners are found by them.",
            "Give the provider default_tags.",
            "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
            stack -> Stream.of("deployment", "managed-by")
                    .filter(tag -> stack.at("/provider/aws/0/default_tags/0/tags")
                            .path(tag)
                            .asText()
                            .isEmpty())
                    .map(tag -> new Breach("provider.aws", "sets no tag " + tag)));

    static final Rule NAME_LENGTHS = new Rule(
            "name-lengths",
            "A name is no longer than AWS takes.",
            "A plan doesn't ask AWS, so the apply would stop in the middle.",
            "Give the deployment a shorter company, resource_prefix or name.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
            StackRules::tooLong);

    static final Rule STATE_ENCRYPTION = new Rule(
            "state-encryption",
            "The Terraform state is encrypted and locked.",
            "It holds every attribute of every resource, and two runs at once would ruin it.",
            "Set encrypt and use_lockfile of the S3 backend.",
            "https://developer.hashicorp.com/terraform/language/backend/s3",
            stack -> Stream.of("encrypt", "use_lockfile")
                    .filter(setting ->
                            !stack.at("/terraform/backend/s3").path(setting).asBoolean())
                    .map(setting -> new Breach("terraform.backend.s3", "has no " + setting)));

    private StackRules() {}

    private static Stream<Breach> tooLong(SynthesisedStack stack) {
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
