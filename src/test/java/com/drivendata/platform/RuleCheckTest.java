package com.drivendata.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.testing.SampleProject;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What synth does about a rule that a deployment breaks. */
class RuleCheckTest {

    private static final String SUPPRESSED = """
            suppressions:
              - {rule: bucket-versioning, resource: aws_s3_bucket.data_lake, reason: as before, expires: 2999-12-31}
            """;

    @TempDir
    private Path project;

    @TempDir
    private Path out;

    @BeforeEach
    void makeProject() throws IOException {
        SampleProject.in(project);
        Files.delete(project.resolve("config/driven-data.yaml"));
        Files.delete(project.resolve("config/lead-data.yaml"));
    }

    @Test
    void endsSynthAndLeavesTheLastGoodOutput() throws IOException {
        synthesise(true, "");
        String good = stack("cdk.tf.json");

        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> synthesise(false, ""));

        assertThat(refused.problems())
                .singleElement()
                .asString()
                .startsWith("acme: aws_s3_bucket.data_lake: bucket-versioning: it keeps no versions. ")
                .endsWith(" Leave storage.versioning out. Or name the rule, with a reason and a last day, under"
                        + " suppressions.");
        assertThat(stack("cdk.tf.json")).isEqualTo(good);
    }

    @Test
    void isListedWhereItIsSuppressed() throws IOException {
        synthesise(false, SUPPRESSED);

        JsonNode listed = new ObjectMapper().readTree(stack("suppressed.json"));
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0).path("rule").asText()).isEqualTo("bucket-versioning");
        assertThat(listed.get(0).path("resource").asText()).isEqualTo("aws_s3_bucket.data_lake");
        assertThat(listed.get(0).path("what").asText()).isEqualTo("keeps no versions");
        assertThat(listed.get(0).path("reason").asText()).isEqualTo("as before");
        assertThat(listed.get(0).path("expires").asText()).isEqualTo("2999-12-31");
    }

    @Test
    void refusesASuppressionThatNothingNeeds() {
        assertThat(catchThrowableOfType(ConfigException.class, () -> synthesise(true, SUPPRESSED))
                        .problems())
                .containsExactly("acme: suppressions: \"bucket-versioning\": nothing breaks the rule at"
                        + " aws_s3_bucket.data_lake; take the suppression out");
    }

    private void synthesise(boolean versioning, String more) throws IOException {
        Files.writeString(project.resolve("config/acme.yaml"), """
                company: acme
                region: eu-central-1
                state: {bucket: acme-state}
                storage: {bucket: acme-lake, versioning: %s}
                """.formatted(versioning) + more);
        Main.synthesise(project, Options.parse("--out", out.toString()));
    }

    private String stack(String file) throws IOException {
        return Files.readString(out.resolve("stacks/acme").resolve(file));
    }
}
