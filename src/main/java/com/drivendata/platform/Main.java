package com.drivendata.platform;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.PipelineTableLoader;
import com.drivendata.platform.stack.PipelineStack;
import com.drivendata.platform.stack.StateBucketStack;
import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.AppConfig;
import com.hashicorp.cdktf.TerraformStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.jsii.JsiiException;

/** Turns every deployment file into one Terraform stack: {@code <out>/stacks/<deployment>/cdk.tf.json}. */
public final class Main {

    private Main() {}

    /** Runs in the project's root; {@code bin/synth} is the way to start it. Exits with 1 if there was a problem. */
    public static void main(String[] args) {
        try {
            synthesise(Path.of(""), Options.parse(args));
        } catch (RuntimeException e) {
            if (!isForTheUser(e)) {
                throw e;
            }
            System.err.println(readable(e));
            System.exit(1);
        }
    }

    static void synthesise(Path projectRoot, Options options) {
        // Any call starts node and loads CDKTF, which takes as long as reading the files.
        CompletableFuture<Void> node = CompletableFuture.runAsync(() -> TerraformStack.isStack(""));
        Map<DeploymentConfig, PipelineTable> deployments;
        try {
            deployments = read(projectRoot, options);
        } finally {
            node.exceptionally(failure -> null).join(); // what failed fails again below, with its message
        }
        try (SynthOutput output = SynthOutput.create(projectRoot.resolve(options.out()))) {
            // Stack traces would write this machine's paths into the output.
            App app = new App(AppConfig.builder()
                    .outdir(output.staging().toString())
                    .stackTraces(false)
                    .build());
            deployments.forEach((deployment, pipeline) -> {
                new PipelineStack(app, projectRoot, deployment, pipeline);
                new StateBucketStack(app, deployment);
            });
            app.synth();
            new RuleCheck(output.staging().resolve(SynthOutput.STACKS))
                    .check(List.copyOf(deployments.keySet()))
                    .forEach(line -> System.out.println("synth: " + line));
            output.publish(options.stacks().isEmpty());
            if (options.namedFiles().isPresent()) {
                Files.write(options.namedFiles().get(), namedFiles(deployments.keySet()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<DeploymentConfig, PipelineTable> read(Path projectRoot, Options options) {
        Map<DeploymentConfig, PipelineTable> pipelines = new LinkedHashMap<>();
        for (DeploymentConfig deployment :
                options.select(DeploymentLoader.loadAll(projectRoot, projectRoot.resolve(options.config())))) {
            pipelines.put(deployment, PipelineTableLoader.load(projectRoot, deployment));
        }
        return pipelines;
    }

    /** What a caller has to watch beside the project's source folders to know when the output changes. */
    private static List<String> namedFiles(Set<DeploymentConfig> deployments) {
        return deployments.stream()
                .flatMap(deployment -> Stream.of(
                        deployment.storage().batchFile(),
                        deployment.orchestration().pluginsArchive()))
                .flatMap(Optional::stream)
                .map(Path::toString)
                .distinct()
                .toList();
    }

    /**
     * Whether the message says what to do; a stack trace is for mistakes of our own, such as a NullPointerException.
     */
    private static boolean isForTheUser(RuntimeException e) {
        return e instanceof ConfigException
                || e instanceof IllegalArgumentException
                || e instanceof UncheckedIOException
                || e instanceof JsiiException
                // What jsii makes of an error that CDKTF throws in node, such as a failed validation.
                || e.getClass().equals(RuntimeException.class);
    }

    /** The message without what jsii appends to errors raised in node: the message again and the stack trace. */
    static String readable(RuntimeException e) {
        return String.valueOf(e.getMessage())
                .lines()
                .takeWhile(line -> !line.matches("\\s+at .*|@jsii/kernel\\..*"))
                .collect(Collectors.joining("\n"));
    }
}
