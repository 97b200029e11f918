package com.drivendata.platform.storage;

import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.TerraformStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * Files that travel with a synthesised stack: {@code assets/} beside its {@code cdk.tf.json}, laid out as in the
 * bucket. Terraform finds them by {@code path.module}, so the output is the same from every directory and a copy of it
 * works anywhere. CDKTF's own {@code TerraformAsset} copies existing files only; most of these are made at synth.
 */
final class StackAssets {

    private static final String FOLDER = "assets";

    private final Path folder;

    /** Starts with an empty folder: a file that the project no longer has must not stay behind. */
    StackAssets(Construct scope) {
        App app = App.of(scope);
        String stackFolder =
                app.getManifest().forStack(TerraformStack.of(scope)).getWorkingDirectory();
        folder = Path.of(app.getOutdir(), stackFolder, FOLDER);
        try {
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("Can't empty " + folder + "; remove it and synthesise again", e);
        }
    }

    /** Writes a file and returns its address for Terraform. */
    String write(String name, byte[] content) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException("Can't write " + file, e);
        }
        return "${path.module}/" + FOLDER + "/" + name;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> paths = Files.walk(folder)) {
            deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }
}
