package com.drivendata.platform.rules;

import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Something that every stack keeps to, unless its deployment suppresses the rule with a reason. The parts are those of
 * its row in docs/rules.md.
 *
 * @param id in deployment files and messages: {@code bucket-versioning}
 * @param text the rule in a sentence
 * @param why a sentence
 * @param fix what to do about a finding, a sentence
 * @param source the page of AWS's that asks for it
 * @param breaches what of a stack breaks the rule
 */
public record Rule(
        String id,
        String text,
        String why,
        String fix,
        String source,
        Function<SynthesisedStack, Stream<Breach>> breaches) {}
