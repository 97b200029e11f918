package com.drivendata.platform.testing;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import com.drivendata.platform.pipeline.PipelineTableLoader;
import com.drivendata.platform.stack.PipelineStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.AppConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The stacks of all deployments of a project, synthesised as the program does it. */
public final class SynthesisedStacks {

    private final Path outdir;

    private SynthesisedStacks(Path outdir) {
        this.outdir = outdir;
    }

    /**
     * Synthesises them all.
     *
     * @param outdir a temporary folder of the test's
     */
    public static SynthesisedStacks of(Path projectRoot, Path outdir) {
        App app = new App(
                AppConfig.builder().outdir(outdir.toString()).stackTraces(false).build());
        for (DeploymentConfig deployment : DeploymentLoader.loadAll(projectRoot, projectRoot.resolve("config"))) {
            new PipelineStack(app, projectRoot, deployment, PipelineTableLoader.load(projectRoot, deployment));
        }
        app.synth();
        return new SynthesisedStacks(outdir);
    }

    /** The text of a deployment's {@code cdk.tf.json}. */
    public String text(String deployment) throws IOException {
        return Files.readString(outdir.resolve("stacks").resolve(deployment).resolve("cdk.tf.json"));
    }

    public JsonNode json(String deployment) throws IOException {
        return new ObjectMapper().readTree(text(deployment));
    }
}
