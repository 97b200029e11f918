package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.CicdConfig.GithubIds;
import com.drivendata.platform.config.CicdConfig.OidcProvider;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeploymentConfigTest {

    @Test
    void defaults() {
        DeploymentConfig config = Deployments.minimal();
        assertThat(config.name()).isEqualTo("acme");
        assertThat(config.resourcePrefix()).isEmpty();
        assertThat(config.accountId()).isEmpty();
        assertThat(config.destroyable()).isFalse();
        assertThat(config.tags()).isEmpty();
        assertThat(config.cicd()).isEmpty();
    }

    @Test
    void explicit() {
        DeploymentConfig config = Deployments.with(
                "resource_prefix", "acme_",
                "account_id", "'012345678901'",
                "destroyable", "true",
                "tags", "{Team: data, cost-center: '42'}",
                "cicd",
                        "{github_repository: acme/data-platform, github_oidc_provider: existing, github_owner_id: 12,"
                                + " github_repository_id: '1234567890'}");
        assertThat(config.resourcePrefix()).isEqualTo("acme_");
        assertThat(config.accountId()).contains("012345678901");
        assertThat(config.destroyable()).isTrue();
        assertThat(config.tags()).containsExactly(Map.entry("Team", "data"), Map.entry("cost-center", "42"));
        assertThat(config.cicd())
                .contains(new CicdConfig(
                        "acme/data-platform", Optional.of(new GithubIds("12", "1234567890")), OidcProvider.EXISTING));
    }

    @Test
    void cicdCreatesTheIdentityProviderUnlessTold() {
        assertThat(Deployments.with("cicd", "{github_repository: acme/x}").cicd())
                .isEqualTo(Optional.of(new CicdConfig("acme/x", Optional.empty(), OidcProvider.CREATE)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "company | Acme | company: \"Acme\": must be a lower-case letter followed by up to 31 lower-case letters,"
                        + " digits or _",
                "region | eu-central | region: \"eu-central\": must be an AWS region such as eu-central-1",
                "account_id | '12345' | account_id: \"12345\": must be 12 digits in quotes (unquoted, YAML may read"
                        + " them as an octal number)",
                "account_id | 123456789012 | account_id: \"123456789012\": must be text; put it in quotes",
                "account_id | 012345670123 | account_id: \"012345670123\": must be text; put it in quotes",
                "destroyable | yes | destroyable: \"yes\": must be true or false",
                "resource_prefix | Acme | resource_prefix: \"Acme\": must be empty, or a lower-case letter followed by"
                        + " up to 31 lower-case letters, digits, _ or -",
                "tags | {a: 1} | tags.a: \"1\": must be text; put it in quotes",
                "tags | {'aws:x': y} | tags.aws:x: \"aws:x\": must be a tag name: up to 128 letters, digits, spaces or"
                        + " _ . : / = + - @",
                "tags | '{a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h, i: i}' | tags: 9 tags: must be at most 8",
                "cicd | {github_oidc_provider: create} | cicd.github_repository: missing; must be a GitHub repository,"
                        + " owner/name",
                "cicd | {github_repository: acme} | cicd.github_repository: \"acme\": must be a GitHub repository,"
                        + " owner/name",
                "cicd | {github_repository: a/b, github_owner_id: 1} | cicd.github_repository_id: missing; must be given"
                        + " with github_owner_id: gh api repos/<owner>/<name> --jq '.owner.id, .id' prints both",
                "cicd | {github_repository: a/b, github_repository_id: 1} | cicd.github_owner_id: missing; must be given"
                        + " with github_repository_id: gh api repos/<owner>/<name> --jq '.owner.id, .id' prints both",
                "cicd | {github_repository: a/b, github_owner_id: acme, github_repository_id: 1} | cicd.github_owner_id:"
                        + " \"acme\": must be a number of GitHub's, such as 123456",
                "cicd | {github_repository: a/b, github_owner_id: 1, github_repository_id: 0123} |"
                        + " cicd.github_repository_id: \"0123\": must be a number of GitHub's, such as 123456",
                "network | nat | network: \"nat\": must hold keys and values",
                "networks | {} | networks: unknown key; did you mean network?",
                "colour | red | colour: unknown key; allowed are company, region, storage, orchestration, suppressions,"
                        + " consumption, cicd, resource_prefix, account_id, destroyable, tags, state, encryption, network, catalog,"
                        + " processing, groups, monitoring, budget",
                "network | {vpc_cdir: x} | network.vpc_cdir: unknown key; did you mean vpc_cidr?",
            })
    void rejects(String key, String value, String problem) {
        String yaml = value.startsWith("'{") ? value.substring(1, value.length() - 1) : value;
        assertThat(Deployments.problems(key, yaml)).containsExactly(problem);
    }
}
