package com.drivendata.platform.stack;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Grants;
import com.drivendata.platform.catalog.Catalog;
import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.GroupConfig;
import com.drivendata.platform.consumption.Workgroup;
import com.drivendata.platform.consumption.WorkgroupPropsBuilder;
import com.drivendata.platform.identity.GroupRoles;
import com.drivendata.platform.identity.Policies;
import com.drivendata.platform.pipeline.Column;
import com.drivendata.platform.pipeline.Column.Masking;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Prefixes;
import com.drivendata.platform.pipeline.TrustedTable;
import com.drivendata.platform.storage.DataLakeBucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.constructs.Construct;

/** The groups of people who query: each gets a workgroup, and is granted its tables and nothing else. */
record UserGroups(Deployment deployment, DataLakeBucket bucket, Catalog catalog) {

    /**
     * Makes the deployment's groups.
     *
     * @throws ConfigException with every table that a group names and may not read
     */
    static void add(Construct scope, Policies policies, DataLakeBucket bucket, Catalog catalog) {
        Deployment deployment = policies.deployment();
        List<GroupConfig> groups = deployment.config().groups();
        if (groups.isEmpty()) {
            return;
        }
        failIfRefused(deployment, groups);
        UserGroups userGroups = new UserGroups(deployment, bucket, catalog);
        GroupRoles roles = new GroupRoles(scope, "groups", policies);
        groups.forEach(group -> roles.add(group, userGroups.grants(scope, group)));
    }

    private Grants grants(Construct scope, GroupConfig group) {
        Grants grants = new Grants();
        String results = deployment.pipeline().prefixes().athenaResults() + group.name() + "/";
        workgroup(scope, group, results).grantRunQueries(grants, deployment.arns());
        bucket.grantKeepResults(grants, results);
        boolean all = group.tables().equals(List.of(GroupConfig.ALL));
        catalog.grantQuery(grants, deployment.arns(), all ? List.of("*") : group.tables());
        (all ? zones() : prefixes(group)).forEach(prefix -> bucket.grantRead(grants, prefix));
        return grants;
    }

    private Workgroup workgroup(Construct scope, GroupConfig group, String results) {
        return new Workgroup(
                scope,
                "workgroup-" + group.name(),
                WorkgroupPropsBuilder.builder()
                        .deployment(deployment)
                        .logicalId("group_" + group.name())
                        .name(group.workgroup())
                        .description("Queries of the group " + group.name())
                        .scanLimitMb(group.scanLimitMb())
                        .resultLocation(bucket.uri(results))
                        .build());
    }

    private Stream<String> zones() {
        Prefixes prefixes = deployment.pipeline().prefixes();
        return Stream.of(prefixes.raw(), prefixes.staging(), prefixes.trusted(), prefixes.quarantine());
    }

    private Stream<String> prefixes(GroupConfig group) {
        Map<String, String> byTable = deployment.pipeline().tablePrefixes();
        return group.tables().stream().map(byTable::get).distinct();
    }

    private static void failIfRefused(Deployment deployment, List<GroupConfig> groups) {
        List<String> problems = new ArrayList<>();
        for (GroupConfig group : groups) {
            refusals(deployment.pipeline(), group)
                    .map(text -> "config/%s.yaml: groups: \"%s\": %s"
                            .formatted(deployment.config().name(), group.name(), text))
                    .forEach(problems::add);
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    private static Stream<String> refusals(PipelineTable pipeline, GroupConfig group) {
        Set<String> known = pipeline.tablePrefixes().keySet();
        List<String> masked = pipeline.raw().columns().stream()
                .filter(column -> column.masking() != Masking.NONE)
                .map(Column::name)
                .toList();
        Set<String> departments = pipeline.trusted().tables().stream()
                .filter(table -> !table.clear().containsAll(masked))
                .map(TrustedTable::name)
                .collect(Collectors.toSet());
        Stream<String> unknown = group.tables().stream()
                .filter(table -> !table.equals(GroupConfig.ALL) && !known.contains(table))
                .map(table ->
                        "%s: no such table; must be one of %s, or all".formatted(table, String.join(", ", known)));
        Stream<String> personal = group.tables().stream()
                .filter(table -> !group.personalData() && !departments.contains(table))
                .filter(table -> table.equals(GroupConfig.ALL) || known.contains(table))
                .map(table ->
                        "%s: holds personal data as it is; the group must have personal_data: true".formatted(table));
        String raw = pipeline.raw().table();
        String view = pipeline.raw().typedView();
        Stream<String> viewAlone =
                group.tables().contains(view) && !group.tables().contains(raw)
                        ? Stream.of("%s: a view, which reads %s: must be given with it".formatted(view, raw))
                        : Stream.of();
        return Stream.of(unknown, personal, viewAlone).flatMap(each -> each);
    }
}
