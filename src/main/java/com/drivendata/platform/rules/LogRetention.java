package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class LogRetention extends Rule {

    LogRetention() {
        super(
                "log-retention",
                "A log group keeps its logs for a number of days.",
                "Without one they are kept, and paid for, for ever.",
                "Give the log group retention_in_days.",
                "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_cloudwatch_log_group")
                .filter(group -> group.values().path("retention_in_days").asInt() == 0)
                .map(group -> Breach.of(group, "keeps its logs for ever"));
    }
}
