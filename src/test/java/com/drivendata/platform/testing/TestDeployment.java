package com.drivendata.platform.testing;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.PipelineTableLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Deployments read from YAML text, as the program reads them from files. */
public final class TestDeployment {

    private TestDeployment() {}

    /** A deployment of the least that has to be said, and of what the test adds. */
    public static DeploymentConfig of(Path folder, String... lines) throws IOException {
        airflowVersions(folder, "3.3.1");
        Path file = folder.resolve("test.yaml");
        String least = "company: acme\nregion: eu-central-1\nstate: {bucket: acme-state}\n";
        String storage = String.join("\n", lines).contains("storage:") ? "" : "storage: {bucket: acme-lake}\n";
        Files.writeString(file, least + storage + String.join("\n", lines) + "\n");
        return DeploymentLoader.load(folder, file);
    }

    /** Gives a project folder Amazon MWAA's packages for these versions of Airflow. */
    public static void airflowVersions(Path folder, String... versions) throws IOException {
        for (String version : versions) {
            Path constraints = folder.resolve("airflow/mwaa/" + version + "/constraints.txt");
            Files.createDirectories(constraints.getParent());
            Files.writeString(constraints, "Faker==37.12.0\n");
        }
    }

    /** The project's own pipeline table with the deployment's names. */
    public static PipelineTable pipeline(DeploymentConfig deployment) {
        return PipelineTableLoader.load(Path.of("").toAbsolutePath(), deployment);
    }

    /** The deployment as its constructs see it, in this project's folder. */
    public static Deployment place(DeploymentConfig config) {
        return place(config, pipeline(config));
    }

    /** The same with another pipeline table. */
    public static Deployment place(DeploymentConfig config, PipelineTable pipeline) {
        Arns arns = new Arns("aws", config.region(), "123456789012");
        return new Deployment(Path.of("").toAbsolutePath(), config, pipeline, arns, Optional.empty());
    }
}
