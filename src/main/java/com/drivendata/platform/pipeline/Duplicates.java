package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.YamlSection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Notes names that a list holds more than once. */
final class Duplicates {

    private Duplicates() {}

    /** @param what the sort of name, for the message */
    static void note(YamlSection section, String key, String what, Stream<String> names) {
        Set<String> seen = new HashSet<>();
        names.filter(Objects::nonNull)
                .filter(name -> !seen.add(name))
                .distinct()
                .forEach(name -> section.note(key, "%s \"%s\" is given twice".formatted(what, name)));
    }
}
