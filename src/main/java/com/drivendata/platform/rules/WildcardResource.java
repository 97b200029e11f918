package com.drivendata.platform.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

final class WildcardResource extends Rule {

    /** Narrows the use of keys that lie in an account of AWS's own, which nobody can name, to one service's calls. */
    private static final String VIA_SERVICE = "kms:ViaService";

    private static final Set<String> WITHOUT_RESOURCES = read();

    WildcardResource() {
        super(
                "wildcard-resource",
                "A policy allows an action on every resource only where AWS lets it name none.",
                "The action would reach what belongs to others in the account.",
                "Name the resources; an action that knows none belongs into actions-without-resources.txt, which the tests compare with AWS's reference.",
                "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.permissions()
                .filter(Statement::allows)
                .filter(statement -> statement.json().has("NotResource")
                        || statement.resources().contains("*"))
                .filter(statement -> statement.condition(VIA_SERVICE).isEmpty())
                .flatMap(WildcardResource::wide);
    }

    private static Stream<Breach> wide(Statement statement) {
        String actions = statement.actions().stream()
                .filter(action -> !WITHOUT_RESOURCES.contains(action))
                .collect(Collectors.joining(", "));
        return actions.isEmpty()
                ? Stream.empty()
                : Stream.of(statement.breach("allows " + actions + " on every resource"));
    }

    private static Set<String> read() {
        try (InputStream list = WildcardResource.class.getResourceAsStream("actions-without-resources.txt")) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
