package com.drivendata.platform.config;

/** Where Terraform keeps the deployment's state: an S3 bucket and a key of the deployment's own. */
public record StateConfig(String bucket, String key, String region) {}
