package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import com.drivendata.platform.testing.SampleProject;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hashicorp.cdktf.Testing;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state bucket is safe to keep a state in, and its own state lies in it under a key of its own. */
class StateBucketStackTest {

    private static JsonNode stack;

    @BeforeAll
    static void synthesise(@TempDir Path folder) throws IOException {
        Path project = SampleProject.in(folder);
        DeploymentConfig deployment = DeploymentLoader.loadAll(project, project.resolve("config")).stream()
                .filter(each -> each.name().equals("driven-data"))
                .findFirst()
                .orElseThrow();
        stack = new ObjectMapper().readTree(Testing.synth(new StateBucketStack(Testing.app(), deployment)));
    }

    @Test
    void keepsItsStateInItself() {
        JsonNode backend = stack.at("/terraform/backend/s3");
        assertThat(backend.path("bucket").asText()).isEqualTo("driven-data-terraform-state");
        assertThat(backend.path("key").asText()).isEqualTo("driven-data/state-bucket.tfstate");
        assertThat(backend.path("use_lockfile").asBoolean()).isTrue();
    }

    @Test
    void isNeverDestroyed() {
        JsonNode bucket = stack.at("/resource/aws_s3_bucket/state");
        assertThat(bucket.at("/lifecycle/prevent_destroy").asBoolean()).isTrue();
        assertThat(bucket.has("force_destroy")).isFalse();
    }

    @Test
    void isVersionedEncryptedPrivateAndTlsOnly() {
        assertThat(only("aws_s3_bucket_versioning")
                        .at("/versioning_configuration/status")
                        .asText())
                .isEqualTo("Enabled");
        assertThat(only("aws_s3_bucket_server_side_encryption_configuration")
                        .at("/rule/0/apply_server_side_encryption_by_default/sse_algorithm")
                        .asText())
                .isEqualTo("AES256");
        JsonNode access = only("aws_s3_bucket_public_access_block");
        for (String knob : new String[] {
            "block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"
        }) {
            assertThat(access.path(knob).asBoolean()).as(knob).isTrue();
        }
        assertThat(only("aws_s3_bucket_policy").path("policy").asText()).contains("aws:SecureTransport");
    }

    @Test
    void expiresOldVersionsOnly() {
        JsonNode rule = only("aws_s3_bucket_lifecycle_configuration").at("/rule/0");
        assertThat(rule.at("/noncurrent_version_expiration/0/noncurrent_days").asInt()
                        + rule.at("/noncurrent_version_expiration/noncurrent_days")
                                .asInt())
                .isEqualTo(90);
        assertThat(rule.has("expiration")).isFalse();
    }

    private static JsonNode only(String type) {
        JsonNode named = stack.at("/resource/" + type);
        assertThat(named).as(type).hasSize(1);
        return named.elements().next();
    }
}
