package com.drivendata.platform;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.Suppression;
import com.drivendata.platform.rules.Finding;
import com.drivendata.platform.rules.RulePack;
import com.drivendata.platform.rules.SynthesisedStack;
import com.drivendata.platform.stack.StateBucketStack;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Holds the synthesised stacks of a deployment to the rules, but for what it suppresses. What is suppressed is listed
 * beside each stack, in {@code suppressed.json}, for the summary of its plan.
 *
 * @param stacks the folder of the synthesised stacks
 */
record RuleCheck(Path stacks) {

    static final String SUPPRESSED_FILE = "suppressed.json";

    /** A row of the file. */
    private record Suppressed(String expires, String reason, String resource, String rule, String what) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * Checks them all.
     *
     * @return a line for each finding that is suppressed
     * @throws ConfigException with every finding that isn't, and every suppression that nothing needs
     */
    List<String> check(List<DeploymentConfig> deployments) throws IOException {
        List<String> problems = new ArrayList<>();
        List<String> suppressed = new ArrayList<>();
        for (DeploymentConfig deployment : deployments) {
            Set<Suppression> used = new LinkedHashSet<>();
            for (String name : List.of(deployment.name(), deployment.name() + StateBucketStack.SUFFIX)) {
                Path folder = stacks.resolve(name);
                List<Suppressed> listed = new ArrayList<>();
                for (Finding finding : findings(folder)) {
                    Optional<Suppression> covering = deployment.suppressions().stream()
                            .filter(suppression -> suppression.covers(finding))
                            .findFirst();
                    if (covering.isEmpty()) {
                        problems.add(name + ": " + finding);
                        continue;
                    }
                    Suppression suppression = covering.get();
                    used.add(suppression);
                    Suppressed row = new Suppressed(
                            suppression.expires().toString(),
                            suppression.reason(),
                            finding.resource(),
                            suppression.rule(),
                            finding.what());
                    listed.add(row);
                    suppressed.add("%s: %s: %s, suppressed until %s: %s"
                            .formatted(name, row.resource(), row.rule(), row.expires(), row.reason()));
                }
                Files.writeString(
                        folder.resolve(SUPPRESSED_FILE),
                        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(listed) + "\n");
            }
            deployment.suppressions().stream()
                    .filter(suppression -> !used.contains(suppression) && !suppression.ofCheckov())
                    .map(suppression -> "%s: suppressions: \"%s\": nothing breaks the rule%s; take the suppression out"
                            .formatted(
                                    deployment.name(),
                                    suppression.rule(),
                                    suppression.resource().map(" at "::concat).orElse("")))
                    .forEach(problems::add);
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return suppressed;
    }

    private static List<Finding> findings(Path folder) throws IOException {
        return RulePack.findings(SynthesisedStack.of(Files.readString(folder.resolve(SynthOutput.STACK_FILE))));
    }
}
