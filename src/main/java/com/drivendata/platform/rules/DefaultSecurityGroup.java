package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class DefaultSecurityGroup extends Rule {

    DefaultSecurityGroup() {
        super(
                "default-security-group",
                "A VPC's default security group lets nothing through.",
                "What is made without naming a group gets it, and its members may all talk to each other.",
                "Give the VPC an aws_default_security_group without rules.",
                "https://docs.aws.amazon.com/config/latest/developerguide/vpc-default-security-group-closed.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_vpc")
                .filter(vpc -> stack.of(vpc, "aws_default_security_group", "vpc_id")
                        .noneMatch(group -> !group.values().has("ingress")
                                && !group.values().has("egress")))
                .map(vpc -> Breach.of(vpc, "leaves its default security group open"));
    }
}
