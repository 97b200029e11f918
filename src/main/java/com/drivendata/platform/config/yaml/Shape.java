package com.drivendata.platform.config.yaml;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a value may be, for editors and readers.
 *
 * @param schema the words of JSON Schema
 * @param allowed the same for people: {@code 1 to 365}
 */
public record Shape(Map<String, Object> schema, String allowed) {

    static final Shape TEXT = new Shape(Map.of("type", "string"), "text");

    static Shape text(String pattern, String allowed) {
        return new Shape(ordered("type", "string", "pattern", "^(?:" + pattern + ")$"), allowed);
    }

    static Shape words(List<String> words) {
        return new Shape(Map.of("enum", words), String.join(", ", words));
    }

    static Shape range(String type, int min, int max) {
        return new Shape(ordered("type", type, "minimum", min, "maximum", max), min + " to " + max);
    }

    static Map<String, Object> ordered(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }
}
