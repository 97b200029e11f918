package com.drivendata.platform.rules;

/**
 * What IAM allows policies in characters, white space not counted. A Terraform expression counts as what it becomes at
 * most.
 *
 * @see <a href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html">IAM quotas</a>
 */
public final class PolicySize {

    /** All inline policies of a role together. */
    public static final int INLINE = 10_240;
    /** One managed policy; a permissions boundary is one. */
    public static final int MANAGED = 6_144;
    /** Managed policies of a role, before a quota is raised. */
    public static final int MANAGED_OF_A_ROLE = 10;
    /** A role's trust policy, before a quota is raised. */
    static final int TRUST = 2_048;

    private PolicySize() {}

    public static int of(String policy) {
        return policy.replaceAll("\\$\\{data\\.aws_partition\\.[^}]*}", "aws-us-gov")
                .replaceAll("\\$\\{data\\.aws_caller_identity\\.[^}]*}", "123456789012")
                .replaceAll(
                        "\\$\\{aws_kms_key\\.[^}]*}",
                        "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/00000000-0000-0000-0000-000000000000")
                .replaceAll("\\$\\{[^}]*}", "subnet-0123456789abcdef0")
                .replaceAll("\\s", "")
                .length();
    }
}
