package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.fail;

import com.drivendata.platform.testing.SynthesisedStacks;
import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code main.tf.json.snapshot} is what the driven-data deployment synthesises to, so that a review shows what a change
 * does to the infrastructure. {@code make snapshot} renews it.
 */
class SnapshotTest {

    private static final Path SNAPSHOT = Path.of("main.tf.json.snapshot");
    private static final int CONTEXT_LINES = 3;

    @Test
    void isWhatTheProjectSynthesisesTo(@TempDir Path out) throws IOException {
        String synthesised =
                SynthesisedStacks.of(Path.of("").toAbsolutePath(), out).text("driven-data");
        if (!Files.exists(SNAPSHOT)) {
            fail("%s is missing. Run make snapshot and commit it.", SNAPSHOT);
        }
        String snapshot = Files.readString(SNAPSHOT);
        if (!synthesised.equals(snapshot)) {
            fail(
                    "The synthesised stack differs from %s.%nIf that is meant, run make snapshot and commit it.%n%n%s",
                    SNAPSHOT, diff(snapshot, synthesised));
        }
    }

    private static String diff(String snapshot, String synthesised) {
        // Split, not lines(): a difference at the end of the file shows as well.
        List<String> before = List.of(snapshot.split("\n", -1));
        List<String> after = List.of(synthesised.split("\n", -1));
        return String.join(
                "\n",
                UnifiedDiffUtils.generateUnifiedDiff(
                        SNAPSHOT.toString(),
                        "cdktf.out/stacks/driven-data/cdk.tf.json",
                        before,
                        DiffUtils.diff(before, after),
                        CONTEXT_LINES));
    }
}
