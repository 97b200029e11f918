package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeploymentConflictsTest {

    private static final Map<String, String> OTHER = Map.of(
            "company", "other",
            "resource_prefix", "other_",
            "state", "{bucket: acme-state}",
            "storage", "{bucket: other-data}",
            "network", "{vpc_cidr: 10.2.0.0/16}");

    @Test
    void acceptsDeploymentsThatShareOnlyTheStateBucket() {
        assertThat(conflicts()).isEmpty();
    }

    @Test
    void rejectsOneDataBucket() {
        assertThat(conflicts("storage", "{bucket: acme-data}"))
                .containsExactly(
                        "config/other.yaml: storage.bucket: \"acme-data\": must not be the data bucket of acme");
    }

    @Test
    void rejectsOneDataBucketEvenInOtherRegions() {
        assertThat(conflicts("storage", "{bucket: acme-data}", "region", "us-east-1"))
                .containsExactly(
                        "config/other.yaml: storage.bucket: \"acme-data\": must not be the data bucket of acme");
    }

    @Test
    void rejectsAWorkgroupOfAGroupThatIsTaken() {
        assertThat(conflicts("groups", "[{name: bi, tables: [x], workgroup: acme}]"))
                .containsExactly(
                        "config/other.yaml: groups: \"bi\": acme is a workgroup of acme in one account and region");
    }

    @Test
    void rejectsOneStateKey() {
        assertThat(conflicts("state", "{bucket: acme-state, key: acme/terraform.tfstate}"))
                .containsExactly("config/other.yaml: state.key: \"acme-state/acme/terraform.tfstate\": must differ from"
                        + " that of acme");
    }

    @Test
    void rejectsDataBucketThatHoldsAnothersState() {
        assertThat(conflicts("storage", "{bucket: acme-state}", "state", "{bucket: other-state}"))
                .containsExactly(
                        "config/other.yaml: storage.bucket: \"acme-state\": must not be the state bucket of acme");
        assertThat(conflicts("state", "{bucket: acme-data}"))
                .containsExactly("config/other.yaml: state.bucket: \"acme-data\": must not be the data bucket of acme");
    }

    @Test
    void rejectsNamesThatOneAccountAndRegionHasOnce() {
        String[] names = {
            "company", "acme",
            "resource_prefix", "''",
            "catalog", "{database: acme_db}",
            "orchestration", "{environment: acme_airflow_environment}",
            "consumption", "{workgroup: acme}"
        };
        assertThat(conflicts(names))
                .containsExactly(
                        "config/other.yaml: company: \"acme\": must differ from that of acme in one account",
                        "config/other.yaml: resource_prefix: \"\": must differ from that of acme in one account and"
                                + " region",
                        "config/other.yaml: catalog.database: \"acme_db\": must differ from that of acme in one account"
                                + " and region",
                        "config/other.yaml: orchestration.environment: \"acme_airflow_environment\": must differ from"
                                + " that of acme in one account and region",
                        "config/other.yaml: consumption.workgroup: \"acme\": must differ from that of acme in one"
                                + " account and region");
    }

    @Test
    void acceptsInAnotherRegionWhatOneRegionHasOnce() {
        assertThat(conflicts("resource_prefix", "''", "catalog", "{database: acme_db}", "region", "eu-west-1"))
                .isEmpty();
    }

    @Test
    void rejectsInEveryRegionWhatOneAccountHasOnce() {
        String cicd = "{github_repository: acme/platform}";
        assertThat(conflicts(
                        Deployments.with("cicd", cicd, "groups", "[{name: eu_bi, tables: [x]}]"),
                        "company",
                        "acme_eu",
                        "groups",
                        "[{name: bi, tables: [x]}]",
                        "cicd",
                        cicd,
                        "region",
                        "eu-west-1"))
                .containsExactly(
                        "config/other.yaml: groups: \"bi\": acme_eu_bi is a role or policy of acme in one account",
                        "config/other.yaml: cicd.github_oidc_provider: \"create\": acme creates the one that an account can"
                                + " have; must be existing");
        assertThat(conflicts("company", "acme", "region", "eu-west-1"))
                .containsExactly("config/other.yaml: company: \"acme\": must differ from that of acme in one account");
    }

    @Test
    void rejectsABucketThatTakesAnothersAccessLogs() {
        DeploymentConfig logged = Deployments.with("storage", "{bucket: acme-data, access_logs: true}");
        assertThat(conflicts(logged, "storage", "{bucket: acme-data-access-logs}"))
                .containsExactly(
                        "config/other.yaml: storage.bucket: \"acme-data-access-logs\": must not be the access log"
                                + " bucket of acme");
        assertThat(conflicts(logged, "state", "{bucket: acme-data-access-logs}"))
                .containsExactly(
                        "config/other.yaml: state.bucket: \"acme-data-access-logs\": must not be the access log"
                                + " bucket of acme");
    }

    @Test
    void acceptsThemInAnotherAccountOnlyIfBothArePinned() {
        String[] same = {"company", "acme", "account_id", "'222222222222'"};
        assertThat(conflicts(same)).isNotEmpty();
        assertThat(conflicts(Deployments.with("account_id", "'111111111111'"), same))
                .isEmpty();
        assertThat(conflicts(Deployments.with("account_id", "'222222222222'"), same))
                .isNotEmpty();
    }

    @Test
    void rejectsOverlappingVpcs() {
        assertThat(conflicts("network", "{vpc_cidr: 10.192.0.0/17}"))
                .containsExactly("config/other.yaml: network.vpc_cidr: \"10.192.0.0/17\": must not overlap"
                        + " 10.192.0.0/16 of acme in one account and region");
    }

    @Test
    void rejectsTwoInTheDefaultVpc() {
        assertThat(conflicts(Deployments.with("network", "{mode: default-vpc}"), "network", "{mode: default-vpc}"))
                .containsExactly("config/other.yaml: network.mode: \"default-vpc\": acme takes the subnets x.x.48.0/20"
                        + " and x.x.64.0/20 of the one default VPC that an account has in a region; must be dedicated");
    }

    private static List<String> conflicts(String... entries) {
        return conflicts(Deployments.minimal(), entries);
    }

    /** @param entries what replaces those of {@link #OTHER} */
    private static List<String> conflicts(DeploymentConfig acme, String... entries) {
        Map<String, String> other = new LinkedHashMap<>(OTHER);
        for (int i = 0; i < entries.length; i += 2) {
            other.put(entries[i], entries[i + 1]);
        }
        String[] flat = other.entrySet().stream()
                .flatMap(entry -> List.of(entry.getKey(), entry.getValue()).stream())
                .toArray(String[]::new);
        Map<String, DeploymentConfig> deployments = new LinkedHashMap<>();
        deployments.put("config/acme.yaml", acme);
        deployments.put("config/other.yaml", Deployments.read("other", Path.of(""), flat));
        return DeploymentConflicts.find(deployments);
    }
}
