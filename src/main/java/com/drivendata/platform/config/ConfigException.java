package com.drivendata.platform.config;

import java.util.List;

/**
 * Input files that can't be used. Each problem is one line for the person who wrote the file: file and line, dotted
 * key, value, what is allowed.
 */
public final class ConfigException extends RuntimeException {

    private final transient List<String> problems;

    public ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    /** At least one, in the order of the files and of the lines in them. */
    public List<String> problems() {
        return problems;
    }
}
