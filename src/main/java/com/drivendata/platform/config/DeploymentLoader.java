package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.YamlDocument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Reads deployment files. Every method throws {@link ConfigException} with all problems of what it read. */
public final class DeploymentLoader {

    private static final String ENDING = ".yaml";

    private DeploymentLoader() {}

    /** All deployments of a folder, sorted by name; also refuses two that would take each other's resources. */
    public static List<DeploymentConfig> loadAll(Path projectRoot, Path folder) {
        List<String> problems = new ArrayList<>();
        Map<String, DeploymentConfig> deployments = new LinkedHashMap<>();
        List<Path> files = files(folder);
        if (files.isEmpty()) {
            problems.add(YamlDocument.label(projectRoot, folder) + ": no deployment file; must hold at least one <name>"
                    + ENDING);
        }
        for (Path file : files) {
            try {
                deployments.put(YamlDocument.label(projectRoot, file), load(projectRoot, file));
            } catch (ConfigException e) {
                problems.addAll(e.problems());
            }
        }
        problems.addAll(DeploymentConflicts.find(deployments));
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return List.copyOf(deployments.values());
    }

    /** One deployment. */
    public static DeploymentConfig load(Path projectRoot, Path file) {
        YamlDocument document = YamlDocument.load(projectRoot, file);
        DeploymentConfig config = read(document, file, projectRoot);
        document.finish();
        return config;
    }

    static DeploymentConfig read(YamlDocument document, Path file, Path projectRoot) {
        String name = file.getFileName().toString().replaceFirst("\\.ya?ml$", "");
        if (!name.matches("[a-z][a-z0-9-]{0,62}") || !file.toString().endsWith(ENDING)) {
            document.note("a deployment file's name must be lower-case letters, digits and -, ending in " + ENDING);
        }
        if (name.endsWith("-state")) {
            document.note("a deployment's name must not end in -state, as the stack of its state bucket does");
        }
        return DeploymentConfig.read(name, document.root(), projectRoot);
    }

    private static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            // .yml too: it is refused rather than passed over.
            return entries.filter(file -> file.toString().matches(".*\\.ya?ml"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
