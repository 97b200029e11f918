package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;
import java.util.Optional;

/**
 * Who is told of what goes wrong, and from when on.
 *
 * @param emails each gets a message of AWS's first, with a link that confirms it
 * @param completeBy when the day's data must be complete, HH:MM in the {@link #TIME_ZONE}
 * @param runbook the address of docs/runbook.md, as messages name it
 * @param lineage where events of what is made of what go, if anywhere
 */
public record MonitoringConfig(
        List<String> emails,
        String completeBy,
        int quarantinedPercent,
        int queuedMinutes,
        int workerCpuPercent,
        boolean dashboard,
        String runbook,
        Optional<LineageConfig> lineage) {

    /** The DAG's: it runs at 07:00 there, summer and winter. A test holds both together. */
    public static final String TIME_ZONE = "Europe/Bucharest";

    /**
     * CloudWatch takes a value for two hours ahead at most, and a run that is in time gives one for this moment and the
     * quarter of an hour behind it.
     */
    private static final Kind<String> MOMENT = Kinds.text(
            "07:[1-5][0-9]|08:([0-3][0-9]|4[0-5])", "a time from 07:10 to 08:45 in quotes, such as \"08:00\"");

    /** Empty when the section is left out: then nobody is told. */
    static Optional<MonitoringConfig> read(YamlSection root, Optional<CicdConfig> cicd) {
        boolean present = root.has("monitoring");
        YamlSection monitoring = root.section(
                "monitoring",
                "Who is told of failures and late days; without it nobody. About 2 USD a month: 1 for the topic's key,"
                        + " 0.50 for five alarms, the rest for the run's metrics.");
        MonitoringConfig config = new MonitoringConfig(
                Emails.read(
                        monitoring,
                        "Who is told; at least one. AWS asks each address to confirm. The first 1,000 messages a month"
                                + " are free."),
                monitoring.value(
                        "complete_by",
                        MOMENT,
                        "08:00",
                        "When the day's data must be complete, in the DAG's time zone (" + TIME_ZONE
                                + "), summer and winter. An alarm: 0.10 USD a month."),
                monitoring.value(
                        "quarantined_percent",
                        Kinds.integer(0, 100),
                        2,
                        "More than this percentage of a day's rows in quarantine is told, long before"
                                + " `processing.max_bad_row_share` fails the run. 0.10 USD a month."),
                monitoring.value(
                        "queued_minutes",
                        Kinds.integer(5, 60),
                        15,
                        "Airflow's tasks waiting for a worker for so many minutes are told. 0.10 USD a month."),
                monitoring.value(
                        "worker_cpu_percent",
                        Kinds.integer(1, 100),
                        90,
                        "Workers as busy as this for half an hour are told. 0.10 USD a month."),
                monitoring.value(
                        "dashboard",
                        Kinds.bool(),
                        true,
                        "A CloudWatch dashboard of the day. An account's first three are free, each further one is 3 USD"
                                + " a month."),
                monitoring.value(
                        "runbook",
                        Kinds.text("\\S+", "an address without spaces"),
                        cicd.map(CicdConfig::githubRepository)
                                .map("https://github.com/%s/blob/main/docs/runbook.md"::formatted)
                                .orElse("docs/runbook.md"),
                        "Where messages say the runbook is; with `cicd`, the file in its repository."),
                monitoring.optional(
                        "lineage",
                        LineageConfig.KIND,
                        "Where [OpenLineage events](monitoring.md#lineage) go: `bucket`, as files below `data/metrics/lineage/`,"
                                + " or a server, by HTTP. Off without it. Some 50 files of 6 kB a day: less than 0.01"
                                + " USD a month. Not with `network.egress: endpoints`."));
        if (present && config.emails().isEmpty()) {
            monitoring.note("emails", "must name at least one address");
        }
        return present ? Optional.of(config) : Optional.empty();
    }
}
