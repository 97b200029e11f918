package com.drivendata.platform.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlueLibraryTest {

    @TempDir
    private Path project;

    @BeforeEach
    void writeLibrary() throws IOException {
        write("driven_data_glue/rules.py", "rules");
        write("driven_data_glue/__init__.py", "");
        write("driven_data_glue/sub/deep.py", "deep");
        write("driven_data_glue/__pycache__/rules.cpython-311.pyc", "compiled");
        write("driven_data_glue/tests/test_rules.py", "test");
        write(".hidden", "hidden");
    }

    private void write(String file, String text) throws IOException {
        Path path = project.resolve("glue/lib").resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private byte[] zip() {
        return GlueLibrary.zip(new ProjectFiles(project));
    }

    @Test
    void packsTheModulesAndNothingElse() throws IOException {
        List<String> names = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(zip()))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                names.add(entry.getName());
            }
        }

        assertThat(names)
                .containsExactly(
                        "driven_data_glue/__init__.py", "driven_data_glue/rules.py", "driven_data_glue/sub/deep.py");
    }

    @Test
    void givesTheSameBytesWhateverTheTimesAndTheTimeZone() throws IOException {
        String before = Sha256.of(zip());
        Files.setLastModifiedTime(
                project.resolve("glue/lib/driven_data_glue/rules.py"),
                FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
        TimeZone zone = TimeZone.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));
            assertThat(Sha256.of(zip())).isEqualTo(before);
        } finally {
            TimeZone.setDefault(zone);
        }
    }

    @Test
    void changesWithAModule() throws IOException {
        String before = Sha256.of(zip());
        write("driven_data_glue/rules.py", "other");

        assertThat(Sha256.of(zip())).isNotEqualTo(before);
    }
}
