package com.drivendata.platform.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The zip of the package that all Glue jobs share. The same files give the same bytes everywhere: sorted entries, one
 * fixed time, and no compression, because builds of zlib compress differently.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html">Python libraries
 *     of Glue jobs</a>
 */
final class GlueLibrary {

    static final String FILE_NAME = "driven_data_glue.zip";

    private static final Path FOLDER = Path.of("glue", "lib");

    /**
     * Not the format's first moment, 1980-01-01: for that one the JDK adds a time stamp in the time zone of the
     * machine.
     */
    private static final LocalDateTime FIXED_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

    private static final Set<String> NOT_SHIPPED = Set.of("__pycache__", "tests");

    private GlueLibrary() {}

    static byte[] zip(ProjectFiles files) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            List<Path> modules = files.list(FOLDER, Integer.MAX_VALUE, GlueLibrary::isShipped);
            for (Path module : modules) {
                add(zip, ProjectFiles.label(module), files.read(FOLDER.resolve(module)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Can't pack " + FILE_NAME, e);
        }
        return bytes.toByteArray();
    }

    private static boolean isShipped(Path file) {
        return StreamSupport.stream(file.spliterator(), false)
                .map(Path::toString)
                .noneMatch(part -> NOT_SHIPPED.contains(part) || part.startsWith(".") || part.endsWith(".pyc"));
    }

    private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(FIXED_TIME);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
