package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuppressionsTest {

    @Test
    void haveARuleAReasonAndALastDay() {
        DeploymentConfig deployment = Deployments.with(
                "suppressions",
                "[{rule: bucket-versioning, reason: as before, expires: 2999-12-31}, {rule: bucket-public-access,"
                        + " resource: aws_s3_bucket.data_lake, reason: as before, expires: 2999-12-31}]");
        LocalDate last = LocalDate.of(2999, 12, 31);
        assertThat(deployment.suppressions())
                .containsExactly(
                        new Suppression("bucket-versioning", Optional.empty(), "as before", last),
                        new Suppression(
                                "bucket-public-access", Optional.of("aws_s3_bucket.data_lake"), "as before", last));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rule: bucket-policy, reason: as before, expires: 2999-12-31 | [0].rule: \"bucket-policy\": must be one"
                        + " of bucket-encryption, bucket-tls, ",
                "rule: bucket-tls, expires: 2999-12-31 | [0].reason: missing; must be a few words that say why",
                "rule: bucket-tls, reason: as before | [0].expires: missing; must be a day, such as 2024-09-15",
                "rule: bucket-tls, reason: because | [0].reason: \"because\": must be a few words that say why",
                "rule: bucket-tls, reason: as before, expires: soon | [0].expires: \"soon\": must be a day, such"
                        + " as 2024-09-15",
                "rule: bucket-tls, reason: as before, expires: 2024-01-31 | [0].expires: \"2024-01-31\": has"
                        + " passed; keep the rule, or give a later day with a reason that still holds",
                "rule: bucket-tls, resource: lake, reason: as before, expires: 2999-12-31 | [0].resource: \"lake\": must"
                        + " be a resource, as the rule's message names it",
                "rule: bucket-tls, reason: as before, until: 1 | [0].until: unknown key; allowed are rule, resource,"
                        + " reason, expires",
            })
    void refuses(String suppression, String problem) {
        assertThat(Deployments.problems("suppressions", "[{" + suppression + "}]"))
                .anySatisfy(text -> assertThat(text).startsWith("suppressions" + problem));
    }

    @Test
    void refusesTwoForOneRule() {
        String one = "{rule: bucket-versioning, reason: as before, expires: 2999-12-31}";
        assertThat(Deployments.problems("suppressions", "[%s, %s]".formatted(one, one)))
                .containsExactly("suppressions[1].rule: \"bucket-versioning\": is suppressed twice");
    }
}
