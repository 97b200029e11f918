package com.drivendata.platform.access;

/**
 * Names of a deployment's resources, as policies give them.
 *
 * @param partition of AWS, literally or as a Terraform expression
 * @param accountId the deployment's account, literally or as a Terraform expression
 */
public record Arns(String partition, String region, String accountId) {

    /** {@code arn:aws:glue:eu-central-1:123456789012:<resource>}. */
    public String of(String service, String resource) {
        return "arn:%s:%s:%s:%s:%s".formatted(partition, service, region, accountId, resource);
    }

    /** {@code arn:aws:s3:::<resource>}: buckets know neither. */
    public String s3(String resource) {
        return "arn:%s:s3:::%s".formatted(partition, resource);
    }

    /** {@code arn:aws:iam::123456789012:<resource>}: IAM knows no regions. */
    public String iam(String resource) {
        return "arn:%s:iam::%s:%s".formatted(partition, accountId, resource);
    }
}
