package com.drivendata.platform.config.yaml;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** The kinds of values that deployment files and the pipeline table are made of. */
public final class Kinds {

    private Kinds() {}

    /** Text that {@code parser} accepts. A number or boolean is refused: unquoted, YAML may have changed its digits. */
    public static <T> Kind<T> parsed(Function<String, T> parser) {
        return new Kind<>(
                node -> {
                    T value = parser.apply(node.getValue());
                    if (!node.getTag().equals(Tag.STR)) {
                        throw new IllegalArgumentException("must be text; put it in quotes");
                    }
                    return value;
                },
                Shape.TEXT);
    }

    /** Text of the given form, a regular expression of Java's and of JavaScript's; {@code allowed} says it in words. */
    public static Kind<String> text(String pattern, String allowed) {
        return text(Pattern.compile(pattern).asMatchPredicate(), allowed).shaped(Shape.text(pattern, allowed));
    }

    /** One of the given words. */
    public static Kind<String> oneOf(List<String> allowed) {
        return text(allowed::contains, "one of " + String.join(", ", allowed)).shaped(Shape.words(allowed));
    }

    private static Kind<String> text(Predicate<String> right, String allowed) {
        return parsed(text -> {
            if (!right.test(text)) {
                throw new IllegalArgumentException("must be " + allowed);
            }
            return text;
        });
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
        return scalar(
                // Only plain decimals: YAML would read 010 as 8 and 1:30 as 90.
                node -> node.getTag().equals(Tag.INT)
                        && node.getValue().matches("-?(0|[1-9][0-9]{0,8})")
                        && Integer.parseInt(node.getValue()) >= min
                        && Integer.parseInt(node.getValue()) <= max,
                Integer::valueOf,
                "must be a whole number from %d to %d".formatted(min, max),
                Shape.range("integer", min, max));
    }

    /** A number that names something and may have more digits than {@link #integer} reads, with or without quotes. */
    public static Kind<String> id(String message) {
        String form = "[1-9][0-9]{0,18}";
        return scalar(
                node -> node.getValue().matches(form),
                Function.identity(),
                message,
                new Shape(
                        Shape.ordered("type", List.of("integer", "string"), "pattern", "^" + form + "$"), "a number"));
    }

    /** One of the given whole numbers. */
    public static Kind<Integer> integerOf(List<Integer> allowed) {
        List<String> words = allowed.stream().map(Object::toString).toList();
        String all = String.join(", ", words);
        return scalar(
                node -> node.getTag().equals(Tag.INT) && words.contains(node.getValue()),
                Integer::valueOf,
                "must be one of " + all,
                new Shape(Shape.ordered("type", "integer", "enum", allowed), all));
    }

    /** A number from 0 to 1. */
    public static Kind<Double> share() {
        return scalar(
                node -> node.getValue().matches("0|1|0?\\.[0-9]+|1\\.0+")
                        && !node.getTag().equals(Tag.STR),
                Double::valueOf,
                "must be a number from 0 to 1",
                Shape.range("number", 0, 1));
    }

    /** A day, with or without quotes: {@code 2024-09-15}. */
    public static Kind<LocalDate> day() {
        return new Kind<>(
                node -> {
                    try {
                        return LocalDate.parse(node.getValue());
                    } catch (DateTimeParseException e) {
                        throw new IllegalArgumentException("must be a day, such as 2024-09-15", e);
                    }
                },
                new Shape(Shape.ordered("type", "string", "format", "date"), "a day, YYYY-MM-DD"));
    }

    public static Kind<Boolean> bool() {
        return scalar(
                node -> node.getTag().equals(Tag.BOOL) && node.getValue().matches("true|false"),
                Boolean::valueOf,
                "must be true or false",
                new Shape(Map.of("type", "boolean"), "true, false"));
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

    private static <T> Kind<T> scalar(
            Predicate<ScalarNode> right, Function<String, T> read, String refusal, Shape shape) {
        return new Kind<>(
                node -> {
                    if (!right.test(node)) {
                        throw new IllegalArgumentException(refusal);
                    }
                    return read.apply(node.getValue());
                },
                shape);
    }
}
