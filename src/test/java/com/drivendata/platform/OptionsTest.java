package com.drivendata.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OptionsTest {

    private static final List<DeploymentConfig> DEPLOYMENTS = List.of(
            DeploymentLoader.load(Path.of(""), Path.of("config/driven-data.yaml")),
            DeploymentLoader.load(Path.of(""), Path.of("config/lead-data.yaml")));

    @Test
    void defaults() {
        assertThat(Options.parse())
                .isEqualTo(new Options(Path.of("cdktf.out"), Path.of("config"), Set.of(), Optional.empty()));
        assertThat(Options.parse().select(DEPLOYMENTS)).isEqualTo(DEPLOYMENTS);
    }

    @Test
    void explicit() {
        Options options = Options.parse("--out", "o", "--config", "c", "--stack", "lead-data", "--named-files", "n");
        assertThat(options)
                .isEqualTo(new Options(Path.of("o"), Path.of("c"), Set.of("lead-data"), Optional.of(Path.of("n"))));
        assertThat(options.select(DEPLOYMENTS))
                .extracting(DeploymentConfig::name)
                .containsExactly("lead-data");
    }

    @Test
    void rejectsUnknownStacks() {
        Options options = Options.parse("--stack", "driven-data,prod,test");
        assertThatThrownBy(() -> options.select(DEPLOYMENTS))
                .isInstanceOf(ConfigException.class)
                .hasMessage("--stack: \"prod\": must be one of the deployments in config: driven-data, lead-data\n"
                        + "--stack: \"test\": must be one of the deployments in config: driven-data, lead-data");
    }

    @Test
    void rejectsUnknownOptionsAndMissingValues() {
        assertThatThrownBy(() -> Options.parse("--verbose", "1"))
                .hasMessage("--verbose: no such option\n" + Options.USAGE);
        assertThatThrownBy(() -> Options.parse("--out")).hasMessage("--out: a value is missing\n" + Options.USAGE);
    }
}
