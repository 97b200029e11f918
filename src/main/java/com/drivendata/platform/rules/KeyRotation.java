package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class KeyRotation extends Rule {

    KeyRotation() {
        super(
                "key-rotation",
                "A KMS key that encrypts is rotated.",
                "Less lies under one key material, should it ever be broken.",
                "Set enable_key_rotation; KMS can't rotate keys for codes and signatures, which the rule leaves alone.",
                "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_kms_key")
                .filter(key ->
                        key.text("key_usage").isEmpty() || key.text("key_usage").equals("ENCRYPT_DECRYPT"))
                .filter(key -> !key.values().path("enable_key_rotation").asBoolean())
                .map(key -> Breach.of(key, "is never rotated"));
    }
}
