package com.drivendata.platform.config.yaml;

import java.util.function.Consumer;
import java.util.function.Function;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * What a value may be.
 *
 * @param parser throws {@link IllegalArgumentException}; its message completes the sentence that begins with the value:
 *     "must be …"
 * @param shape the same for editors and for the documentation
 */
public record Kind<T>(Function<ScalarNode, T> parser, Shape shape) {

    /** What it says of a value that nothing allows, so that its words stand in one place. */
    String refusal() {
        try {
            T unused = parser.apply(new ScalarNode(Tag.STR, "", null, null, DumperOptions.ScalarStyle.PLAIN));
            return "must be given";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** The same kind, told in other words than it has of itself. */
    public Kind<T> allowed(String words) {
        return shaped(new Shape(shape.schema(), words));
    }

    /** The same kind without those of its values that {@code refuse} throws an IllegalArgumentException for. */
    public Kind<T> but(Consumer<T> refuse) {
        return as(value -> {
            refuse.accept(value);
            return value;
        });
    }

    /** The same kind, its values turned into others. */
    public <U> Kind<U> as(Function<T, U> convert) {
        return new Kind<>(parser.andThen(convert), shape);
    }

    /** The same kind, described by this shape. */
    public Kind<T> shaped(Shape shape) {
        return new Kind<>(parser, shape);
    }
}
