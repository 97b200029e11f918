package com.drivendata.platform.processing;

import com.drivendata.platform.Deployment;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.providers.aws.glue_security_configuration.GlueSecurityConfiguration;
import com.hashicorp.cdktf.providers.aws.glue_security_configuration.GlueSecurityConfigurationEncryptionConfiguration;
import com.hashicorp.cdktf.providers.aws.glue_security_configuration.GlueSecurityConfigurationEncryptionConfigurationCloudwatchEncryption;
import com.hashicorp.cdktf.providers.aws.glue_security_configuration.GlueSecurityConfigurationEncryptionConfigurationJobBookmarksEncryption;
import com.hashicorp.cdktf.providers.aws.glue_security_configuration.GlueSecurityConfigurationEncryptionConfigurationS3Encryption;
import java.util.Optional;
import software.constructs.Construct;

/**
 * How Glue's jobs and crawlers encrypt what they write: with S3's own keys, or all of it, logs and bookmarks too, with
 * the deployment's key.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html">Security
 *     configurations</a>
 */
public final class GlueSecurity extends Construct {

    private static final String OFF = "DISABLED";

    private final GlueSecurityConfiguration configuration;

    public GlueSecurity(Construct scope, String id, Deployment deployment) {
        super(scope, id);
        Optional<String> keyArn = deployment.dataKey();
        String key = keyArn.orElse(null);
        configuration = GlueSecurityConfiguration.Builder.create(this, "configuration")
                .name(name(deployment))
                .encryptionConfiguration(GlueSecurityConfigurationEncryptionConfiguration.builder()
                        .s3Encryption(GlueSecurityConfigurationEncryptionConfigurationS3Encryption.builder()
                                .s3EncryptionMode(keyArn.isPresent() ? "SSE-KMS" : "SSE-S3")
                                .kmsKeyArn(key)
                                .build())
                        .cloudwatchEncryption(
                                GlueSecurityConfigurationEncryptionConfigurationCloudwatchEncryption.builder()
                                        .cloudwatchEncryptionMode(keyArn.isPresent() ? "SSE-KMS" : OFF)
                                        .kmsKeyArn(key)
                                        .build())
                        .jobBookmarksEncryption(
                                GlueSecurityConfigurationEncryptionConfigurationJobBookmarksEncryption.builder()
                                        .jobBookmarksEncryptionMode(keyArn.isPresent() ? "CSE-KMS" : OFF)
                                        .kmsKeyArn(key)
                                        .build())
                        .build())
                // It can't be changed, so another is made, and jobs must never name one that isn't there.
                .lifecycle(TerraformResourceLifecycle.builder()
                        .createBeforeDestroy(true)
                        .build())
                .build();
        configuration.overrideLogicalId("glue");
    }

    /** Differs with the key, so that the one can be made before the other is destroyed. */
    static String name(Deployment deployment) {
        return deployment.company() + (deployment.dataKey().isPresent() ? "_kms" : "_s3");
    }

    public String getName() {
        return configuration.getName();
    }
}
