package com.drivendata.platform.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

final class TrustSource extends Rule {

    TrustSource() {
        super(
                "trust-source",
                "A role trusts a service only on behalf of this account, and an identity provider only for named subjects.",
                "Somebody else's resource, or repository, could be pointed at the role (the confused deputy).",
                "Give the trust a condition on aws:SourceAccount, or on the provider's :aud and :sub without a star.",
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.trusts().filter(Statement::allows).flatMap(TrustSource::open);
    }

    private static Stream<Breach> open(Statement trust) {
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
        return trust.principals("AWS").contains("*") ? Stream.of(trust.breach("trusts everybody")) : Stream.empty();
    }

    /** Whether a condition asks a claim of the provider's for values, none of them a pattern. */
    private static boolean claim(Statement trust, String ending) {
        List<String> keys = new ArrayList<>();
        trust.json().path("Condition").forEach(operator -> operator.fieldNames().forEachRemaining(keys::add));
        return keys.stream()
                .filter(key -> key.endsWith(ending))
                .anyMatch(key -> trust.condition(key).stream().noneMatch(value -> value.contains("*")));
    }
}
