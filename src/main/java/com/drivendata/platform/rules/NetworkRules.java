package com.drivendata.platform.rules;

import java.util.Set;
import java.util.stream.Stream;

/** What networks and what stands in them keep to. */
final class NetworkRules {

    private static final Set<String> EVERYBODY = Set.of("0.0.0.0/0", "::/0");

    static final Rule OPEN_INGRESS = new Rule(
            "open-ingress",
            "No security group lets the whole internet in.",
            "Every scanner would knock at once.",
            "Name the ranges or the groups that may come in.",
            "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
            NetworkRules::openIngress);

    static final Rule DEFAULT_SECURITY_GROUP = new Rule(
            "default-security-group",
            "A VPC's default security group lets nothing through.",
            "What is made without naming a group gets it, and its members may all talk to each other.",
            "Give the VPC an aws_default_security_group without rules.",
            "https://docs.aws.amazon.com/config/latest/developerguide/vpc-default-security-group-closed.html",
            stack -> stack.breaches(
                    "aws_vpc",
                    vpc -> stack.of(vpc, "aws_default_security_group", "vpc_id")
                            .noneMatch(group -> !group.values().has("ingress")
                                    && !group.values().has("egress")),
                    "leaves its default security group open"));

    static final Rule VPC_FLOW_LOGS = new Rule(
            "vpc-flow-logs",
            "A VPC records its flows.",
            "After an incident nobody could say what talked to what.",
            "Leave network.flow_logs out.",
            "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
            stack -> stack.breaches(
                    "aws_vpc",
                    vpc -> stack.of(vpc, "aws_flow_log", "vpc_id").findAny().isEmpty(),
                    "has no flow logs"));

    static final Rule PUBLIC_ADDRESSES = new Rule(
            "public-addresses",
            "No subnet gives public addresses by itself.",
            "Whatever is launched in it would be reachable from the internet.",
            "Set map_public_ip_on_launch to false.",
            "https://docs.aws.amazon.com/config/latest/developerguide/subnet-auto-assign-public-ip-disabled.html",
            stack -> stack.breaches(
                    "aws_subnet", subnet -> subnet.flag("map_public_ip_on_launch"), "gives public addresses"));

    static final Rule AIRFLOW_PRIVATE_WEBSERVER = new Rule(
            "airflow-private-webserver",
            "Airflow's web server is reached from the VPC alone.",
            "A public one is open to the internet's guesses and to stolen sign-ins.",
            "Leave orchestration.webserver_access out.",
            "https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html",
            stack -> stack.breaches(
                    "aws_mwaa_environment",
                    environment -> !environment.text("webserver_access_mode").equals("PRIVATE_ONLY"),
                    "has a public web server"));

    private NetworkRules() {}

    private static Stream<Breach> openIngress(SynthesisedStack stack) {
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
