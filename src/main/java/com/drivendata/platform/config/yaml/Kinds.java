package com.drivendata.platform.config.yaml;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.nodes.Tag;

/** The kinds of values that deployment files and the pipeline table are made of. */
public final class Kinds {

    private Kinds() {}

    /** Text that {@code parser} accepts. A number or boolean is refused: unquoted, YAML may have changed its digits. */
    public static <T> Kind<T> parsed(Function<String, T> parser) {
        return node -> {
            T value = parser.apply(node.getValue());
            if (!node.getTag().equals(Tag.STR)) {
                throw new IllegalArgumentException("must be text; put it in quotes");
            }
            return value;
        };
    }

    /** Text of the given form, a regular expression of Java's and of JavaScript's; {@code allowed} says it in words. */
    public static Kind<String> text(String pattern, String allowed) {
        Pattern compiled = Pattern.compile(pattern);
        Kind<String> kind = parsed(text -> {
            if (!compiled.matcher(text).matches()) {
                throw new IllegalArgumentException("must be " + allowed);
            }
            return text;
        });
        return kind.shaped(Shape.text(pattern, allowed));
    }

    /** One of the given words. */
    public static Kind<String> oneOf(List<String> allowed) {
        Kind<String> kind = parsed(text -> {
            if (!allowed.contains(text)) {
                throw new IllegalArgumentException("must be one of " + String.join(", ", allowed));
            }
            return text;
        });
        return kind.shaped(Shape.words(allowed));
    }

    /** A constant of the enum, written in lower case with {@code separator} for the underscore. */
    public static <E extends Enum<E>> Kind<E> constant(Class<E> type, String separator) {
        return constant(List.of(type.getEnumConstants()), separator);
    }

    /** One of some of an enum's constants, written the same way. */
    public static <E extends Enum<E>> Kind<E> constant(List<E> constants, String separator) {
        List<String> words = constants.stream()
                .map(constant -> constant.name().toLowerCase(Locale.ROOT).replace("_", separator))
                .toList();
        return oneOf(words).as(word -> constants.get(words.indexOf(word)));
    }

    /** A whole number from {@code min} to {@code max}. */
    public static Kind<Integer> integer(int min, int max) {
        Kind<Integer> kind = node -> {
            // Only plain decimals: YAML would read 010 as 8 and 1:30 as 90.
            if (node.getTag().equals(Tag.INT) && node.getValue().matches("-?(0|[1-9][0-9]{0,8})")) {
                int number = Integer.parseInt(node.getValue());
                if (number >= min && number <= max) {
                    return number;
                }
            }
            throw new IllegalArgumentException("must be a whole number from %d to %d".formatted(min, max));
        };
        return kind.shaped(Shape.range("integer", min, max));
    }

    /** A number that names something and may have more digits than {@link #integer} reads, with or without quotes. */
    public static Kind<String> id(String message) {
        Kind<String> kind = node -> {
            if (!node.getValue().matches("[1-9][0-9]{0,18}")) {
                throw new IllegalArgumentException(message);
            }
            return node.getValue();
        };
        return kind.shaped(new Shape(
                Shape.ordered("type", List.of("integer", "string"), "pattern", "^[1-9][0-9]{0,18}$"), "a number"));
    }

    /** One of the given whole numbers. */
    public static Kind<Integer> integerOf(Integer... allowed) {
        List<Integer> numbers = List.of(allowed);
        Kind<Integer> kind = node -> {
            if (node.getTag().equals(Tag.INT)
                    && numbers.stream().anyMatch(n -> node.getValue().equals(n.toString()))) {
                return Integer.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be one of "
                    + String.join(
                            ", ", Arrays.stream(allowed).map(Object::toString).toList()));
        };
        return kind.shaped(new Shape(
                Shape.ordered("type", "integer", "enum", numbers),
                numbers.stream().map(Object::toString).collect(Collectors.joining(", "))));
    }

    /** A number from 0 to 1. */
    public static Kind<Double> share() {
        Kind<Double> kind = node -> {
            if (node.getValue().matches("0|1|0?\\.[0-9]+|1\\.0+")
                    && !node.getTag().equals(Tag.STR)) {
                return Double.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be a number from 0 to 1");
        };
        return kind.shaped(Shape.range("number", 0, 1));
    }

    /** A day, with or without quotes: {@code 2024-09-15}. */
    public static Kind<LocalDate> day() {
        Kind<LocalDate> kind = node -> {
            try {
                return LocalDate.parse(node.getValue());
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("must be a day, such as 2024-09-15", e);
            }
        };
        return kind.shaped(new Shape(Shape.ordered("type", "string", "format", "date"), "a day, YYYY-MM-DD"));
    }

    public static Kind<Boolean> bool() {
        Kind<Boolean> kind = node -> {
            if (node.getTag().equals(Tag.BOOL) && node.getValue().matches("true|false")) {
                return Boolean.valueOf(node.getValue());
            }
            throw new IllegalArgumentException("must be true or false");
        };
        return kind.shaped(new Shape(Map.of("type", "boolean"), "true, false"));
    }

    /** An existing file of the project, given and returned as a path from the project's root. */
    public static Kind<Path> projectFile(Path projectRoot, String ending) {
        Kind<Path> kind = parsed(text -> {
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
        return kind.allowed(ending.isEmpty() ? "a file of the project" : "a " + ending + " file of the project");
    }
}
