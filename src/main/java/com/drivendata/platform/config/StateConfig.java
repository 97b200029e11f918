package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.YamlSection;

/** Where Terraform keeps the deployment's state: an S3 bucket and a key of the deployment's own. */
public record StateConfig(String bucket, String key, String region) {

    static StateConfig read(YamlSection state, String deployment, String region) {
        return new StateConfig(
                state.required("bucket", AwsNames.BUCKET),
                state.value("key", AwsNames.OBJECT_KEY, deployment + "/terraform.tfstate"),
                state.value("region", AwsNames.REGION, region));
    }
}
