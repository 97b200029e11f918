package com.drivendata.platform.rules;

import java.util.List;
import java.util.stream.Stream;

final class BucketPublicAccess extends Rule {

    private static final List<String> SETTINGS =
            List.of("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets");

    BucketPublicAccess() {
        super(
                "bucket-public-access",
                "A bucket blocks all public access.",
                "Amazon MWAA asks for a bucket that blocks all public access, and the lake holds personal data.",
                "Leave storage.block_public_access out.",
                "https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_s3_bucket")
                .filter(bucket -> stack.of(bucket, "aws_s3_bucket_public_access_block", "bucket")
                        .noneMatch(block -> SETTINGS.stream()
                                .allMatch(
                                        setting -> block.values().path(setting).asBoolean())))
                .map(bucket -> Breach.of(bucket, "can be made public"));
    }
}
