package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class AirflowPrivateWebserver extends Rule {

    AirflowPrivateWebserver() {
        super(
                "airflow-private-webserver",
                "Airflow's web server is reached from the VPC alone.",
                "A public one is open to the internet's guesses and to stolen sign-ins.",
                "Leave orchestration.webserver_access out.",
                "https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_mwaa_environment")
                .filter(environment ->
                        !environment.text("webserver_access_mode").equals("PRIVATE_ONLY"))
                .map(environment -> Breach.of(environment, "has a public web server"));
    }
}
