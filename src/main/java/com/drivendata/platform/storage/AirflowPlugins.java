package com.drivendata.platform.storage;

import com.drivendata.platform.config.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The environment's plugins archive: the project's own modules, which Airflow's triggerer has to import (the DAG folder
 * isn't on its path), and what the deployment adds, such as wheels.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-dag-import-plugins.html">Plugins of
 *     MWAA</a>
 */
final class AirflowPlugins {

    static final String FILE_NAME = "plugins.zip";

    private static final Path FOLDER = Path.of("airflow", "plugins");

    private AirflowPlugins() {}

    /** @param added the deployment's own archive, a path of the project */
    static byte[] zip(ProjectFiles files, Optional<Path> added) {
        SortedMap<String, byte[]> contents =
                files.contents(FOLDER, 1, file -> file.toString().endsWith(".py"));
        added.ifPresent(archive -> add(contents, archive, files.read(archive)));
        return ReproducibleZip.of(contents);
    }

    private static void add(Map<String, byte[]> contents, Path archive, byte[] bytes) {
        int entries = 0;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries++;
                if (!entry.isDirectory() && contents.put(entry.getName(), zip.readAllBytes()) != null) {
                    throw refused(archive, "has a file " + entry.getName() + ", which the project's plugins have too");
                }
            }
        } catch (IOException e) {
            throw refused(archive, "can't be read as a zip: " + e.getMessage());
        }
        if (entries == 0) {
            throw refused(archive, "isn't a zip, or an empty one");
        }
    }

    private static ConfigException refused(Path archive, String why) {
        return new ConfigException(List.of(ProjectFiles.label(archive) + ": " + why
                + "; it is orchestration.plugins_archive. docs/configuration.md, \"Workers without internet\", shows how"
                + " to build it"));
    }
}
