package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.drivendata.platform.testing.TestDeployment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeploymentLoaderTest {

    @TempDir
    private Path projectRoot;

    @BeforeEach
    void makeFolder() throws IOException {
        Files.createDirectories(projectRoot.resolve("config"));
        TestDeployment.airflowVersions(projectRoot, "3.3.1");
    }

    @Test
    void readsTheDeploymentsOfTheProject() {
        assertThat(DeploymentLoader.loadAll(Path.of(""), Path.of("").resolve("config")).stream()
                        .map(DeploymentConfig::name))
                .contains("driven-data", "lead-data");
    }

    @Test
    void givesTheConsoleWalkthroughsNames() {
        DeploymentConfig config = DeploymentLoader.load(Path.of(""), Path.of("config/driven-data.yaml"));
        assertThat(config.storage().bucket()).isEqualTo("driven-data-bucket");
        assertThat(config.catalog().database()).isEqualTo("driven_data_db");
        assertThat(config.orchestration().environment()).isEqualTo("driven_data_airflow_environment");
    }

    @Test
    void sortsByName() throws IOException {
        write("b.yaml", second("bravo", 2));
        write("a.yaml", second("alpha", 1));
        assertThat(DeploymentLoader.loadAll(projectRoot, projectRoot.resolve("config")).stream()
                        .map(DeploymentConfig::name))
                .containsExactly("a", "b");
    }

    @Test
    void namesFileLineKeyValueAndWhatIsAllowed() throws IOException {
        write("a.yaml", Deployments.text("network", "{egress: vpn}"));
        assertThat(problems())
                .containsExactly("config/a.yaml:5: network.egress: \"vpn\": must be one of nat, endpoints");
    }

    @Test
    void reportsEveryProblemOfEveryFileByLine() throws IOException {
        write("a.yaml", "colour: red\nregion: here\n");
        write("b.yaml", "");
        assertThat(problems().stream().map(problem -> problem.replaceFirst(": (missing|unknown key|\").*", "")))
                .containsExactly(
                        "config/a.yaml: company",
                        "config/a.yaml: state.bucket",
                        "config/a.yaml: storage.bucket",
                        "config/a.yaml:1: colour",
                        "config/a.yaml:2: region",
                        "config/b.yaml: the file is empty");
    }

    @Test
    void rejectsSyntaxErrorsWithTheirLine() throws IOException {
        write("a.yaml", "company: acme\nstate: {bucket: acme-state\nregion: x\n");
        assertThat(problems()).containsExactly("config/a.yaml:3: not valid YAML: expected ',' or '}', but got :");
    }

    @Test
    void rejectsDuplicateKeys() throws IOException {
        write("a.yaml", Deployments.text() + "\nregion: eu-west-1\n");
        assertThat(problems()).containsExactly("config/a.yaml:5: region: given twice, first on line 2");
    }

    @Test
    void rejectsFilesWithoutKeys() throws IOException {
        write("a.yaml", "# nothing yet\n");
        write("b.yaml", "- company\n");
        Files.write(projectRoot.resolve("config/c.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe9});
        assertThat(problems())
                .containsExactly(
                        "config/a.yaml: the file is empty",
                        "config/b.yaml: must hold keys and values at the top level",
                        "config/c.yaml: must be text in UTF-8");
    }

    @Test
    void rejectsFileNames() throws IOException {
        write("Acme_1.yaml", Deployments.text("state", "{bucket: acme-state, key: acme}"));
        write("other.yml", second("other", 2));
        write("acme-state.yaml", second("third", 3));
        assertThat(problems())
                .containsExactly(
                        "config/Acme_1.yaml: a deployment file's name must be lower-case letters, digits and -, ending"
                                + " in .yaml",
                        "config/acme-state.yaml: a deployment's name must not end in -state, as the stack of its state"
                                + " bucket does",
                        "config/other.yml: a deployment file's name must be lower-case letters, digits and -, ending in"
                                + " .yaml");
    }

    @Test
    void rejectsAFolderWithoutDeployments() {
        assertThat(problems()).containsExactly("config: no deployment file; must hold at least one <name>.yaml");
    }

    private static String second(String company, int network) {
        return Deployments.text(
                "company", company,
                "resource_prefix", company + "_",
                "storage", "{bucket: " + company + "-data}",
                "network", "{vpc_cidr: 10." + network + ".0.0/16}");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(projectRoot.resolve("config").resolve(name), text);
    }

    private List<String> problems() {
        return catchThrowableOfType(
                        ConfigException.class,
                        () -> DeploymentLoader.loadAll(projectRoot, projectRoot.resolve("config")))
                .problems();
    }
}
