package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.TestDeployment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StorageConfigTest {

    private static final String BUCKET_RULE = "must be an S3 bucket name: 3 to 63 lower-case letters, digits and -,"
            + " beginning and ending with a letter or digit, without a beginning or ending that AWS reserves";

    @Test
    void defaults() {
        assertThat(Deployments.minimal().storage())
                .isEqualTo(new StorageConfig(
                        "acme-data",
                        true,
                        true,
                        false,
                        30,
                        7,
                        30,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void explicit(@TempDir Path projectRoot) throws Exception {
        TestDeployment.airflowVersions(projectRoot, "3.3.1");
        Files.createDirectories(projectRoot.resolve("data"));
        Files.writeString(projectRoot.resolve("data/first.csv"), "");

        StorageConfig storage = Deployments.read(
                        "acme",
                        projectRoot,
                        "storage",
                        "{bucket: other-data, versioning: true, block_public_access: true, access_logs: true, athena_results_expire_days: 3,"
                                + " abort_incomplete_uploads_days: 2, noncurrent_version_expire_days: 4,"
                                + " raw_expire_days: 400, clean_expire_days: 90, quarantine_expire_days: 365,"
                                + " batch_file: data/first.csv}")
                .storage();

        assertThat(storage)
                .isEqualTo(new StorageConfig(
                        "other-data",
                        true,
                        true,
                        true,
                        3,
                        2,
                        4,
                        Optional.of(400),
                        Optional.of(90),
                        Optional.of(365),
                        Optional.of(Path.of("data/first.csv"))));
    }

    @Test
    void rejectsAccessLogsOfABucketWithTooLongAName() {
        String longest = "a".repeat(51);

        assertThat(Deployments.with("storage", "{bucket: " + longest + ", access_logs: true}")
                        .storage()
                        .accessLogBucket())
                .hasSize(63);
        assertThat(Deployments.problems("storage", "{bucket: a" + longest + ", access_logs: true}"))
                .containsExactly("storage.access_logs: a" + longest
                        + "-access-logs has more than 63 characters; must be off with so long a storage.bucket");
    }

    @Test
    void rejectsMissingBucket() {
        assertThat(Deployments.problems("storage", "{versioning: true}"))
                .containsExactly("storage.bucket: missing; " + BUCKET_RULE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ab", "Data", "a_b", "-data", "data-", "my.data", "xn--data", "data-s3alias", "data-an"})
    void rejectsBucketName(String name) {
        assertThat(Deployments.problems("storage", "{bucket: " + name + "}"))
                .containsExactly("storage.bucket: \"%s\": %s".formatted(name, BUCKET_RULE));
    }

    @Test
    void rejectsMissingBatchFile() {
        assertThat(Deployments.problems("storage", "{bucket: acme-data, batch_file: data/none.csv}"))
                .containsExactly(
                        "storage.batch_file: \"data/none.csv\": no such file; the path starts at the project's root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/hostname", "../outside.csv"})
    void rejectsBatchFileOutsideTheProject(String path) {
        assertThat(Deployments.problems("storage", "{bucket: acme-data, batch_file: " + path + "}"))
                .containsExactly(
                        "storage.batch_file: \"%s\": must be a file inside the project, as a path from its root"
                                .formatted(path));
    }

    @Test
    void rejectsWrongTypes() {
        assertThat(Deployments.problems(
                        "storage", "{bucket: acme-data, versioning: 1, athena_results_expire_days: never}"))
                .containsExactly(
                        "storage.versioning: \"1\": must be true or false",
                        "storage.athena_results_expire_days: \"never\": must be a whole number from 1 to 3650");
    }

    @Test
    void rejectsStateBucketAsDataBucket() {
        assertThat(Deployments.problems("storage", "{bucket: acme-state}"))
                .containsExactly("storage.bucket: \"acme-state\": must not be state.bucket as well");
        assertThat(Deployments.problems(
                        "storage", "{bucket: acme, access_logs: true}", "state", "{bucket: acme-access-logs}"))
                .containsExactly("storage.access_logs: \"acme-access-logs\": must not be state.bucket as well");
    }
}
