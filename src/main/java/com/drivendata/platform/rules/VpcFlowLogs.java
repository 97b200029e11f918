package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class VpcFlowLogs extends Rule {

    VpcFlowLogs() {
        super(
                "vpc-flow-logs",
                "A VPC records its flows.",
                "After an incident nobody could say what talked to what.",
                "Leave network.flow_logs out.",
                "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_vpc")
                .filter(vpc -> stack.of(vpc, "aws_flow_log", "vpc_id").findAny().isEmpty())
                .map(vpc -> Breach.of(vpc, "has no flow logs"));
    }
}
