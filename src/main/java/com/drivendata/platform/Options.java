package com.drivendata.platform;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The command line: {@code [--out <dir>] [--config <dir>] [--stack <name>,<name>] [--named-files <file>]}.
 *
 * @param out where the stacks are written
 * @param config the folder of the deployment files
 * @param stacks the deployments to synthesise; all if empty
 * @param namedFiles where to list the project's files that the deployments name, one a line
 */
record Options(Path out, Path config, Set<String> stacks, Optional<Path> namedFiles) {

    static final String USAGE = "usage: synth [--out <dir>] [--config <dir>] [--stack <deployment>[,<deployment>...]]";

    /** @throws IllegalArgumentException if the arguments aren't as {@link #USAGE} says */
    static Options parse(String... args) {
        Path out = Path.of("cdktf.out");
        Path config = Path.of("config");
        Set<String> stacks = Set.of();
        Optional<Path> namedFiles = Optional.empty();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + ": a value is missing\n" + USAGE);
            }
            switch (args[i]) {
                case "--out" -> out = Path.of(args[i + 1]);
                case "--config" -> config = Path.of(args[i + 1]);
                case "--stack" -> stacks = new LinkedHashSet<>(List.of(args[i + 1].split(",")));
                case "--named-files" -> namedFiles = Optional.of(Path.of(args[i + 1]));
                default -> throw new IllegalArgumentException(args[i] + ": no such option\n" + USAGE);
            }
        }
        return new Options(out, config, stacks, namedFiles);
    }

    /** The deployments asked for, in the order given. */
    List<DeploymentConfig> select(List<DeploymentConfig> deployments) {
        List<String> known = deployments.stream().map(DeploymentConfig::name).toList();
        List<String> unknown = new ArrayList<>(stacks);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw new ConfigException(unknown.stream()
                    .map(name -> "--stack: \"%s\": must be one of the deployments in %s: %s"
                            .formatted(name, config.getFileName(), String.join(", ", known)))
                    .toList());
        }
        return deployments.stream()
                .filter(deployment -> stacks.isEmpty() || stacks.contains(deployment.name()))
                .toList();
    }
}
