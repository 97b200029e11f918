package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class WorkgroupEncryption extends Rule {

    WorkgroupEncryption() {
        super(
                "workgroup-encryption",
                "An Athena workgroup encrypts query results.",
                "Results hold the same personal data as the tables.",
                "Give the workgroup's result_configuration an encryption_configuration.",
                "https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_athena_workgroup")
                .filter(workgroup -> !workgroup
                        .block("configuration", "result_configuration", "encryption_configuration")
                        .has("encryption_option"))
                .map(workgroup -> Breach.of(workgroup, "writes results without encryption"));
    }
}
