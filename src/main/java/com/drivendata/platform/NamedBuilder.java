package com.drivendata.platform;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives a construct's record of props a builder that asks for each of them by its name, in their order: a caller that
 * leaves one out, or mixes two up, doesn't compile.
 *
 * @see <a href="https://github.com/Randgalt/record-builder/blob/master/options.md">RecordBuilder's options</a>
 */
@RecordBuilder.Template(
        options =
                @RecordBuilder.Options(
                        builderMode = RecordBuilder.BuilderMode.STAGED,
                        enableGetters = false,
                        enableWither = false))
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.TYPE)
@Inherited
public @interface NamedBuilder {}
