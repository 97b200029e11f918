package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class WorkgroupEnforced extends Rule {

    WorkgroupEnforced() {
        super(
                "workgroup-enforced",
                "An Athena workgroup overrides the settings of its clients.",
                "A client could send results elsewhere, unencrypted, or scan without a limit.",
                "Set enforce_workgroup_configuration.",
                "https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_athena_workgroup")
                .filter(workgroup -> !workgroup
                        .block("configuration")
                        .path("enforce_workgroup_configuration")
                        .asBoolean())
                .map(workgroup -> Breach.of(workgroup, "lets clients override its settings"));
    }
}
