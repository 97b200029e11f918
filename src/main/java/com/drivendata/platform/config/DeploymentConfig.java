package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        StorageConfig storage,
        NetworkConfig network,
        CatalogConfig catalog,
        ProcessingConfig processing,
        OrchestrationConfig orchestration,
        ConsumptionConfig consumption,
        Optional<CicdConfig> cicd,
        List<Suppression> suppressions) {

    /** An S3 object carries at most 10 tags; two are left for the stack's own. */
    private static final int MOST_TAGS = 8;

    static DeploymentConfig read(String name, YamlSection root, Path projectRoot) {
        String company = root.required("company", AwsNames.COMPANY);
        String region = root.required("region", AwsNames.REGION);
        YamlSection storage = root.section("storage");
        YamlSection orchestration = root.section("orchestration");
        Suppressions suppressions = Suppressions.read(root);
        DeploymentConfig config = new DeploymentConfig(
                name,
                company,
                root.value("resource_prefix", AwsNames.RESOURCE_PREFIX, ""),
                region,
                root.optional("account_id", AwsNames.ACCOUNT_ID),
                root.value("destroyable", Kind.bool(), false),
                root.map("tags", AwsNames.TAG_KEY, AwsNames.TAG_VALUE),
                StateConfig.read(root.section("state"), name, region),
                StorageConfig.read(storage, projectRoot),
                NetworkConfig.read(root.section("network")),
                CatalogConfig.read(root.section("catalog"), company),
                ProcessingConfig.read(root.section("processing")),
                OrchestrationConfig.read(orchestration, company, projectRoot),
                ConsumptionConfig.read(root.section("consumption"), company),
                CicdConfig.read(root),
                suppressions.all());
        config.noteConflicts(root, storage, orchestration);
        config.noteBrokenRules(suppressions, storage);
        return config;
    }

    private void noteBrokenRules(Suppressions suppressions, YamlSection storageSection) {
        if (!storage.versioning()) {
            suppressions.breaks(Rule.BUCKET_VERSIONING, storageSection, "versioning", false);
        }
        if (!storage.blockPublicAccess()) {
            suppressions.breaks(Rule.BUCKET_PUBLIC_ACCESS, storageSection, "block_public_access", false);
        }
        suppressions.noteUnused();
    }

    private void noteConflicts(YamlSection root, YamlSection storageSection, YamlSection orchestrationSection) {
        if (tags.size() > MOST_TAGS) {
            root.note("tags", "%d tags: must be at most %d".formatted(tags.size(), MOST_TAGS));
        }
        if (storage.bucket() != null && storage.bucket().equals(state.bucket())) {
            storageSection.note("bucket", "\"%s\": must not be state.bucket as well".formatted(storage.bucket()));
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
