package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.time.LocalDate;
import java.util.Optional;

/**
 * A {@link Rule} that a deployment breaks knowingly, with its reason and, where given, the last day it is meant for.
 */
public record Suppression(Rule rule, String reason, Optional<LocalDate> expires) {

    static Suppression read(YamlSection suppression) {
        return new Suppression(
                suppression.required("rule", Kind.constant(Rule.class, "-"), "The rule, as its message names it."),
                suppression.required(
                        "reason",
                        Kind.text("[\\s\\S]*\\S\\s+\\S[\\s\\S]*", "a few words that say why"),
                        "Why the deployment may break it."),
                suppression.optional("expires", Kind.day(), "The last day for which the reason holds."));
    }
}
