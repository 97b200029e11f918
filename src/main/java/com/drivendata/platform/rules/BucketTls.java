package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class BucketTls extends Rule {

    BucketTls() {
        super(
                "bucket-tls",
                "A bucket refuses requests without TLS.",
                "Data and credentials would cross the network in the open.",
                "Give the bucket a policy that denies s3:* to everybody where aws:SecureTransport is false.",
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_s3_bucket")
                .filter(bucket -> stack.of(bucket, "aws_s3_bucket_policy", "bucket")
                        .flatMap(policy -> stack.statements(policy, "policy"))
                        .noneMatch(BucketTls::deniesPlainHttp))
                .map(bucket -> Breach.of(bucket, "takes requests without TLS"));
    }

    private static boolean deniesPlainHttp(Statement statement) {
        return !statement.allows()
                && statement.json().path("Principal").asText().equals("*")
                && statement.actions().contains("s3:*")
                && statement.condition("aws:SecureTransport").contains("false");
    }
}
