package com.drivendata.platform.config.yaml;

import com.drivendata.platform.config.ConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with one file, collected while it is read. */
final class Problems {

    /** The line of a problem that belongs to no line, such as a missing key of the top level. */
    static final int NO_LINE = 0;

    private record Problem(int line, String text) {}

    private final String file;
    private final List<Problem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void add(int line, String key, String text) {
        String place = line == NO_LINE ? file : file + ":" + line;
        found.add(new Problem(line, place + ": " + (key.isEmpty() ? text : key + ": " + text)));
    }

    /** Throws all problems, in the order of their lines, if there are any. */
    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigException(found.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(Problem::text)
                    .toList());
        }
    }
}
