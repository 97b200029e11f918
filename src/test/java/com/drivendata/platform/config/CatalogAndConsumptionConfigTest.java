package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CatalogAndConsumptionConfigTest {

    @Test
    void defaults() {
        assertThat(Deployments.minimal().catalog()).isEqualTo(new CatalogConfig("acme_db"));
        assertThat(Deployments.minimal().consumption()).isEqualTo(new ConsumptionConfig("acme", 10_240));
    }

    @Test
    void explicit() {
        DeploymentConfig config = Deployments.with(
                "catalog", "{database: lake}", "consumption", "{workgroup: bi-team, scan_limit_mb: 0}");
        assertThat(config.catalog()).isEqualTo(new CatalogConfig("lake"));
        assertThat(config.consumption()).isEqualTo(new ConsumptionConfig("bi-team", 0));
    }

    @Test
    void rejects() {
        assertThat(Deployments.problems(
                        "catalog", "{database: my-db}", "consumption", "{workgroup: a b, scan_limit_mb: 9}"))
                .containsExactly(
                        "catalog.database: \"my-db\": must be a lower-case letter followed by up to 254 lower-case"
                                + " letters, digits or _",
                        "consumption.scan_limit_mb: \"9\": must be 0 (no limit) or at least 10",
                        "consumption.workgroup: \"a b\": must be up to 128 letters, digits, '.', '_' or '-', and not"
                                + " primary, which every account has");
        assertThat(Deployments.problems("consumption", "{workgroup: primary}")).hasSize(1);
    }
}
