package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.drivendata.platform.config.OrchestrationConfig.WebserverAccess;
import com.drivendata.platform.testing.TestDeployment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrchestrationConfigTest {

    @Test
    void defaults() {
        assertThat(Deployments.minimal().orchestration())
                .isEqualTo(new OrchestrationConfig(
                        "acme_airflow_environment",
                        "3.3.1",
                        "mw1.small",
                        1,
                        2,
                        2,
                        "SAT:09:00",
                        WebserverAccess.PRIVATE,
                        List.of(),
                        Map.of("core.dags_are_paused_at_creation", "False"),
                        "INFO",
                        30,
                        Optional.empty()));
    }

    @Test
    void explicit(@TempDir Path projectRoot) throws Exception {
        Files.writeString(projectRoot.resolve("plugins.zip"), "");
        TestDeployment.airflowVersions(projectRoot, "3.0.6", "3.3.1");

        DeploymentConfig config = Deployments.read(
                "acme",
                projectRoot,
                "orchestration",
                "{environment: Air-flow_1, airflow_version: 3.0.6, environment_class: mw1.large, min_workers: 3,"
                        + " max_workers: 9, schedulers: 4, maintenance_window: 'SUN:23:30', webserver_access: private,"
                        + " webserver_clients: [10.8.0.0/22, sg-0a1b2c3d],"
                        + " configuration_options: {core.parallelism: '16', core.dags_are_paused_at_creation: 'True'},"
                        + " log_level: ERROR, log_retention_days: 90, plugins_archive: plugins.zip}");

        assertThat(config.orchestration())
                .isEqualTo(new OrchestrationConfig(
                        "Air-flow_1",
                        "3.0.6",
                        "mw1.large",
                        3,
                        9,
                        4,
                        "SUN:23:30",
                        WebserverAccess.PRIVATE,
                        List.of(new WebserverClient("10.8.0.0/22"), new WebserverClient("sg-0a1b2c3d")),
                        Map.of("core.dags_are_paused_at_creation", "True", "core.parallelism", "16"),
                        "ERROR",
                        90,
                        Optional.of(Path.of("plugins.zip"))));
    }

    @Test
    void takesTheVersionsOfTheProjectsFolderTheNewestByDefault(@TempDir Path projectRoot) throws Exception {
        TestDeployment.airflowVersions(projectRoot, "3.9.2", "3.10.1", "not-a-version");
        Files.createDirectories(projectRoot.resolve("airflow/mwaa/4.0.0"));

        assertThat(Deployments.read("acme", projectRoot).orchestration().airflowVersion())
                .isEqualTo("3.10.1");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> Deployments.read("acme", projectRoot, "orchestration", "{airflow_version: 4.0.0}"))
                .withMessage(
                        "config/acme.yaml:5: orchestration.airflow_version: \"4.0.0\": must be one of 3.10.1, 3.9.2");
    }

    @Test
    void saysWhereVersionsComeFromWhenThereAreNone(@TempDir Path projectRoot) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> Deployments.read("acme", projectRoot))
                .withMessage(
                        "config/acme.yaml: orchestration.airflow_version: no version can be chosen: airflow/mwaa must"
                                + " hold a folder with Amazon MWAA's constraints for each, such as"
                                + " airflow/mwaa/3.3.1/constraints.txt");
    }

    @Test
    void theSmallestClassHasOneOfEach() {
        OrchestrationConfig micro = Deployments.with("orchestration", "{environment_class: mw1.micro}")
                .orchestration();
        assertThat(micro.maxWorkers()).isEqualTo(1);
        assertThat(micro.schedulers()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "environment: 1_airflow | environment: \"1_airflow\": must be a letter followed by up to 79 letters,"
                        + " digits, '_' or '-'",
                "airflow_version: 2.10.3 | airflow_version: \"2.10.3\": must be one of 3.3.1",
                "airflow_version: 3.3 | airflow_version: \"3.3\": must be one of 3.3.1",
                "environment_class: mw1.tiny | environment_class: \"mw1.tiny\": must be one of mw1.micro, mw1.small,"
                        + " mw1.medium, mw1.large, mw1.xlarge, mw1.2xlarge",
                "log_level: info | log_level: \"info\": must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
                "log_retention_days: 31 | log_retention_days: \"31\": must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120,"
                        + " 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
                "webserver_access: vpn | webserver_access: \"vpn\": must be one of private, public",
                "webserver_clients: [office] | webserver_clients[0]: \"office\": must be an IPv4 range such as"
                        + " 10.8.0.0/22, or the id of a security group such as sg-0123456789abcdef0",
                "webserver_clients: [10.8.0.1/22] | webserver_clients[0]: \"10.8.0.1/22\": must begin at its lowest"
                        + " address: did you mean 10.8.0.0/22?",
                "webserver_clients: [0.0.0.0/0] | webserver_clients[0]: \"0.0.0.0/0\": is everybody; name the ranges of"
                        + " your network, or set orchestration.webserver_access: public",
                "webserver_clients: [10.8.0.0/22, 10.8.0.0/22] | webserver_clients: names a range or group twice",
                "webserver_access: public, webserver_clients: [10.8.0.0/22] | webserver_clients: must not be given with"
                        + " webserver_access: public, which lets everybody reach it",
                "configuration_options: {parallelism: '16'} | configuration_options.parallelism: \"parallelism\": must be"
                        + " an option of Airflow's as <section>.<option>, such as core.parallelism, of at most 64"
                        + " characters",
                "configuration_options: {core.executor: LocalExecutor} | configuration_options.core.executor:"
                        + " \"core.executor\": is set by Amazon MWAA itself and can't be changed; take it out",
                "configuration_options: {metrics.statsd_host: x} | configuration_options.metrics.statsd_host:"
                        + " \"metrics.statsd_host\": is set by Amazon MWAA itself and can't be changed; take it out",
                "configuration_options: {core.parallelism: 16} | configuration_options.core.parallelism: \"16\": must be"
                        + " text; put it in quotes",
                "configuration_options: {core.parallelism: ''} | configuration_options.core.parallelism: \"\": must be"
                        + " text of printable ASCII characters",
                "min_workers: 3 | min_workers: \"3\": must be at most max_workers, 2",
                "schedulers: 1 | schedulers: \"1\": must be 2 to 5 in mw1.small",
                "schedulers: 6 | schedulers: \"6\": must be a whole number from 1 to 5",
                "plugins_archive: none.zip | plugins_archive: \"none.zip\": no such file; the path starts at the"
                        + " project's root",
                "plugins_archive: pom.xml | plugins_archive: \"pom.xml\": must be a .zip file inside the project, as a"
                        + " path from its root",
            })
    void rejects(String entry, String problem) {
        assertThat(Deployments.problems("orchestration", "{" + entry + "}"))
                .containsExactly("orchestration." + problem);
    }

    @Test
    void rejectsMoreThanTheSmallestClassHas() {
        assertThat(Deployments.problems(
                        "orchestration", "{environment_class: mw1.micro, max_workers: 2, schedulers: 2}"))
                .containsExactly(
                        "orchestration.max_workers: \"2\": must be 1 in mw1.micro",
                        "orchestration.schedulers: \"2\": must be 1 in mw1.micro");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SAT", "Sat:09:00", "SAT:9:00", "SAT:09:15", "SAT:24:00"})
    void rejectsMalformedMaintenanceWindow(String window) {
        assertThat(Deployments.problems("orchestration", "{maintenance_window: '" + window + "'}"))
                .containsExactly("orchestration.maintenance_window: \"" + window
                        + "\": must be DAY:HH:MM in UTC, on a full or half hour, such as SAT:09:00");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SAT:07:00", "SUN:08:00", "MON:09:00"})
    void rejectsMaintenanceThatMeetsTheDailyRunOrItsReaders(String window) {
        assertThat(Deployments.problems("orchestration", "{maintenance_window: '" + window + "'}"))
                .containsExactly("orchestration.maintenance_window: \"" + window
                        + "\": must be on SAT or SUN after 08:00 UTC, so that it meets neither the daily run nor its"
                        + " readers");
    }

    @Test
    void rejectsWorkersThatCanInstallNothing() {
        assertThat(Deployments.problems("network", "{egress: endpoints}"))
                .containsExactly("orchestration.plugins_archive: missing; must be given with network.egress: endpoints,"
                        + " because workers without internet install their requirements from it. docs/configuration.md,"
                        + " \"Workers without internet\", shows how to build it");
    }
}
