package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class TopicEncryption extends Rule {

    TopicEncryption() {
        super(
                "topic-encryption",
                "An SNS topic is encrypted.",
                "Messages quote errors, which lie in SNS until they are delivered.",
                "Give the topic a kms_master_key_id whose policy lets its publishers use the key.",
                "https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_sns_topic")
                .filter(topic -> topic.text("kms_master_key_id").isEmpty())
                .map(topic -> Breach.of(topic, "keeps messages without encryption"));
    }
}
