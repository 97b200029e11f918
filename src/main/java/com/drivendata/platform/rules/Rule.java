package com.drivendata.platform.rules;

import java.util.stream.Stream;

/** Something that every stack keeps to, unless its deployment suppresses the rule with a reason. */
public abstract class Rule {

    private final String id;
    private final String text;
    private final String why;
    private final String fix;
    private final String source;

    /**
     * The parts of a rule's row in docs/rules.md.
     *
     * @param id in deployment files and messages: {@code bucket-versioning}
     * @param text the rule in a sentence
     * @param why a sentence
     * @param fix what to do about a finding, a sentence
     * @param source the page of AWS's that asks for it
     */
    Rule(String id, String text, String why, String fix, String source) {
        this.id = id;
        this.text = text;
        this.why = why;
        this.fix = fix;
        this.source = source;
    }

    public String id() {
        return id;
    }

    public String text() {
        return text;
    }

    public String why() {
        return why;
    }

    public String fix() {
        return fix;
    }

    public String source() {
        return source;
    }

    /** What of a stack breaks the rule. */
    abstract Stream<Breach> breaches(SynthesisedStack stack);
}
