package com.drivendata.platform.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.testing.SampleProject;
import com.drivendata.platform.testing.SynthesisedStacks;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same inputs give the same bytes, wherever the project lies. */
class StabilityTest {

    @Test
    void sameBytesFromEveryFolder(
            @TempDir Path project,
            @TempDir Path copy,
            @TempDir Path out,
            @TempDir Path outAgain,
            @TempDir Path outOfCopy)
            throws IOException {
        SampleProject.in(project);
        SampleProject.in(copy);

        SynthesisedStacks first = SynthesisedStacks.of(project, out);
        SynthesisedStacks again = SynthesisedStacks.of(project, outAgain);
        SynthesisedStacks elsewhere = SynthesisedStacks.of(copy, outOfCopy);

        for (String deployment : new String[] {"driven-data", "lead-data"}) {
            String text = first.text(deployment);
            assertThat(again.text(deployment)).isEqualTo(text);
            assertThat(elsewhere.text(deployment)).isEqualTo(text);
            assertThat(text)
                    .doesNotContain(project.toString())
                    .doesNotContain(out.toString())
                    .doesNotContain(Path.of("").toAbsolutePath().toString())
                    .doesNotContain(System.getProperty("user.home") + "/");
        }
    }
}
