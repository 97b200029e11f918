package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class StateEncryption extends Rule {

    StateEncryption() {
        super(
                "state-encryption",
                "The Terraform state is encrypted and locked.",
                "It holds every attribute of every resource, and two runs at once would ruin it.",
                "Set encrypt and use_lockfile of the S3 backend.",
                "https://developer.hashicorp.com/terraform/language/backend/s3");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return Stream.of("encrypt", "use_lockfile")
                .filter(setting ->
                        !stack.at("/terraform/backend/s3").path(setting).asBoolean())
                .map(setting -> new Breach("terraform.backend.s3", "has no " + setting));
    }
}
