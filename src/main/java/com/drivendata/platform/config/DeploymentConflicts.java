package com.drivendata.platform.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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
        compareNames(globalNames(a), globalNames(b), "");
        if (b.storage().bucket().equals(a.state().bucket())) {
            problems.add("storage.bucket: \"%s\": must not be the state bucket of %s"
                    .formatted(b.storage().bucket(), a.name()));
        }
        if (b.state().bucket().equals(a.storage().bucket())) {
            problems.add("state.bucket: \"%s\": must not be the data bucket of %s"
                    .formatted(b.state().bucket(), a.name()));
        }
        if (mayShareAccount() && a.region().equals(b.region())) {
            compareNames(regionalNames(a), regionalNames(b), " in one account and region");
            compareGroups();
            compareNetworks();
        }
        return problems;
    }

    /** A deployment that pins no account may run in any. */
    private boolean mayShareAccount() {
        return a.accountId().isEmpty()
                || b.accountId().isEmpty()
                || a.accountId().equals(b.accountId());
    }

    private static Map<String, String> globalNames(DeploymentConfig deployment) {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("storage.bucket", deployment.storage().bucket());
        if (deployment.storage().accessLogs()) {
            names.put("storage.access_logs", deployment.storage().accessLogBucket());
        }
        names.put(
                "state.key",
                deployment.state().bucket() + "/" + deployment.state().key());
        return names;
    }

    private static Map<String, String> regionalNames(DeploymentConfig deployment) {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("company", deployment.company());
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
    private void compareGroups() {
        Set<String> roles =
                a.groups().stream().map(group -> group.principal(a.company())).collect(Collectors.toSet());
        Set<String> workgroups = a.groups().stream().map(GroupConfig::workgroup).collect(Collectors.toSet());
        workgroups.add(a.consumption().workgroup());
        for (GroupConfig group : b.groups()) {
            if (roles.contains(group.principal(b.company()))) {
                problems.add("groups: \"%s\": %s is a role or policy of %s in one account"
                        .formatted(group.name(), group.principal(b.company()), a.name()));
            }
            if (workgroups.contains(group.workgroup())) {
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
