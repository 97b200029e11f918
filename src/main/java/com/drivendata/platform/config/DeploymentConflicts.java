package com.drivendata.platform.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds deployments that would create, or keep their state in, the same thing. */
record DeploymentConflicts(DeploymentConfig a, DeploymentConfig b, List<String> problems) {

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
                new DeploymentConflicts(other, deployment, new ArrayList<>())
                        .find()
                        .forEach(text -> problems.add(file + ": " + text));
            }
            earlier.add(deployment);
        });
        return problems;
    }

    private List<String> find() {
        compareBuckets();
        compareName("state.key", stateObject(a), stateObject(b), "");
        if (mayShareAccount()) {
            // IAM's roles, budgets and dashboards are the account's, in whatever region the rest is:
            // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-cw-dashboard.html
            compareName("company", a.company(), b.company(), " in one account");
            comparePrincipals();
            compareOidcProviders();
            if (a.region().equals(b.region())) {
                Map<String, String> taken = regionalNames(a);
                regionalNames(b)
                        .forEach((key, name) -> compareName(key, taken.get(key), name, " in one account and region"));
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

    private void compareName(String key, String first, String second, String where) {
        if (second.equals(first)) {
            problems.add("%s: \"%s\": must differ from that of %s%s".formatted(key, second, a.name(), where));
        }
    }

    /** A company's name and a group's may together be those of another company. */
    private void comparePrincipals() {
        List<String> taken =
                a.groups().stream().map(group -> group.principal(a.company())).toList();
        compareGroups(taken, group -> group.principal(b.company()), "a role or policy of %s in one account");
    }

    private void compareWorkgroups() {
        List<String> taken = Stream.concat(
                        Stream.of(a.consumption().workgroup()),
                        a.groups().stream().map(GroupConfig::workgroup))
                .toList();
        compareGroups(taken, GroupConfig::workgroup, "a workgroup of %s in one account and region");
    }

    private void compareGroups(List<String> taken, Function<GroupConfig, String> name, String what) {
        b.groups().stream()
                .filter(group -> taken.contains(name.apply(group)))
                .map(group ->
                        "groups: \"%s\": %s is ".formatted(group.name(), name.apply(group)) + what.formatted(a.name()))
                .forEach(problems::add);
    }

    private void compareOidcProviders() {
        long created = Stream.of(a, b)
                .flatMap(deployment -> deployment.cicd().stream())
                .filter(cicd -> cicd.githubOidcProvider() == CicdConfig.OidcProvider.CREATE)
                .count();
        if (created == 2) {
            problems.add(
                    "cicd.github_oidc_provider: \"create\": %s creates the one that an account can have; must be existing"
                            .formatted(a.name()));
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
