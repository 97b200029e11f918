package com.drivendata.platform.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Who may assume roles, and use keys. */
final class TrustRules {

    /**
     * What it asks of KMS carries neither source account nor source ARN: conditioned on them, its messages would be
     * lost.
     *
     * @see <a href="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services">
     *     Encrypted topics and AWS services</a>
     */
    private static final String UNCONDITIONAL = "events.amazonaws.com";

    static final Rule TRUST_SOURCE = new Rule(
            "trust-source",
            "A role trusts a service only on behalf of this account, and an identity provider only for named subjects.",
            "Somebody else's resource, or repository, could be pointed at the role (the confused deputy).",
            "Give the trust a condition on aws:SourceAccount, or on the provider's :aud and :sub without a star.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
            stack -> stack.resources("aws_iam_role")
                    .flatMap(role -> role.statements("assume_role_policy"))
                    .filter(Statement::allows)
                    .flatMap(TrustRules::assumedByOthers));

    static final Rule KEY_POLICY = new Rule(
            "key-policy",
            "A KMS key says who may use it: nobody unnamed, and a service only on a condition.",
            "A key is the last lock before the data, and a service without a condition may be asked by another account.",
            "Give the key a policy without a star as principal, and each service a condition on what or whom it acts for; EventBridge alone has none that KMS could compare.",
            "https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html",
            stack -> stack.resources("aws_kms_key")
                    .flatMap(key -> key.text("policy").isEmpty()
                            ? Stream.of(Breach.of(key, "has no policy of its own"))
                            : key.statements("policy").filter(Statement::allows).flatMap(TrustRules::usedByOthers)));

    static final Rule KEY_ROTATION = new Rule(
            "key-rotation",
            "A KMS key that encrypts is rotated.",
            "Less lies under one key material, should it ever be broken.",
            "Set enable_key_rotation; KMS can't rotate keys for codes and signatures, which the rule leaves alone.",
            "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
            stack -> stack.breaches(
                    "aws_kms_key",
                    key -> List.of("", "ENCRYPT_DECRYPT").contains(key.text("key_usage"))
                            && !key.flag("enable_key_rotation"),
                    "is never rotated"));

    private TrustRules() {}

    private static Stream<Breach> assumedByOthers(Statement trust) {
        if (!trust.principals("Service").isEmpty()
                && trust.condition("aws:SourceAccount").isEmpty()) {
            return Stream.of(trust.breach("trusts a service whoever it acts for"));
        }
        // Whom a SAML provider signs in is its own to say; AWS's page asks its trust for the audience alone:
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html
        boolean saml = trust.actions().equals(List.of("sts:AssumeRoleWithSAML"));
        boolean named = claim(trust, ":aud") && (saml || claim(trust, ":sub"));
        if (!trust.principals("Federated").isEmpty() && !named) {
            return Stream.of(trust.breach("trusts more than named subjects of the provider"));
        }
        return trust.isForEverybody() ? Stream.of(trust.breach("trusts everybody")) : Stream.empty();
    }

    /** Whether a condition asks a claim of the provider's for values, none of them a pattern. */
    private static boolean claim(Statement trust, String ending) {
        List<String> keys = new ArrayList<>();
        trust.json().path("Condition").forEach(operator -> operator.fieldNames().forEachRemaining(keys::add));
        return keys.stream()
                .filter(key -> key.endsWith(ending))
                .anyMatch(key -> trust.condition(key).stream().noneMatch(value -> value.contains("*")));
    }

    private static Stream<Breach> usedByOthers(Statement statement) {
        if (statement.isForEverybody()) {
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
