package com.drivendata.platform.identity;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.GroupConfig;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Prefixes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The values of the placeholders in {@code policies/*.json}: the deployment's names and those of the pipeline table.
 */
final class PolicyValues {

    /** The parts of an ARN that aren't a name, with quotes and comma: {@code arn:aws-us-gov:glue:us-gov-west-1:…}. */
    private static final int ARN = 60;
    /** What a list of job or crawler names may take of a policy, in characters. */
    private static final int MOST_OF_A_POLICY = 2_600;
    /** Less for tables, whose ARNs repeat the database's name. */
    private static final int MOST_FOR_TABLES = 900;

    private PolicyValues() {}

    /** @param pseudonymKeyArn the key with which the jobs may make codes */
    static Map<String, List<String>> of(Deployment place, String pseudonymKeyArn) {
        DeploymentConfig deployment = place.config();
        PipelineTable pipeline = place.pipeline();
        String database = deployment.catalog().database();
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("partition", List.of(place.arns().partition()));
        values.put("aws_account_id", List.of(place.arns().accountId()));
        values.put("region", List.of(deployment.region()));
        values.put("company", List.of(deployment.company()));
        values.put("deployment", List.of(deployment.name()));
        values.put("bucket", List.of(deployment.storage().bucket()));
        values.put("environment", List.of(deployment.orchestration().environment()));
        values.put("database", List.of(database));
        values.put("glue_log_group", List.of(deployment.jobLogGroups()));
        List<String> daily = pipeline.dailyJobs();
        values.put("daily_job_names", fitting(daily, ARN, MOST_OF_A_POLICY));
        values.put("erasure_job", List.of(pipeline.erasure().job()));
        values.put("job_names", fitting(first(pipeline.erasure().job(), daily), ARN, MOST_OF_A_POLICY));
        // None, and with them whole statements are left out, where AWS's keys encrypt.
        values.put("data_key", place.dataKey().stream().toList());
        values.put(
                "encrypted_log_groups",
                place.dataKey().isPresent() ? List.of(deployment.jobLogGroups(), DataKey.CRAWLER_LOGS) : List.of());
        values.put("pseudonym_key", List.of(pseudonymKeyArn));
        values.put("crawler_names", fitting(pipeline.crawlers(), ARN, MOST_OF_A_POLICY));
        List<String> tables = pipeline.tablePrefixes().keySet().stream()
                .filter(table -> !table.equals(pipeline.raw().typedView()))
                .toList();
        values.put("table_names", fitting(tables, ARN + database.length(), MOST_FOR_TABLES));
        List<String> ofGroups =
                deployment.groups().stream().map(GroupConfig::workgroup).toList();
        values.put("group_workgroups", fitting(ofGroups, ARN, MOST_FOR_TABLES));
        values.put("workgroups", fitting(first(deployment.consumption().workgroup(), ofGroups), ARN, MOST_OF_A_POLICY));
        putPrefixes(values, pipeline.prefixes());
        putMonitoring(values, deployment, pipeline.prefixes().metrics());
        return values;
    }

    private static void putMonitoring(
            Map<String, List<String>> values, DeploymentConfig deployment, String metricsPrefix) {
        MonitoringNames names = MonitoringNames.of(deployment);
        boolean monitored = deployment.monitoring().isPresent();
        values.put("metrics_namespace", List.of(names.namespace()));
        values.put("event_bus", monitored ? List.of("default") : List.of());
        values.put("alert_topic", monitored ? List.of(names.topic()) : List.of());
        values.put("alert_keys", monitored ? List.of("key/*") : List.of());
        values.put("alert_rules", monitored ? names.rules() : List.of());
        values.put("alarms", monitored ? names.alarms() : List.of());
        values.put("deadline", monitored ? List.of(names.deadline()) : List.of());
        values.put(
                "lineage_prefix",
                deployment
                        .monitoring()
                        .flatMap(MonitoringConfig::lineage)
                        .flatMap(lineage -> lineage.folder(metricsPrefix))
                        .stream()
                        .toList());
        boolean shown = deployment.monitoring().map(MonitoringConfig::dashboard).orElse(false);
        values.put("dashboard", shown ? List.of(names.dashboard()) : List.of());
    }

    private static void putPrefixes(Map<String, List<String>> values, Prefixes prefixes) {
        List<String> written = List.of(
                prefixes.clean(),
                prefixes.staging(),
                prefixes.trusted(),
                prefixes.quarantine(),
                prefixes.metrics(),
                prefixes.scratch(),
                prefixes.erasure());
        values.put("raw_prefix", List.of(prefixes.raw()));
        values.put("incoming_prefix", List.of(prefixes.incoming()));
        values.put("metrics_prefix", List.of(prefixes.metrics()));
        values.put("erasure_prefix", List.of(prefixes.erasure()));
        values.put("written_prefixes", written);
        values.put(
                "queried_prefixes",
                List.of(prefixes.raw(), prefixes.staging(), prefixes.trusted(), prefixes.quarantine()));
        values.put("results_prefix", List.of(prefixes.athenaResults()));
        values.put("written_folders", folders(written));
        values.put("read_prefixes", first(prefixes.raw(), first(prefixes.incoming(), written)));
    }

    /**
     * The names, as long as their ARNs take no more than {@code most} characters together; or else their beginnings, as
     * long as fits: a policy has a largest size, and an account may hold thirty datasets with the longest names.
     *
     * @param around what an ARN has around the name
     */
    static List<String> fitting(List<String> names, int around, int most) {
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        List<String> fitting = names;
        for (int length = longest - 1; length >= 0 && size(fitting, around) > most; length--) {
            int kept = length;
            fitting = names.stream()
                    .map(name -> name.length() <= kept ? name : name.substring(0, kept) + "*")
                    .distinct()
                    .toList();
        }
        return fitting;
    }

    private static int size(List<String> names, int around) {
        return names.stream().mapToInt(name -> around + name.length()).sum();
    }

    /** Each prefix and those above it, without the last slash: {@code data/staging/} is data and data/staging. */
    private static List<String> folders(List<String> prefixes) {
        List<String> folders = new ArrayList<>();
        for (String prefix : prefixes) {
            for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
                folders.add(prefix.substring(0, slash));
            }
        }
        return folders.stream().distinct().toList();
    }

    private static List<String> first(String first, List<String> others) {
        return Stream.concat(Stream.of(first), others.stream()).toList();
    }
}
