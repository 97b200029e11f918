package com.drivendata.platform.config.yaml;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * What a value may be. {@code parse} throws {@link IllegalArgumentException}; its message completes the sentence that
 * begins with the value: "must be …".
 */
@FunctionalInterface
public interface Kind<T> {

    T parse(ScalarNode node);

    /** Text that {@code parser} accepts. A number or boolean is refused: unquoted, YAML may have changed its digits. */
    static <T> Kind<T> parsed(Function<String, T> parser) {
        return node -> {
            T value = parser.apply(node.getValue());
            if (!node.getTag().equals(Tag.STR)) {
                throw new IllegalArgumentException("must be text; put it in quotes");
            }
            return value;
        };
    }

    /** Text of the given form; {@code allowed} describes the form in words. */
    static Kind<String> text(String pattern, String allowed) {
        Pattern compiled = Pattern.compile(pattern);
        return parsed(text -> {
            if (!compiled.matcher(text).matches()) {
                throw new IllegalArgumentException("must be " + allowed);
            }
            return text;
        });
    }

    /** One of the given words. */
    static Kind<String> oneOf(List<String> allowed) {
        return parsed(text -> {
            if (!allowed.contains(text)) {
                throw new IllegalArgumentException("must be one of " + String.join(", ", allowed));
            }
            return text;
        });
    }

    /** A constant of the enum, written in lower case with {@code separator} for the underscore. */
    static <E extends Enum<E>> Kind<E> constant(Class<E> type, String separator) {
        return constant(List.of(type.getEnumConstants()), separator);
    }

    /** One of some of an enum's constants, written the same way. */
    static <E extends Enum<E>> Kind<E> constant(List<E> constants, String separator) {
        Function<E, String> word =
                constant -> constant.name().toLowerCase(Locale.ROOT).replace("_", separator);
        Kind<String> words = oneOf(constants.stream().map(word).toList());
        return node -> {
            String text = words.parse(node);
            return constants.stream()
                    .filter(constant -> word.apply(constant).equals(text))
                    .findFirst()
                    .orElseThrow();
        };
    }

    /** A whole number from {@code min} to {@code max}. */
    static Kind<Integer> integer(int min, int max) {
        return node -> {
            // Only plain decimals: YAML would read 010 as 8 and 1:30 as 90.
            if (node.getTag().equals(Tag.INT) && node.getValue().matches("-?(0|[1-9][0-9]{0,8})")) {
                int number = Integer.parseInt(node.getValue());
                if (number >= min && number <= max) {
                    return number;
                }
            }
            throw new IllegalArgumentException("must be a whole number from %d to %d".formatted(min, max));
        };
    }

    /** One of the given whole numbers. */
    static Kind<Integer> integerOf(Integer... allowed) {
        List<Integer> numbers = List.of(allowed);
        return node -> {
            if (node.getTag().equals(Tag.INT)
                    && numbers.stream().anyMatch(n -> node.getValue().equals(n.toString()))) {
                return Integer.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be one of "
                    + String.join(
                            ", ", Arrays.stream(allowed).map(Object::toString).toList()));
        };
    }

    /** A number from 0 to 1. */
    static Kind<Double> share() {
        return node -> {
            if (node.getValue().matches("0|1|0?\\.[0-9]+|1\\.0+")
                    && !node.getTag().equals(Tag.STR)) {
                return Double.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be a number from 0 to 1");
        };
    }

    static Kind<Boolean> bool() {
        return node -> {
            if (node.getTag().equals(Tag.BOOL) && node.getValue().matches("true|false")) {
                return Boolean.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be true or false");
        };
    }

    /** An existing file of the project, given and returned as a path from the project's root. */
    static Kind<Path> projectFile(Path projectRoot, String ending) {
        return parsed(text -> {
            try {
                Path path = Path.of(text).normalize();
                if (path.isAbsolute() || path.startsWith("..") || !text.endsWith(ending)) {
                    String what = ending.isEmpty() ? "a file" : "a " + ending + " file";
                    throw new IllegalArgumentException(
                            "must be " + what + " inside the project, as a path from its root");
                }
                if (!Files.isRegularFile(projectRoot.resolve(path))) {
                    throw new IllegalArgumentException("no such file; the path starts at the project's root");
                }
                return path;
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("must be a path", e);
            }
        });
    }
}
