package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;

/** Whose key encrypts what the deployment keeps: AWS's own, or one that the deployment makes and controls. */
public record EncryptionConfig(boolean customerManagedKey) {

    static EncryptionConfig read(YamlSection encryption) {
        return new EncryptionConfig(encryption.value(
                "customer_managed_key",
                Kinds.bool(),
                false,
                "Makes a KMS key, rotated every year, and encrypts with it the data lake bucket, logs, query results,"
                        + " what Glue writes and the Airflow environment, instead of with AWS's own keys. What lies in"
                        + " the bucket already stays as it is. *Replaces* the Airflow environment. [Costs]"
                        + "(https://aws.amazon.com/kms/pricing/) 1 USD a month, 2 and 3 after the first two rotations,"
                        + " and 0.03 USD for 10,000 requests; bucket keys keep these few."));
    }
}
