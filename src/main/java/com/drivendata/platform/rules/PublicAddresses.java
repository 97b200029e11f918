package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class PublicAddresses extends Rule {

    PublicAddresses() {
        super(
                "public-addresses",
                "No subnet gives public addresses by itself.",
                "Whatever is launched in it would be reachable from the internet.",
                "Set map_public_ip_on_launch to false.",
                "https://docs.aws.amazon.com/config/latest/developerguide/subnet-auto-assign-public-ip-disabled.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_subnet")
                .filter(subnet ->
                        subnet.values().path("map_public_ip_on_launch").asBoolean())
                .map(subnet -> Breach.of(subnet, "gives public addresses"));
    }
}
