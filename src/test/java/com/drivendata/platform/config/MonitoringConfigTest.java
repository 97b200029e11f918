package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
                        List.of("on-call@acme.example"), "08:00", 2, 15, 90, true, "docs/runbook.md"));
    }

    @Test
    void explicit() {
        DeploymentConfig config = Deployments.with(
                "monitoring",
                "{emails: [a@b.example, c@d.example], complete_by: '08:45', quarantined_percent: 0, queued_minutes: 5,"
                        + " worker_cpu_percent: 50, dashboard: false, runbook: https://wiki.acme.example/runbook}");
        assertThat(config.monitoring())
                .contains(new MonitoringConfig(
                        List.of("a@b.example", "c@d.example"),
                        "08:45",
                        0,
                        5,
                        50,
                        false,
                        "https://wiki.acme.example/runbook"));
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
