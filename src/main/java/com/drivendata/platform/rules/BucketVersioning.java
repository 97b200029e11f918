package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class BucketVersioning extends Rule {

    BucketVersioning() {
        super(
                "bucket-versioning",
                "A bucket keeps versions.",
                "Amazon MWAA asks for a bucket that keeps versions, and without them what is overwritten is lost.",
                "Leave storage.versioning out.",
                "https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.resources("aws_s3_bucket")
                .filter(bucket -> stack.of(bucket, "aws_s3_bucket_versioning", "bucket")
                        .noneMatch(versioning -> versioning
                                .block("versioning_configuration")
                                .path("status")
                                .asText()
                                .equals("Enabled")))
                .map(bucket -> Breach.of(bucket, "keeps no versions"));
    }
}
