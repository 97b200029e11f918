package com.drivendata.platform.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.drivendata.platform.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTemplateTest {

    private static final Map<String, List<String>> VALUES =
            Map.of("account", List.of("123"), "jobs", List.of("a", "b"), "none", List.of());

    @TempDir
    private Path project;

    private String fill(String template) throws IOException {
        Files.writeString(project.resolve("policy.json"), template);
        return PolicyTemplate.fill(project, "policy.json", VALUES);
    }

    @Test
    void fillsStringsAtEveryDepth() throws IOException {
        assertThat(fill("{\"a\": {\"b\": \"x:${account}:y:${account}\"}, \"c\": [1, true, {\"d\": \"${account}\"}]}"))
                .isEqualTo("{\"a\":{\"b\":\"x:123:y:123\"},\"c\":[1,true,{\"d\":\"123\"}]}");
    }

    @Test
    void makesOneListElementForEachValue() throws IOException {
        assertThat(fill("{\"r\": [\"first\", \"${account}/${jobs}/*\", \"last\"]}"))
                .isEqualTo("{\"r\":[\"first\",\"123/a/*\",\"123/b/*\",\"last\"]}");
        assertThat(fill("[\"${none}\"]")).isEqualTo("[]");
    }

    @Test
    void leavesOutAStatementThatIsLeftWithoutResources() throws IOException {
        assertThat(fill("{\"s\": [{\"Sid\": \"A\", \"Resource\": [\"vpc/${none}\"]}, {\"Resource\": [\"${jobs}\"]}]}"))
                .isEqualTo("{\"s\":[{\"Resource\":[\"a\",\"b\"]}]}");
    }

    @Test
    void leavesOtherDollarSigns() throws IOException {
        assertThat(fill("[\"data_$folder$\"]")).isEqualTo("[\"data_$folder$\"]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "{\"r\": \"${acount}\"} | policy.json: ${acount}: unknown placeholder; must be one of account, jobs, none",
                "{\"r\": \"${}\"}       | policy.json: ${}: unknown placeholder",
                "{\"r\": \"${aws:userid}\"} | policy.json: ${aws:userid}: unknown placeholder",
                "{\"r\": \"${jobs}\"}   | policy.json: \"${jobs}\" stands for 2 values; must stand in a list",
                "{\"r\": \"${none}\"}   | policy.json: \"${none}\" stands for 0 values; must stand in a list",
                "{\"r\": }              | policy.json:1: must be JSON",
                "{} {}                  | policy.json:1: must be JSON",
                "{\"r\": 1, \"r\": 2}   | policy.json:1: must be JSON"
            })
    void refusesWhatItCannotFill(String template, String message) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> fill(template))
                .withMessageContaining(message);
    }

    @Test
    void namesAMissingFile() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> PolicyTemplate.fill(project, "policies/gone.json", VALUES))
                .withMessageContaining("policies/gone.json: no such file");
    }
}
