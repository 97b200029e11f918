package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.LocalDate;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuppressionsTest {

    private static final String LAX = "{bucket: acme-data, versioning: false, block_public_access: false}";

    @Test
    void refusesTheWalkthroughsBucketWithoutAReason() {
        assertThat(Deployments.problems("storage", LAX))
                .containsExactly(
                        "storage.versioning: \"false\": breaks the rule bucket-versioning: Amazon MWAA asks for a bucket"
                                + " that keeps versions, and without them what is overwritten is lost. Leave the key"
                                + " out, or name the rule and your reason under suppressions",
                        "storage.block_public_access: \"false\": breaks the rule bucket-public-access: Amazon MWAA asks"
                                + " for a bucket that blocks all public access, and the lake holds personal data. Leave"
                                + " the key out, or name the rule and your reason under suppressions");
    }

    @Test
    void takesItWithOne() {
        DeploymentConfig deployment = Deployments.with(
                "storage",
                LAX,
                "suppressions",
                "[{rule: bucket-versioning, reason: as before}, {rule: bucket-public-access,"
                        + " reason: as before, expires: 2999-12-31}]");
        assertThat(deployment.storage().versioning()).isFalse();
        assertThat(deployment.suppressions())
                .containsExactly(
                        new Suppression(Rule.BUCKET_VERSIONING, "as before", Optional.empty()),
                        new Suppression(
                                Rule.BUCKET_PUBLIC_ACCESS, "as before", Optional.of(LocalDate.of(2999, 12, 31))));
    }

    @Test
    void saysInWhichLineOfWhichFileARuleIsBroken() {
        String message = catchThrowable(() -> Deployments.with("storage", LAX)).getMessage();
        assertThat(message).startsWith("config/acme.yaml:4: storage.versioning: ");
    }

    @Test
    void refusesASuppressionThatIsNotNeeded() {
        assertThat(Deployments.problems("suppressions", "[{rule: bucket-versioning, reason: as before}]"))
                .containsExactly("suppressions: rule \"bucket-versioning\": the deployment keeps this rule; take the"
                        + " suppression out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rule: bucket-policy, reason: as before | [0].rule: \"bucket-policy\": must be one of"
                        + " bucket-versioning, bucket-public-access",
                "rule: bucket-versioning | [0].reason: missing; must be a few words that say why",
                "rule: bucket-versioning, reason: because | [0].reason: \"because\": must be a few words that say why",
                "rule: bucket-versioning, reason: as before, expires: soon | [0].expires: \"soon\": must be a day, such"
                        + " as 2024-09-15",
                "rule: bucket-versioning, reason: as before, expires: 2024-01-31 | [0].expires: \"2024-01-31\": has"
                        + " passed; keep the rule, or give a later day with a reason that still holds",
                "rule: bucket-versioning, reason: as before, until: 1 | [0].until: unknown key; allowed are rule,"
                        + " reason, expires",
            })
    void refuses(String suppression, String problem) {
        assertThat(Deployments.problems(
                        "storage", "{bucket: acme-data, versioning: false}", "suppressions", "[{" + suppression + "}]"))
                .contains("suppressions" + problem);
    }

    @Test
    void refusesTwoForOneRule() {
        assertThat(Deployments.problems(
                        "storage",
                        "{bucket: acme-data, versioning: false}",
                        "suppressions",
                        "[{rule: bucket-versioning, reason: as before}, {rule: bucket-versioning, reason: as ever}]"))
                .containsExactly("suppressions[1].rule: \"bucket-versioning\": is suppressed twice");
    }
}
