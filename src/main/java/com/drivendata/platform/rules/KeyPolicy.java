package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class KeyPolicy extends Rule {

    /**
     * What it asks of KMS carries neither source account nor source ARN: conditioned on them, its messages would be
     * lost.
     *
     * @see <a href="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services">
     *     Encrypted topics and AWS services</a>
     */
    private static final String UNCONDITIONAL = "events.amazonaws.com";

    KeyPolicy() {
        super(
                "key-policy",
                "A KMS key says who may use it: nobody unnamed, and a service only on a condition.",
                "A key is the last lock before the data, and a service without a condition may be asked by another account.",
                "Give the key a policy without a star as principal, and each service a condition on what or whom it acts for; EventBridge alone has none that KMS could compare.",
                "https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_kms_key")
                .flatMap(key -> key.text("policy").isEmpty()
                        ? Stream.of(Breach.of(key, "has no policy of its own"))
                        : stack.statements(key, "policy")
                                .filter(Statement::allows)
                                .flatMap(KeyPolicy::open));
    }

    private static Stream<Breach> open(Statement statement) {
        boolean everybody = statement.json().path("Principal").asText().equals("*")
                || statement.principals("AWS").contains("*");
        if (everybody) {
            return Stream.of(statement.breach("may be used by everybody"));
        }
        boolean anyPurpose =
                statement.principals("Service").stream().anyMatch(service -> !service.equals(UNCONDITIONAL))
                        && statement.json().path("Condition").isEmpty();
        return anyPurpose
                ? Stream.of(statement.breach("may be used by a service whoever it acts for"))
                : Stream.empty();
    }
}
