package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The MWAA environment. {@code pluginsArchive} is a zip of the project, needed where workers have no internet.
 *
 * @param configurationOptions the platform's and the deployment's, {@code <section>.<option>}
 */
public record OrchestrationConfig(
        String environment,
        String airflowVersion,
        String environmentClass,
        int minWorkers,
        int maxWorkers,
        int schedulers,
        String maintenanceWindow,
        WebserverAccess webserverAccess,
        List<WebserverClient> webserverClients,
        Map<String, String> configurationOptions,
        String logLevel,
        int logRetentionDays,
        Optional<Path> pluginsArchive) {

    /** Who reaches the Airflow UI: the VPC only, or the internet (with IAM sign-in). */
    public enum WebserverAccess {
        PRIVATE,
        PUBLIC
    }

    /** https://docs.aws.amazon.com/mwaa/latest/userguide/environment-class.html */
    static final List<String> ENVIRONMENT_CLASSES =
            List.of("mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge");

    static final List<String> LOG_LEVELS = List.of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");

    private static final String MICRO = "mw1.micro";

    static OrchestrationConfig read(YamlSection orchestration, String company, Path projectRoot) {
        String environmentClass = orchestration.value(
                "environment_class",
                Kinds.oneOf(ENVIRONMENT_CLASSES),
                "mw1.small",
                "The size of schedulers, workers and web servers.");
        boolean micro = environmentClass.equals(MICRO);
        OrchestrationConfig config = new OrchestrationConfig(
                orchestration.value(
                        "environment",
                        AwsNames.ENVIRONMENT,
                        company + "_airflow_environment",
                        "The MWAA environment. *Replaces* it."),
                airflowVersion(orchestration, projectRoot),
                environmentClass,
                orchestration.value(
                        "min_workers", Kinds.integer(1, 25), 1, "Workers that always run; at most `max_workers`."),
                orchestration.value(
                        "max_workers",
                        Kinds.integer(1, 25),
                        micro ? 1 : 2,
                        "Workers at most; 1 in mw1.micro, where it is the default."),
                orchestration.value(
                        "schedulers",
                        Kinds.integer(1, 5),
                        micro ? 1 : 2,
                        "Schedulers: 2 to 5; 1 in mw1.micro, where it is the default."),
                orchestration.value(
                        "maintenance_window",
                        Kinds.parsed(MaintenanceWindow::parse)
                                .allowed("SAT or SUN after 08:00 UTC, full or half hours"),
                        "SAT:09:00",
                        "When AWS may restart the environment: not during the daily run of 07:00, nor while people need"
                                + " it."),
                orchestration.value(
                        "webserver_access",
                        Kinds.constant(WebserverAccess.class, "-"),
                        WebserverAccess.PRIVATE,
                        "Who reaches the Airflow UI: the VPC, or the internet (with IAM sign-in)."),
                orchestration.values(
                        "webserver_clients",
                        WebserverClient.KIND,
                        List.of(),
                        "Who may open a private UI on port 443: a VPN, a bastion."),
                options(orchestration),
                orchestration.value(
                        "log_level",
                        Kinds.oneOf(LOG_LEVELS),
                        "INFO",
                        "The lowest level that the five log groups receive."),
                orchestration.value(
                        "log_retention_days",
                        LogRetention.DAYS,
                        LogRetention.DEFAULT_DAYS,
                        "Days that Airflow's logs are kept."),
                orchestration.optional(
                        "plugins_archive",
                        Kinds.projectFile(projectRoot, ".zip"),
                        "What workers without internet install; required with `network.egress: endpoints`. Path from"
                                + " the project's root."));
        config.noteConflicts(orchestration, micro);
        return config;
    }

    /** What the names of the environment's log groups begin with, as MWAA demands. */
    public String logGroups() {
        return "airflow-" + environment + "-";
    }

    private static String airflowVersion(YamlSection orchestration, Path projectRoot) {
        List<String> versions = AirflowVersions.in(projectRoot);
        if (versions.isEmpty()) {
            orchestration.note(
                    "airflow_version",
                    "no version can be chosen: airflow/mwaa must hold a folder with Amazon MWAA's constraints for each,"
                            + " such as airflow/mwaa/3.3.1/constraints.txt");
            return orchestration.value("airflow_version", Kinds.text(".+", "a version of Airflow"), "none");
        }
        return orchestration.value(
                "airflow_version",
                Kinds.oneOf(versions),
                versions.get(0),
                "The Airflow version, of those whose packages the project has from Amazon MWAA (`airflow/mwaa`). AWS"
                        + " changes it in place, up and down.");
    }

    private static Map<String, String> options(YamlSection orchestration) {
        Map<String, String> options = new TreeMap<>();
        options.put(AirflowOptions.PAUSED_AT_CREATION, "False");
        options.putAll(orchestration.map(
                "configuration_options",
                AirflowOptions.NAME.allowed("`<section>.<option>`"),
                AirflowOptions.VALUE.allowed("text, in quotes"),
                "Airflow's configuration options, beside `core.dags_are_paused_at_creation: \"False\"`, which they may"
                        + " change. What Amazon MWAA sets itself is refused. No secrets: they would stand in the"
                        + " state."));
        return options;
    }

    private void noteConflicts(YamlSection orchestration, boolean micro) {
        if (minWorkers > maxWorkers) {
            orchestration.note(
                    "min_workers", "\"%d\": must be at most max_workers, %d".formatted(minWorkers, maxWorkers));
        }
        if (webserverAccess == WebserverAccess.PUBLIC && !webserverClients.isEmpty()) {
            orchestration.note(
                    "webserver_clients",
                    "must not be given with webserver_access: public, which lets everybody reach it");
        }
        if (webserverClients.stream().distinct().count() < webserverClients.size()) {
            orchestration.note("webserver_clients", "names a range or group twice");
        }
        if (micro && maxWorkers > 1) {
            orchestration.note("max_workers", "\"%d\": must be 1 in %s".formatted(maxWorkers, MICRO));
        }
        if (micro != (schedulers == 1)) {
            String allowed = micro ? "must be 1 in " + MICRO : "must be 2 to 5 in " + environmentClass;
            orchestration.note("schedulers", "\"%d\": %s".formatted(schedulers, allowed));
        }
    }
}
