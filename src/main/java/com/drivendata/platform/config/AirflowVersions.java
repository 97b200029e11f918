package com.drivendata.platform.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The versions of Airflow that an environment can have: those whose packages the project has from Amazon MWAA, in
 * {@code airflow/mwaa/<version>/constraints.txt}. Another version would install other packages than were tried here.
 */
final class AirflowVersions {

    private static final Path FOLDER = Path.of("airflow", "mwaa");

    private AirflowVersions() {}

    /** The newest first; empty where the folder holds none. */
    static List<String> in(Path projectRoot) {
        Path folder = projectRoot.resolve(FOLDER);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> Files.isRegularFile(entry.resolve("constraints.txt")))
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("[0-9]{1,3}(\\.[0-9]{1,3}){2}"))
                    .sorted(Comparator.comparing(Version::parse).reversed())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
