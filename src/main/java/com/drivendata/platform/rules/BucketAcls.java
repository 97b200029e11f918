package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class BucketAcls extends Rule {

    BucketAcls() {
        super(
                "bucket-acls",
                "A bucket has its ACLs switched off.",
                "With ACLs, who may read an object is said object by object, beside and despite the policies.",
                "Give the bucket aws_s3_bucket_ownership_controls with BucketOwnerEnforced.",
                "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_s3_bucket")
                .filter(bucket -> stack.of(bucket, "aws_s3_bucket_ownership_controls", "bucket")
                        .noneMatch(controls -> controls.block("rule")
                                .path("object_ownership")
                                .asText()
                                .equals("BucketOwnerEnforced")))
                .map(bucket -> Breach.of(bucket, "takes access control lists"));
    }
}
