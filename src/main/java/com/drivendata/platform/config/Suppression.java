package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import com.drivendata.platform.rules.Finding;
import com.drivendata.platform.rules.RulePack;
import java.time.Clock;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A rule, or a check of checkov's, that a deployment breaks knowingly.
 *
 * @param resource the one resource that breaks it; empty for all
 * @param expires the last day for which the reason holds
 */
public record Suppression(String rule, Optional<String> resource, String reason, LocalDate expires) {

    private static final String CHECK = "CKV2?_[A-Z]+_[0-9]+";
    private static final String RULE = String.join("|", RulePack.ids()) + "|" + CHECK;
    private static final String RULE_IN_WORDS =
            "one of " + String.join(", ", RulePack.ids()) + ", or a check of checkov's such as CKV_AWS_18";

    static List<Suppression> readAll(YamlSection root) {
        Set<List<Object>> seen = new HashSet<>();
        return root
                .sections(
                        "suppressions", "Rules and checks that the deployment breaks knowingly, each with its reason.")
                .stream()
                .map(section -> {
                    Suppression suppression = read(section);
                    if (suppression.rule != null && !seen.add(List.of(suppression.rule, suppression.resource))) {
                        section.note("rule", "\"%s\": is suppressed twice".formatted(suppression.rule));
                    }
                    return suppression;
                })
                .toList();
    }

    private static Suppression read(YamlSection suppression) {
        return new Suppression(
                suppression.required(
                        "rule",
                        Kinds.text(RULE, RULE_IN_WORDS).allowed("[a rule, or a check of checkov's](rules.md)"),
                        "The rule or check, as its message names it."),
                suppression.optional(
                        "resource",
                        Kinds.text("[a-z][a-z0-9_]*(\\.[A-Za-z0-9_-]+)+", "a resource, as the rule's message names it"),
                        "The resource that may break the rule; without it, every one."),
                suppression.required(
                        "reason",
                        Kinds.text("[\\s\\S]*\\S\\s+\\S[\\s\\S]*", "a few words that say why"),
                        "Why the deployment may break it."),
                suppression.required(
                        "expires",
                        Kinds.day().but(Suppression::refusePast),
                        "The last day for which the reason holds."));
    }

    /** Whether the finding is the one that the suppression means. */
    public boolean covers(Finding finding) {
        return finding.rule().id().equals(rule)
                && resource.map(finding.resource()::equals).orElse(true);
    }

    /** Whether it is a check of checkov's, which {@code make lint} looks for, and not one of our rules. */
    public boolean ofCheckov() {
        return rule.matches(CHECK);
    }

    private static void refusePast(LocalDate last) {
        if (last.isBefore(LocalDate.now(Clock.systemUTC()))) {
            throw new IllegalArgumentException(
                    "has passed; keep the rule, or give a later day with a reason that still holds");
        }
    }
}
