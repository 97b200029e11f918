package com.drivendata.platform.storage;

import com.drivendata.platform.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Reads the project's files; a missing one is named, with its path from the project's root. */
record ProjectFiles(Path root) {

    byte[] read(Path file) {
        Path path = root.resolve(file);
        if (!Files.isRegularFile(path)) {
            throw new ConfigException(List.of(label(file) + ": no such file; the stack uploads it, so it must exist"));
        }
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException("Can't read " + label(file), e);
        }
    }

    /** The files below a folder by their paths from there, sorted; at least one. */
    SortedMap<String, byte[]> contents(Path folder, int depth, Predicate<Path> wanted) {
        SortedMap<String, byte[]> contents = new TreeMap<>();
        list(folder, depth, wanted).forEach(file -> contents.put(label(file), read(folder.resolve(file))));
        return contents;
    }

    private List<Path> list(Path folder, int depth, Predicate<Path> wanted) {
        Path start = root.resolve(folder);
        if (!Files.isDirectory(start)) {
            throw new ConfigException(List.of(label(folder) + ": no such folder; the stack uploads its files"));
        }
        List<Path> files;
        try (Stream<Path> paths = Files.walk(start, depth)) {
            files = paths.filter(Files::isRegularFile)
                    .map(start::relativize)
                    .filter(wanted)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Can't list " + label(folder), e);
        }
        if (files.isEmpty()) {
            throw new ConfigException(List.of(label(folder) + ": holds no file that the stack could upload"));
        }
        return files;
    }

    /** A path as it is written in messages, keys and archives on every platform. */
    static String label(Path file) {
        return file.toString().replace('\\', '/');
    }
}
