package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.YamlSection;

/** Where Terraform keeps the deployment's state: an S3 bucket and a key of the deployment's own. */
public record StateConfig(String bucket, String key, String region) {

    static StateConfig read(YamlSection state, String deployment, String region) {
        return new StateConfig(
                state.required(
                        "bucket",
                        AwsNames.BUCKET.allowed("an S3 bucket name without dots"),
                        "The bucket of the Terraform state; `make bootstrap` creates it. Deployments may share it."),
                state.value(
                        "key",
                        AwsNames.OBJECT_KEY,
                        deployment + "/terraform.tfstate",
                        "The state's object; each deployment has its own."),
                state.value("region", AwsNames.REGION, region, "The region of the state bucket."));
    }
}
