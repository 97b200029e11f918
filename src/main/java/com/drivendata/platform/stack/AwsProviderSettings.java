package com.drivendata.platform.stack;

import com.drivendata.platform.config.DeploymentConfig;
import com.hashicorp.cdktf.TerraformStack;
import com.hashicorp.cdktf.providers.aws.data_aws_caller_identity.DataAwsCallerIdentity;
import com.hashicorp.cdktf.providers.aws.data_aws_partition.DataAwsPartition;
import com.hashicorp.cdktf.providers.aws.provider.AwsProvider;
import com.hashicorp.cdktf.providers.aws.provider.AwsProviderDefaultTags;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The AWS provider with the deployment's region, account and tags, and the versions that the stack was tried with.
 *
 * @see <a href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs">hashicorp/aws, with a page for each
 *     resource</a>
 */
final class AwsProviderSettings {

    private AwsProviderSettings() {}

    /** Returns the account's id, literally if the deployment pins it, or else as a Terraform expression. */
    static String add(TerraformStack stack, DeploymentConfig deployment) {
        addProvider(stack, deployment, deployment.region());
        return deployment.accountId().orElseGet(() -> new DataAwsCallerIdentity(stack, "account").getAccountId());
    }

    /** The part of AWS that the region belongs to, as ARNs name it: aws, aws-cn, aws-us-gov, … */
    static String partition(TerraformStack stack) {
        return new DataAwsPartition(stack, "partition").getPartition();
    }

    static void addProvider(TerraformStack stack, DeploymentConfig deployment, String region) {
        AwsProvider.Builder.create(stack, "aws")
                .region(region)
                // A plan with credentials of another account stops here, before it reads anything.
                .allowedAccountIds(deployment.accountId().map(List::of).orElse(null))
                .defaultTags(List.of(
                        AwsProviderDefaultTags.builder().tags(tags(deployment)).build()))
                .build();
        // The bindings pin the version that they were generated from, which is too old for what the stack sets.
        stack.addOverride("terraform.required_providers.aws.source", "registry.terraform.io/hashicorp/aws");
        stack.addOverride("terraform.required_providers.aws.version", ">= 5.100.0, < 6.0.0");
        // 1.10 is the first with use_lockfile.
        stack.addOverride("terraform.required_version", ">= 1.10.0, < 2.0.0");
    }

    private static Map<String, String> tags(DeploymentConfig deployment) {
        Map<String, String> tags = new TreeMap<>(deployment.tags());
        tags.put("deployment", deployment.name());
        tags.put("managed-by", "terraform");
        return tags;
    }
}
