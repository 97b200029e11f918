package com.drivendata.platform.rules;

import java.util.Set;
import java.util.stream.Stream;

final class OpenIngress extends Rule {

    private static final Set<String> EVERYBODY = Set.of("0.0.0.0/0", "::/0");

    OpenIngress() {
        super(
                "open-ingress",
                "No security group lets the whole internet in.",
                "Every scanner would knock at once.",
                "Name the ranges or the groups that may come in.",
                "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        Stream<Resource> rules = stack.resources("aws_vpc_security_group_ingress_rule")
                .filter(rule ->
                        EVERYBODY.contains(rule.text("cidr_ipv4")) || EVERYBODY.contains(rule.text("cidr_ipv6")));
        Stream<Resource> groups = stack.resources("aws_security_group", "aws_default_security_group")
                .filter(group -> EVERYBODY.stream()
                        .anyMatch(range ->
                                group.values().path("ingress").toString().contains('"' + range + '"')));
        return Stream.concat(rules, groups).map(open -> Breach.of(open, "lets the whole internet in"));
    }
}
