package com.drivendata.platform.storage;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * The zip of the package that all Glue jobs share.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html">Python libraries
 *     of Glue jobs</a>
 */
final class GlueLibrary {

    static final String FILE_NAME = "driven_data_glue.zip";

    private static final Path FOLDER = Path.of("glue", "lib");

    private static final Set<String> NOT_SHIPPED = Set.of("__pycache__", "tests");

    private GlueLibrary() {}

    static byte[] zip(ProjectFiles files) {
        return ReproducibleZip.of(files.contents(FOLDER, Integer.MAX_VALUE, GlueLibrary::isShipped));
    }

    private static boolean isShipped(Path file) {
        return StreamSupport.stream(file.spliterator(), false)
                .map(Path::toString)
                .noneMatch(part -> NOT_SHIPPED.contains(part) || part.startsWith(".") || part.endsWith(".pyc"));
    }
}
