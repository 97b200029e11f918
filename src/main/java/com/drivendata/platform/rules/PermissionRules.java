package com.drivendata.platform.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the policies of people, roles and workflows keep to. */
final class PermissionRules {

    /** A service and at least two words: {@code s3:GetBucket*}. */
    private static final Pattern NARROW = Pattern.compile("[a-z0-9-]+:[A-Z][a-z0-9]+[A-Z][a-z0-9]+[A-Za-z0-9]*\\*?");

    /** Narrows the use of keys that lie in an account of AWS's own, which nobody can name, to one service's calls. */
    private static final String VIA_SERVICE = "kms:ViaService";

    private static final Set<String> WITHOUT_RESOURCES = read();

    static final Rule WILDCARD_ACTION = new Rule(
            "wildcard-action",
            "No policy allows all actions of a service, or all that begin with one verb.",
            "A new action of the service would be allowed unseen.",
            "Name the actions; a star may only end a name of two words, such as s3:GetBucket*.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
            stack -> stack.permissions()
                    .flatMap(statement -> statement.json().has("NotAction")
                            ? Stream.of(statement.breach("allows all actions but some"))
                            : statement.actions().stream()
                                    .filter(action -> action.contains("*")
                                            && !NARROW.matcher(action).matches())
                                    .map(action -> statement.breach("allows " + action))));

    static final Rule WILDCARD_RESOURCE = new Rule(
            "wildcard-resource",
            "A policy allows an action on every resource only where AWS lets it name none.",
            "The action would reach what belongs to others in the account.",
            "Name the resources; an action that knows none belongs into actions-without-resources.txt, which the tests compare with AWS's reference.",
            "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
            stack -> stack.permissions()
                    .filter(statement -> statement.json().has("NotResource")
                            || statement.resources().contains("*"))
                    .filter(statement -> statement.condition(VIA_SERVICE).isEmpty())
                    .flatMap(PermissionRules::wide));

    static final Rule PASS_ROLE = new Rule(
            "pass-role",
            "A policy that lets pass a role names the role and the services.",
            "Who may pass any role to any service may do what any role may do.",
            "Name the roles under Resource and the services under iam:PassedToService.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
            stack -> stack.permissions()
                    .filter(statement -> statement.actions().contains("iam:PassRole"))
                    .filter(statement ->
                            statement.condition("iam:PassedToService").isEmpty()
                                    || statement.resources().stream().anyMatch(role -> role.endsWith("*")))
                    .map(statement -> statement.breach("passes roles without naming them and the service")));

    private PermissionRules() {}

    private static Stream<Breach> wide(Statement statement) {
        String actions = statement.actions().stream()
                .filter(action -> !WITHOUT_RESOURCES.contains(action))
                .collect(Collectors.joining(", "));
        return actions.isEmpty()
                ? Stream.empty()
                : Stream.of(statement.breach("allows " + actions + " on every resource"));
    }

    private static Set<String> read() {
        try (InputStream list = PermissionRules.class.getResourceAsStream("actions-without-resources.txt")) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
