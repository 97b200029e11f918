package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.config.yaml.YamlDocument;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Deployment files for tests: the required keys, and what a test adds or replaces. */
public final class Deployments {

    private Deployments() {}

    /** A deployment named {@code acme} with nothing but the required keys. */
    public static DeploymentConfig minimal() {
        return with();
    }

    /**
     * The same with other keys.
     *
     * @param entries top-level keys, each followed by its value as YAML flow text; replace the required ones
     */
    public static DeploymentConfig with(String... entries) {
        return read("acme", Path.of(""), entries);
    }

    static DeploymentConfig read(String name, Path projectRoot, String... entries) {
        YamlDocument document = YamlDocument.parse("config/" + name + ".yaml", text(entries));
        DeploymentConfig config = DeploymentConfig.read(name, document.root(), projectRoot);
        document.finish();
        return config;
    }

    /** The problems of such a file, without the {@code config/acme.yaml:<line>: } that each begins with. */
    static List<String> problems(String... entries) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> with(entries));
        return e.problems().stream()
                .map(problem -> problem.replaceFirst("^config/acme\\.yaml(:\\d+)?: ", ""))
                .toList();
    }

    static String text(String... entries) {
        Map<String, String> document = new LinkedHashMap<>();
        document.put("company", "acme");
        document.put("region", "eu-central-1");
        document.put("state", "{bucket: acme-state}");
        document.put("storage", "{bucket: acme-data}");
        for (int i = 0; i < entries.length; i += 2) {
            document.put(entries[i], entries[i + 1]);
        }
        return document.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .collect(Collectors.joining("\n"));
    }
}
