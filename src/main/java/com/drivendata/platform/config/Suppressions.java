package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.YamlSection;
import java.time.Clock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Checks what a deployment breaks against what it has suppressed. */
final class Suppressions {

    private final List<Suppression> given = new ArrayList<>();
    private final Set<Rule> broken = EnumSet.noneOf(Rule.class);
    private final YamlSection root;

    private Suppressions(YamlSection root) {
        this.root = root;
    }

    static Suppressions read(YamlSection root) {
        Suppressions suppressions = new Suppressions(root);
        root.sections("suppressions", "Rules that the deployment breaks knowingly, each with its reason.")
                .forEach(suppressions::add);
        return suppressions;
    }

    List<Suppression> all() {
        return List.copyOf(given);
    }

    /** Notes the rule at the key whose value breaks it, unless it is suppressed. */
    void breaks(Rule rule, YamlSection section, String key, Object value) {
        broken.add(rule);
        if (given.stream().noneMatch(suppression -> suppression.rule() == rule)) {
            section.note(
                    key,
                    "\"%s\": breaks the rule %s: %s. %s"
                            .formatted(
                                    value,
                                    rule.id(),
                                    rule.why(),
                                    "Leave the key out, or name the rule and your reason under suppressions"));
        }
    }

    /** Notes each suppression of a rule that the deployment keeps; called when every rule has been looked at. */
    void noteUnused() {
        given.stream()
                .map(Suppression::rule)
                .filter(Objects::nonNull)
                .filter(rule -> !broken.contains(rule))
                .forEach(rule -> root.note(
                        "suppressions",
                        "rule \"%s\": the deployment keeps this rule; take the suppression out".formatted(rule.id())));
    }

    private void add(YamlSection section) {
        Suppression suppression = Suppression.read(section);
        if (given.stream().map(Suppression::rule).anyMatch(rule -> rule != null && rule == suppression.rule())) {
            section.note(
                    "rule",
                    "\"%s\": is suppressed twice".formatted(suppression.rule().id()));
        }
        LocalDate today = LocalDate.now(Clock.systemUTC());
        suppression
                .expires()
                .filter(last -> last.isBefore(today))
                .ifPresent(last -> section.note(
                        "expires",
                        "\"%s\": has passed; keep the rule, or give a later day with a reason that still holds"
                                .formatted(last)));
        given.add(suppression);
    }
}
