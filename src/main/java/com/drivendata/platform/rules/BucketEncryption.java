package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class BucketEncryption extends Rule {

    BucketEncryption() {
        super(
                "bucket-encryption",
                "A bucket encrypts every object by default.",
                "What is written without a word about encryption would otherwise depend on who writes it.",
                "Give the bucket an aws_s3_bucket_server_side_encryption_configuration.",
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_s3_bucket")
                .filter(bucket -> stack.of(bucket, "aws_s3_bucket_server_side_encryption_configuration", "bucket")
                        .findAny()
                        .isEmpty())
                .map(bucket -> Breach.of(bucket, "has no default encryption"));
    }
}
