package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One deployment: a company and environment, described by one file under {@code config/}. Its name is the file's name
 * without the ending; it becomes one Terraform stack with its own state.
 */
public record DeploymentConfig(
        String name,
        String company,
        String resourcePrefix,
        String region,
        Optional<String> accountId,
        boolean destroyable,
        Map<String, String> tags,
        StateConfig state,
        EncryptionConfig encryption,
        StorageConfig storage,
        NetworkConfig network,
        CatalogConfig catalog,
        ProcessingConfig processing,
        OrchestrationConfig orchestration,
        ConsumptionConfig consumption,
        List<GroupConfig> groups,
        Optional<CicdConfig> cicd,
        Optional<MonitoringConfig> monitoring,
        List<Suppression> suppressions,
        Optional<BudgetConfig> budget) {

    /** An S3 object carries at most 10 tags; two are left for the stack's own. */
    private static final int MOST_TAGS = 8;

    static DeploymentConfig read(String name, YamlSection root, Path projectRoot) {
        String company = root.required(
                "company", AwsNames.COMPANY, "Names of the DAG, the raw crawler and the roles. *Replaces* them.");
        String region = root.required("region", AwsNames.REGION, "Where everything lies. *Replaces* everything.");
        YamlSection storage = root.section("storage", "The data lake bucket.");
        YamlSection orchestration = root.section("orchestration", "The Airflow environment (Amazon MWAA).");
        List<Suppression> suppressions = Suppression.readAll(root);
        ConsumptionConfig consumption =
                ConsumptionConfig.read(root.section("consumption", "How people query with Athena."), company);
        Optional<CicdConfig> cicd = CicdConfig.read(root);
        DeploymentConfig config = new DeploymentConfig(
                name,
                company,
                root.value(
                        "resource_prefix",
                        AwsNames.RESOURCE_PREFIX,
                        "",
                        "Begins the names of jobs and crawlers; keeps two deployments in one account apart. *Replaces*"
                                + " them."),
                region,
                root.optional(
                        "account_id",
                        AwsNames.ACCOUNT_ID,
                        "Pins the AWS account: a plan in another one stops with a message."),
                root.value(
                        "destroyable",
                        Kinds.bool(),
                        false,
                        "Whether `make destroy` may remove the deployment with its data."),
                root.map(
                        "tags",
                        AwsNames.TAG_KEY.allowed("a tag name"),
                        AwsNames.TAG_VALUE.allowed("a tag value"),
                        "Tags of every resource, beside the platform's own; at most " + MOST_TAGS + "."),
                StateConfig.read(root.section("state", "Where Terraform keeps the state."), name, region),
                EncryptionConfig.read(root.section("encryption", "Whose key encrypts what is kept.")),
                StorageConfig.read(storage, projectRoot),
                NetworkConfig.read(root.section("network", "The network of the Airflow environment.")),
                CatalogConfig.read(root.section("catalog", "The Glue catalog."), company),
                ProcessingConfig.read(root.section("processing", "Size and limits of the Glue jobs.")),
                OrchestrationConfig.read(orchestration, company, projectRoot),
                consumption,
                GroupConfig.readAll(root, consumption),
                cicd,
                MonitoringConfig.read(root, cicd),
                suppressions,
                BudgetConfig.read(root));
        config.noteConflicts(root, storage, orchestration);
        return config;
    }

    /**
     * Airflow's configuration options: the platform's, and the deployment's own, which decide.
     *
     * @param metricsPrefix the pipeline table's
     */
    public Map<String, String> airflowOptions(String metricsPrefix) {
        Map<String, String> options = new TreeMap<>();
        monitoring
                .flatMap(MonitoringConfig::lineage)
                .ifPresent(lineage -> options.putAll(lineage.airflowOptions(name, storage.bucket(), metricsPrefix)));
        options.putAll(orchestration.configurationOptions());
        return options;
    }

    /** What the names of the Glue jobs' log groups begin with, without a slash at the end. */
    public String jobLogGroups() {
        return "/aws-glue/jobs/" + company;
    }

    private void noteConflicts(YamlSection root, YamlSection storageSection, YamlSection orchestrationSection) {
        if (tags.size() > MOST_TAGS) {
            root.note("tags", "%d tags: must be at most %d".formatted(tags.size(), MOST_TAGS));
        }
        if (storage.bucket() != null && storage.bucket().equals(state.bucket())) {
            storageSection.note("bucket", "\"%s\": must not be state.bucket as well".formatted(storage.bucket()));
        }
        if (storage.accessLogs() && storage.accessLogBucket().equals(state.bucket())) {
            // Its lifecycle would delete the state.
            storageSection.note(
                    "access_logs", "\"%s\": must not be state.bucket as well".formatted(storage.accessLogBucket()));
        }
        boolean lineageGiven = monitoring.flatMap(MonitoringConfig::lineage).isPresent();
        if (network.egress() == NetworkConfig.Egress.ENDPOINTS && lineageGiven) {
            root.note(
                    "monitoring.lineage",
                    "must not be given with network.egress: endpoints: its packages come from the internet");
        }
        boolean archiveGiven = orchestrationSection.has("plugins_archive");
        if (network.egress() == NetworkConfig.Egress.ENDPOINTS && !archiveGiven) {
            orchestrationSection.note(
                    "plugins_archive",
                    "missing; must be given with network.egress: endpoints, because workers without internet install"
                            + " their requirements from it. docs/configuration.md, \"Workers without internet\","
                            + " shows how to build it");
        }
    }
}
