package com.drivendata.platform.rules;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What every bucket has. */
final class BucketRules {

    private static final List<String> PUBLIC_ACCESS_BLOCKS =
            List.of("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets");

    static final Rule ENCRYPTION = new Rule(
            "bucket-encryption",
            "A bucket encrypts every object by default.",
            "What is written without a word about encryption would otherwise depend on who writes it.",
            "Give the bucket an aws_s3_bucket_server_side_encryption_configuration.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html",
            stack -> without(
                    stack,
                    "aws_s3_bucket_server_side_encryption_configuration",
                    encryption -> true,
                    "has no default encryption"));

    static final Rule TLS = new Rule(
            "bucket-tls",
            "A bucket refuses requests without TLS.",
            "Data and credentials would cross the network in the open.",
            "Give the bucket a policy that denies s3:* to everybody where aws:SecureTransport is false.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
            stack -> without(
                    stack,
                    "aws_s3_bucket_policy",
                    policy -> policy.statements("policy").anyMatch(BucketRules::deniesPlainHttp),
                    "takes requests without TLS"));

    static final Rule PUBLIC_ACCESS = new Rule(
            "bucket-public-access",
            "A bucket blocks all public access.",
            "Amazon MWAA asks for a bucket that blocks all public access, and the lake holds personal data.",
            "Leave storage.block_public_access out.",
            "https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html",
            stack -> without(
                    stack,
                    "aws_s3_bucket_public_access_block",
                    block -> PUBLIC_ACCESS_BLOCKS.stream().allMatch(block::flag),
                    "can be made public"));

    static final Rule VERSIONING = new Rule(
            "bucket-versioning",
            "A bucket keeps versions.",
            "Amazon MWAA asks for a bucket that keeps versions, and without them what is overwritten is lost.",
            "Leave storage.versioning out.",
            "https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html",
            stack -> without(
                    stack,
                    "aws_s3_bucket_versioning",
                    versioning -> versioning
                            .block("versioning_configuration")
                            .path("status")
                            .asText()
                            .equals("Enabled"),
                    "keeps no versions"));

    static final Rule ACLS = new Rule(
            "bucket-acls",
            "A bucket has its ACLs switched off.",
            "With ACLs, who may read an object is said object by object, beside and despite the policies.",
            "Give the bucket aws_s3_bucket_ownership_controls with BucketOwnerEnforced.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
            stack -> without(
                    stack,
                    "aws_s3_bucket_ownership_controls",
                    controls -> controls.block("rule")
                            .path("object_ownership")
                            .asText()
                            .equals("BucketOwnerEnforced"),
                    "takes access control lists"));

    private BucketRules() {}

    /** Each bucket that no resource of this type, such as its versioning, is about as it should be. */
    private static Stream<Breach> without(SynthesisedStack stack, String type, Predicate<Resource> right, String what) {
        return stack.breaches(
                "aws_s3_bucket", bucket -> stack.of(bucket, type, "bucket").noneMatch(right), what);
    }

    private static boolean deniesPlainHttp(Statement statement) {
        return !statement.allows()
                && statement.isForEverybody()
                && statement.actions().contains("s3:*")
                && statement.condition("aws:SecureTransport").contains("false");
    }
}
