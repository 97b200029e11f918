package com.drivendata.platform.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;

final class Tags extends Rule {

    Tags() {
        super(
                "tags",
                "Everything carries the tags deployment and managed-by.",
                "Costs and owners are found by them.",
                "Give the provider default_tags.",
                "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        JsonNode tags = stack.at("/provider/aws/0/default_tags/0/tags");
        return Stream.of("deployment", "managed-by")
                .filter(tag -> tags.path(tag).asText().isEmpty())
                .map(tag -> new Breach("provider.aws", "sets no tag " + tag));
    }
}
