package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forms of names in the pipeline table. */
final class Names {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([^}]*)}");

    private Names() {}

    /** Tables, columns and tasks: used in SQL, in paths and in Python without quotes. */
    static final Kind<String> IDENTIFIER =
            Kinds.text("[a-z][a-z0-9_]{0,127}", "a lower-case letter followed by lower-case letters, digits or _");

    static final Kind<String> PREFIX =
            Kinds.text("([a-z0-9._-]+/)+", "an S3 prefix of lower-case letters, ending in a slash, such as data/raw/");

    /** A name that may hold placeholders, which are replaced by the deployment's values. */
    static Kind<String> filled(Map<String, String> values) {
        UnaryOperator<String> fill = text -> {
            Matcher matcher = PLACEHOLDER.matcher(text);
            return matcher.replaceAll(match -> {
                String value = values.get(match.group(1));
                if (value == null) {
                    throw new IllegalArgumentException("must use no placeholder but ${prefix} and ${company}");
                }
                return Matcher.quoteReplacement(value);
            });
        };
        return Kinds.parsed(text -> {
            String name = fill.apply(text);
            if (!name.matches("[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")) {
                throw new IllegalArgumentException(
                        "must be letters, digits, '_' or '-', with ${prefix} or ${company} where wanted");
            }
            return name;
        });
    }
}
