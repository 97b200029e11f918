package com.drivendata.platform.storage;

import static com.drivendata.platform.testing.TestStack.ids;
import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataLakeBucketTest {

    @TempDir
    private Path folder;

    private JsonNode synth(String... config) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(folder, config);
        TestStack stack = new TestStack(folder);
        new DataLakeBucket(stack.scope(), "data-lake", TestDeployment.place(deployment));
        return stack.synth().path("resource");
    }

    @Test
    void isPrivateAndEncrypted() throws IOException {
        JsonNode resources = synth();

        assertThat(resources.at("/aws_s3_bucket/data_lake/bucket").asText()).isEqualTo("acme-lake");
        assertThat(resources
                        .at("/aws_s3_bucket_ownership_controls/data_lake/rule/object_ownership")
                        .asText())
                .isEqualTo("BucketOwnerEnforced");
        JsonNode encryption = resources.at("/aws_s3_bucket_server_side_encryption_configuration/data_lake/rule/0");
        assertThat(encryption
                        .at("/apply_server_side_encryption_by_default/sse_algorithm")
                        .asText())
                .isEqualTo("AES256");
        assertThat(encryption.path("bucket_key_enabled").asBoolean()).isTrue();
    }

    @Test
    void refusesRequestsWithoutTls() throws IOException {
        JsonNode resource = synth().at("/aws_s3_bucket_policy/data_lake");

        JsonNode statement = new ObjectMapper()
                .readTree(resource.path("policy").asText())
                .path("Statement")
                .path(0);
        assertThat(statement.path("Effect").asText()).isEqualTo("Deny");
        assertThat(statement.at("/Condition/Bool/aws:SecureTransport").asText()).isEqualTo("false");
        assertThat(texts(statement.path("Resource")))
                .containsExactly(
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}",
                        "arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/*");
        assertThat(texts(resource.path("depends_on"))).containsExactly("aws_s3_bucket_public_access_block.data_lake");
    }

    @Test
    void blocksPublicAccessUnlessToldNotTo() throws IOException {
        assertPublicAccessIs(true, synth());
        assertPublicAccessIs(false, synth("storage: {bucket: acme-lake, block_public_access: false}"));
    }

    private static void assertPublicAccessIs(boolean blocked, JsonNode resources) {
        JsonNode block = resources.at("/aws_s3_bucket_public_access_block/data_lake");
        for (String setting : new String[] {
            "block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"
        }) {
            assertThat(block.path(setting).isBoolean()).as(setting).isTrue();
            assertThat(block.path(setting).asBoolean()).as(setting).isEqualTo(blocked);
        }
    }

    @Test
    void isVersionedUnlessToldNotTo() throws IOException {
        assertThat(synth().at("/aws_s3_bucket_versioning/data_lake/versioning_configuration/status")
                        .asText())
                .isEqualTo("Enabled");

        assertThat(synth("storage: {bucket: acme-lake, versioning: false}").has("aws_s3_bucket_versioning"))
                .isFalse();
    }

    @Test
    void isEmptiedOnDestroyOnlyWhenDestroyable() throws IOException {
        assertThat(synth().at("/aws_s3_bucket/data_lake/force_destroy").asBoolean(true))
                .isFalse();
        assertThat(synth("destroyable: true")
                        .at("/aws_s3_bucket/data_lake/force_destroy")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void clearsAwayOnlyWhatIsMeantToGo() throws IOException {
        JsonNode rules = synth(
                        "storage: {bucket: acme-lake, athena_results_expire_days: 5, abort_incomplete_uploads_days: 2}")
                .at("/aws_s3_bucket_lifecycle_configuration/data_lake/rule");

        assertThat(rules).allSatisfy(rule -> {
            assertThat(rule.path("status").asText()).isEqualTo("Enabled");
            assertThat(rule.path("filter").has("prefix")).isTrue();
        });
        assertThat(rule(rules, "abort-incomplete-uploads")
                        .at("/abort_incomplete_multipart_upload/days_after_initiation")
                        .asInt())
                .isEqualTo(2);
        assertThat(rule(rules, "expire-athena-results").at("/expiration/days").asInt())
                .isEqualTo(5);
        assertThat(rules)
                .extracting(rule -> rule.path("id").asText())
                .containsExactly(
                        "abort-incomplete-uploads",
                        "expire-athena-results",
                        "expire-scratch",
                        "expire-flow-logs",
                        "expire-noncurrent-versions");
        assertThat(rule(rules, "expire-athena-results").at("/filter/prefix").asText())
                .isEqualTo("athena-results/");
        assertThat(rule(rules, "expire-scratch").at("/filter/prefix").asText()).isEqualTo("data/scratch/");
    }

    @Test
    void forgetsOldVersionsAndTheMarkersOfWhatIsGone() throws IOException {
        JsonNode rules = synth("storage: {bucket: acme-lake, noncurrent_version_expire_days: 9}")
                .at("/aws_s3_bucket_lifecycle_configuration/data_lake/rule");

        JsonNode everywhere = rule(rules, "expire-noncurrent-versions");
        assertThat(everywhere.at("/filter/prefix").asText("?")).isEmpty();
        assertThat(everywhere
                        .at("/noncurrent_version_expiration/noncurrent_days")
                        .asInt())
                .isEqualTo(9);
        assertThat(everywhere.at("/expiration/expired_object_delete_marker").asBoolean())
                .isTrue();
        // Days beside it would delete what is in use.
        assertThat(everywhere.path("expiration").has("days")).isFalse();
        assertThat(rule(rules, "expire-scratch")
                        .at("/noncurrent_version_expiration/noncurrent_days")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void forgetsRowsOnlyAfterTheDaysThatItIsTold() throws IOException {
        JsonNode rules = synth("storage: {bucket: acme-lake, raw_expire_days: 400, clean_expire_days: 90,"
                        + " quarantine_expire_days: 365}")
                .at("/aws_s3_bucket_lifecycle_configuration/data_lake/rule");

        assertThat(rule(rules, "expire-raw").at("/filter/prefix").asText()).isEqualTo("data/raw/");
        assertThat(rule(rules, "expire-raw").at("/expiration/days").asInt()).isEqualTo(400);
        assertThat(rule(rules, "expire-clean").at("/filter/prefix").asText()).isEqualTo("data/clean/");
        assertThat(rule(rules, "expire-clean").at("/expiration/days").asInt()).isEqualTo(90);
        assertThat(rule(rules, "expire-quarantine").at("/filter/prefix").asText())
                .isEqualTo("data/quarantine/");
        assertThat(rule(rules, "expire-quarantine").at("/expiration/days").asInt())
                .isEqualTo(365);
    }

    @Test
    void keepsItsAddress() throws IOException {
        TestStack stack = new TestStack(folder);
        DeploymentConfig deployment = TestDeployment.of(folder);
        DataLakeBucket bucket = new DataLakeBucket(stack.scope(), "any-id", TestDeployment.place(deployment));

        assertThat(ids(stack.synth(), "aws_s3_bucket")).containsExactly("data_lake");
        assertThat(bucket.getReady()).hasSize(5);
    }

    private static JsonNode rule(JsonNode rules, String id) {
        for (JsonNode rule : rules) {
            if (rule.path("id").asText().equals(id)) {
                return rule;
            }
        }
        throw new AssertionError("no rule " + id + " in " + rules);
    }
}
