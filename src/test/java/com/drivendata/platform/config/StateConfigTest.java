package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StateConfigTest {

    @Test
    void defaults() {
        assertThat(Deployments.minimal().state())
                .isEqualTo(new StateConfig("acme-state", "acme/terraform.tfstate", "eu-central-1"));
    }

    @Test
    void explicit() {
        assertThat(Deployments.with("state", "{bucket: team-state, key: a/b.tfstate, region: us-gov-west-1}")
                        .state())
                .isEqualTo(new StateConfig("team-state", "a/b.tfstate", "us-gov-west-1"));
    }

    @Test
    void rejects() {
        assertThat(Deployments.problems("state", "{bucket: acme-state, key: /a, region: Frankfurt}"))
                .containsExactly(
                        "state.key: \"/a\": must be an S3 key: letters, digits, '.', '_', '-' and '/', not beginning or"
                                + " ending with '/'",
                        "state.region: \"Frankfurt\": must be an AWS region such as eu-central-1");
    }
}
