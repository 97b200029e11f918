package com.drivendata.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of the synthesised stacks. A run writes beside it and moves the result in at its end, so that a run that
 * fails or is killed leaves the last good output, and no file of an earlier run stays among the new ones. What
 * Terraform keeps in a stack's folder ({@code .terraform} and the like) isn't touched.
 *
 * @param out the folder that readers use
 * @param staging where this run writes
 */
record SynthOutput(Path out, Path staging) implements AutoCloseable {

    static final String STACK_FILE = "cdk.tf.json";
    static final String STACKS = "stacks";
    private static final String ASSETS = "assets";

    static SynthOutput create(Path out) throws IOException {
        Path absolute = out.toAbsolutePath().normalize();
        Files.createDirectories(absolute);
        return new SynthOutput(absolute, Files.createTempDirectory(absolute, ".staging-"));
    }

    /** @param complete whether this run synthesised all deployments: then stacks that it didn't write are removed */
    void publish(boolean complete) throws IOException {
        List<String> written = list(staging.resolve(STACKS));
        for (String stack : list(out.resolve(STACKS))) {
            Path folder = out.resolve(STACKS).resolve(stack);
            if (complete && !written.contains(stack) && Files.exists(folder.resolve(STACK_FILE))) {
                delete(folder);
            }
        }
        for (String stack : written) {
            publishStack(
                    staging.resolve(STACKS).resolve(stack), out.resolve(STACKS).resolve(stack));
        }
        Path manifest = Path.of("manifest.json");
        Files.move(staging.resolve(manifest), out.resolve(manifest), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Removes what this run left in the staging folder. */
    @Override
    public void close() throws IOException {
        delete(staging);
    }

    private static void publishStack(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        delete(to.resolve(ASSETS));
        for (String entry : list(from)) {
            Files.move(from.resolve(entry), to.resolve(entry), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static List<String> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(path)) {
            for (Path entry : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
