package com.drivendata.platform.rules;

/**
 * A rule that a stack breaks.
 *
 * @param resource the address of what breaks it
 * @param what is wrong with it, completing "it …"
 */
public record Finding(Rule rule, String resource, String what) {

    /** For the person who has to mend it. */
    @Override
    public String toString() {
        return "%s: %s: it %s. %s %s Or name the rule, with a reason and a last day, under suppressions."
                .formatted(resource, rule.id(), what, rule.why(), rule.fix());
    }
}
