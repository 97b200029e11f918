package com.drivendata.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthOutputTest {

    @TempDir
    private Path out;

    @Test
    void replacesTheLastOutputWhole() throws IOException {
        synthesise(true, "acme/cdk.tf.json", "acme/assets/a/1/x", "gone/cdk.tf.json");
        Files.createDirectories(out.resolve("stacks/acme/.terraform"));
        Files.writeString(out.resolve("stacks/acme/.terraform.lock.hcl"), "Terraform's own");

        synthesise(true, "acme/cdk.tf.json", "acme/assets/a/2/x");

        assertThat(files())
                .containsExactly(
                        "manifest.json",
                        "stacks/acme/.terraform.lock.hcl",
                        "stacks/acme/assets/a/2/x",
                        "stacks/acme/cdk.tf.json");
        assertThat(out.resolve("stacks/acme/.terraform")).isDirectory();
    }

    @Test
    void keepsOtherStacksWhenOnlySomeWereAskedFor() throws IOException {
        synthesise(true, "acme/cdk.tf.json", "other/cdk.tf.json");
        synthesise(false, "acme/cdk.tf.json");
        assertThat(files()).contains("stacks/other/cdk.tf.json");
    }

    @Test
    void leavesTheLastOutputWhenARunFails() throws IOException {
        synthesise(true, "acme/cdk.tf.json");
        SynthOutput failing = SynthOutput.create(out);
        Files.createDirectories(failing.staging().resolve("stacks/acme"));
        failing.close();
        assertThat(files()).containsExactly("manifest.json", "stacks/acme/cdk.tf.json");
    }

    private void synthesise(boolean complete, String... stackFiles) throws IOException {
        SynthOutput output = SynthOutput.create(out);
        Files.writeString(output.staging().resolve("manifest.json"), "{}");
        for (String file : stackFiles) {
            Path path = output.staging().resolve("stacks").resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, file);
        }
        output.publish(complete);
        output.close();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> tree = Files.walk(out)) {
            return tree.filter(Files::isRegularFile)
                    .map(file -> out.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}
