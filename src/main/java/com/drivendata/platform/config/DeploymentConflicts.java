package com.drivendata.platform.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds deployments that would create, or keep their state in, the same thing. */
final class DeploymentConflicts {

    private final DeploymentConfig a;
    private final DeploymentConfig b;
    private final List<String> problems = new ArrayList<>();

    private DeploymentConflicts(DeploymentConfig a, DeploymentConfig b) {
        this.a = a;
        this.b = b;
    }

    /**
     * Looks at each pair of deployments.
     *
     * @param deployments by the file to blame
     * @return one problem for each pair and thing, on the later file
     */
    static List<String> find(Map<String, DeploymentConfig> deployments) {
        List<String> problems = new ArrayList<>();
        List<DeploymentConfig> earlier = new ArrayList<>();
        deployments.forEach((file, deployment) -> {
            for (DeploymentConfig other : earlier) {
                new DeploymentConflicts(other, deployment).find().forEach(text -> problems.add(file + ": " + text));
            }
            earlier.add(deployment);
        });
        return problems;
    }

    private List<String> find() {
        compareBuckets();
        compareNames(Map.of("state.key", stateObject(a)), Map.of("state.key", stateObject(b)), "");
        if (mayShareAccount()) {
            // IAM's roles, budgets and dashboards are the account's, in whatever region the rest is.
            compareNames(Map.of("company", a.company()), Map.of("company", b.company()), " in one account");
            comparePrincipals();
            compareOidcProviders();
            if (a.region().equals(b.region())) {
                compareNames(regionalNames(a), regionalNames(b), " in one account and region");
                compareWorkgroups();
                compareNetworks();
            }
        }
        return problems;
    }

    /** A deployment that pins no account may run in any. */
    private boolean mayShareAccount() {
        return a.accountId().isEmpty()
                || b.accountId().isEmpty()
                || a.accountId().equals(b.accountId());
    }

    private static String stateObject(DeploymentConfig deployment) {
        return deployment.state().bucket() + "/" + deployment.state().key();
    }

    /**
     * What the deployment makes, by what it is: a bucket's name is global, and only that of the state may be shared.
     */
    private static Map<String, String> buckets(DeploymentConfig deployment) {
        Map<String, String> buckets = new LinkedHashMap<>();
        buckets.put("data", deployment.storage().bucket());
        if (deployment.storage().accessLogs()) {
            buckets.put("access log", deployment.storage().accessLogBucket());
        }
        buckets.put("state", deployment.state().bucket());
        return buckets;
    }

    private void compareBuckets() {
        Map<String, String> keys =
                Map.of("data", "storage.bucket", "access log", "storage.access_logs", "state", "state.bucket");
        buckets(b)
                .forEach((what, name) -> buckets(a).forEach((other, taken) -> {
                    if (name.equals(taken) && !(what.equals("state") && other.equals("state"))) {
                        problems.add("%s: \"%s\": must not be the %s bucket of %s"
                                .formatted(keys.get(what), name, other, a.name()));
                    }
                }));
    }

    private static Map<String, String> regionalNames(DeploymentConfig deployment) {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("resource_prefix", deployment.resourcePrefix());
        names.put("catalog.database", deployment.catalog().database());
        names.put("orchestration.environment", deployment.orchestration().environment());
        names.put("consumption.workgroup", deployment.consumption().workgroup());
        return names;
    }

    private void compareNames(Map<String, String> first, Map<String, String> second, String where) {
        second.forEach((key, name) -> {
            if (name.equals(first.get(key))) {
                problems.add("%s: \"%s\": must differ from that of %s%s".formatted(key, name, a.name(), where));
            }
        });
    }

    /** A company's name and a group's may together be those of another company. */
    private void comparePrincipals() {
        Set<String> taken = principals(a).collect(Collectors.toSet());
        for (GroupConfig group : b.groups()) {
            if (taken.contains(group.principal(b.company()))) {
                problems.add("groups: \"%s\": %s is a role or policy of %s in one account"
                        .formatted(group.name(), group.principal(b.company()), a.name()));
            }
        }
    }

    private static Stream<String> principals(DeploymentConfig deployment) {
        return deployment.groups().stream().map(group -> group.principal(deployment.company()));
    }

    private void compareOidcProviders() {
        boolean twice = Stream.of(a, b)
                .allMatch(deployment -> deployment
                        .cicd()
                        .filter(cicd -> cicd.githubOidcProvider() == CicdConfig.OidcProvider.CREATE)
                        .isPresent());
        if (twice) {
            problems.add(
                    "cicd.github_oidc_provider: \"create\": %s creates the one that an account can have; must be existing"
                            .formatted(a.name()));
        }
    }

    private void compareWorkgroups() {
        Set<String> taken = a.groups().stream().map(GroupConfig::workgroup).collect(Collectors.toSet());
        taken.add(a.consumption().workgroup());
        for (GroupConfig group : b.groups()) {
            if (taken.contains(group.workgroup())) {
                problems.add("groups: \"%s\": %s is a workgroup of %s in one account and region"
                        .formatted(group.name(), group.workgroup(), a.name()));
            }
        }
    }

    private void compareNetworks() {
        if (a.network().mode() != b.network().mode()) {
            return;
        }
        if (a.network().mode() == NetworkConfig.Mode.DEFAULT_VPC) {
            problems.add(("network.mode: \"default-vpc\": %s takes the subnets x.x.48.0/20 and x.x.64.0/20 of the one"
                            + " default VPC that an account has in a region; must be dedicated")
                    .formatted(a.name()));
        } else if (Cidr.parse(a.network().vpcCidr())
                .overlaps(Cidr.parse(b.network().vpcCidr()))) {
            problems.add("network.vpc_cidr: \"%s\": must not overlap %s of %s in one account and region"
                    .formatted(b.network().vpcCidr(), a.network().vpcCidr(), a.name()));
        }
    }
}
