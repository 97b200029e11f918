package com.drivendata.platform.config.yaml;

import java.util.function.Consumer;
import java.util.function.Function;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * What a value may be. {@code parse} throws {@link IllegalArgumentException}; its message completes the sentence that
 * begins with the value: "must be …".
 */
@FunctionalInterface
public interface Kind<T> {

    T parse(ScalarNode node);

    /** What it says of a value that nothing allows, so that its words stand in one place. */
    default String refusal() {
        try {
            parse(new ScalarNode(Tag.STR, "", null, null, DumperOptions.ScalarStyle.PLAIN));
            return "must be given";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** The same for editors and for the documentation. */
    default Shape shape() {
        return Shape.TEXT;
    }

    /** The same kind, told in other words than it has of itself. */
    default Kind<T> allowed(String words) {
        return shaped(new Shape(shape().schema(), words));
    }

    /** The same kind without those of its values that {@code refuse} throws an IllegalArgumentException for. */
    default Kind<T> but(Consumer<T> refuse) {
        return as(value -> {
            refuse.accept(value);
            return value;
        });
    }

    /** The same kind, its values turned into others. */
    default <U> Kind<U> as(Function<T, U> convert) {
        Kind<U> kind = node -> convert.apply(parse(node));
        return kind.shaped(shape());
    }

    /** The same kind, described by this shape. */
    default Kind<T> shaped(Shape shape) {
        Kind<T> kind = this;
        return new Kind<>() {
            @Override
            public T parse(ScalarNode node) {
                return kind.parse(node);
            }

            @Override
            public Shape shape() {
                return shape;
            }
        };
    }
}
