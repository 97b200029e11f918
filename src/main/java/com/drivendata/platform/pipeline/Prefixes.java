package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.YamlSection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The S3 prefixes of the data lake, each ending in a slash; none lies in another. */
public record Prefixes(
        String raw,
        String incoming,
        String clean,
        String staging,
        String trusted,
        String quarantine,
        String metrics,
        String scratch,
        String erasure,
        String athenaResults) {

    static Prefixes read(YamlSection section) {
        Prefixes prefixes = new Prefixes(
                section.required("raw", Names.PREFIX),
                section.required("incoming", Names.PREFIX),
                section.required("clean", Names.PREFIX),
                section.required("staging", Names.PREFIX),
                section.required("trusted", Names.PREFIX),
                section.required("quarantine", Names.PREFIX),
                section.required("metrics", Names.PREFIX),
                section.required("scratch", Names.PREFIX),
                section.required("erasure", Names.PREFIX),
                section.required("athena_results", Names.PREFIX));
        prefixes.noteOverlaps(section);
        return prefixes;
    }

    /** By the keys of the pipeline table, in its order. */
    public Map<String, String> byName() {
        Map<String, String> byName = new LinkedHashMap<>();
        byName.put("raw", raw);
        byName.put("incoming", incoming);
        byName.put("clean", clean);
        byName.put("staging", staging);
        byName.put("trusted", trusted);
        byName.put("quarantine", quarantine);
        byName.put("metrics", metrics);
        byName.put("scratch", scratch);
        byName.put("erasure", erasure);
        byName.put("athena_results", athenaResults);
        return byName;
    }

    /** A prefix in another would be crawled, or expire, with it. */
    private void noteOverlaps(YamlSection section) {
        byName().forEach((key, prefix) -> byName().forEach((otherKey, other) -> {
            if (!key.equals(otherKey) && prefix != null && other != null && prefix.startsWith(other)) {
                section.note(key, "\"%s\": must not lie in %s, \"%s\"".formatted(prefix, otherKey, other));
            }
        }));
    }
}
