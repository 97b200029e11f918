package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MonitoringConfigTest {

    private static final String EMAILS = "emails: [on-call@acme.example]";

    @Test
    void isOffByDefault() {
        assertThat(Deployments.minimal().monitoring()).isEmpty();
    }

    @Test
    void defaults() {
        assertThat(Deployments.with("monitoring", "{" + EMAILS + "}").monitoring())
                .contains(new MonitoringConfig(
                        List.of("on-call@acme.example"),
                        "08:00",
                        2,
                        15,
                        90,
                        true,
                        "docs/runbook.md",
                        Optional.empty()));
    }

    @Test
    void explicit() {
        DeploymentConfig config = Deployments.with(
                "monitoring",
                "{emails: [a@b.example, c@d.example], complete_by: '08:45', quarantined_percent: 0, queued_minutes: 5,"
                        + " worker_cpu_percent: 50, dashboard: false, runbook: https://wiki.acme.example/runbook,"
                        + " lineage: bucket}");
        assertThat(config.monitoring())
                .contains(new MonitoringConfig(
                        List.of("a@b.example", "c@d.example"),
                        "08:45",
                        0,
                        5,
                        50,
                        false,
                        "https://wiki.acme.example/runbook",
                        Optional.of(new LineageConfig(Optional.empty()))));
    }

    @Test
    void takesTheRunbookOfTheRepository() {
        DeploymentConfig config =
                Deployments.with("cicd", "{github_repository: acme/platform}", "monitoring", "{" + EMAILS + "}");
        assertThat(config.monitoring())
                .hasValueSatisfying(monitoring -> assertThat(monitoring.runbook())
                        .isEqualTo("https://github.com/acme/platform/blob/main/docs/runbook.md"));
    }

    @Test
    void tellsAirflowWhereLineageGoes() {
        assertThat(Deployments.with("monitoring", "{" + EMAILS + ", lineage: 'https://lineage.acme.example:5000'}")
                        .airflowOptions("data/metrics/"))
                .containsEntry(
                        "openlineage.transport",
                        "{\"type\": \"http\", \"url\": \"https://lineage.acme.example:5000\"}");
        DeploymentConfig config = Deployments.with("monitoring", "{" + EMAILS + ", lineage: bucket}");
        assertThat(config.airflowOptions("data/metrics/"))
                .isEqualTo(Map.of(
                        "core.dags_are_paused_at_creation",
                        "False",
                        "openlineage.execute_in_thread",
                        "True",
                        "openlineage.namespace",
                        config.name(),
                        "openlineage.transport",
                        "{\"type\": \"file\", \"log_file_path\": \"s3://%s/data/metrics/lineage/event\"}"
                                .formatted(config.storage().bucket())));
        assertThat(Deployments.minimal().airflowOptions("data/metrics/"))
                .containsOnlyKeys("core.dags_are_paused_at_creation");
    }

    @Test
    void theDeploymentsOwnOptionsDecide() {
        assertThat(Deployments.with(
                                "monitoring",
                                "{" + EMAILS + ", lineage: bucket}",
                                "orchestration",
                                "{configuration_options: {openlineage.namespace: acme}}")
                        .airflowOptions("data/metrics/"))
                .containsEntry("openlineage.namespace", "acme");
    }

    @Test
    void rejectsLineageThatGoesNowhere() {
        for (String where : List.of("file", "https://lineage.acme.example/api", "lineage.acme.example", "'a\"b'")) {
            assertThat(Deployments.problems("monitoring", "{" + EMAILS + ", lineage: " + where + "}"))
                    .containsExactly(
                            "monitoring.lineage: \"%s\": must be `bucket`, or a server's address without a path, such as"
                                            .formatted(where.replace("'", ""))
                                    + " https://lineage.acme.example");
        }
        assertThat(Deployments.problems(
                        "monitoring",
                        "{" + EMAILS + ", lineage: bucket}",
                        "network",
                        "{egress: endpoints}",
                        "orchestration",
                        "{plugins_archive: plugins.zip}"))
                .contains("monitoring.lineage: must not be given with network.egress: endpoints: its packages come from"
                        + " the internet");
    }

    @Test
    void rejects() {
        assertThat(Deployments.problems("monitoring", "{}"))
                .containsExactly("monitoring.emails: must name at least one address");
        assertThat(Deployments.problems("monitoring", "{emails: [a@b.example, a@b.example]}"))
                .containsExactly("monitoring.emails: names an address twice");
        assertThat(Deployments.problems(
                        "monitoring",
                        "{emails: [nobody], complete_by: '08:46', quarantined_percent: 101, queued_minutes: 4,"
                                + " worker_cpu_percent: 0}"))
                .containsExactlyInAnyOrder(
                        "monitoring.emails[0]: \"nobody\": must be an e-mail address",
                        "monitoring.emails: must name at least one address",
                        "monitoring.complete_by: \"08:46\": must be a time from 07:10 to 08:45 in quotes, such as"
                                + " \"08:00\"",
                        "monitoring.quarantined_percent: \"101\": must be a whole number from 0 to 100",
                        "monitoring.queued_minutes: \"4\": must be a whole number from 5 to 60",
                        "monitoring.worker_cpu_percent: \"0\": must be a whole number from 1 to 100");
    }
}
