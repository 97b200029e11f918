package com.drivendata.platform.config.yaml;

/**
 * A key that a reader has asked for.
 *
 * @param names the shape of a map's keys; null for other forms
 * @param shape the shape of the value, or of each value of a list or map; null for sections
 * @param fallback what stands for the key when it is left out; null for nothing
 * @param about what the key means, in a sentence or two
 */
public record Key(Form form, Shape names, Shape shape, Object fallback, boolean required, String about) {

    public enum Form {
        VALUE,
        LIST,
        MAP,
        SECTION,
        SECTIONS
    }
}
