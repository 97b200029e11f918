package com.drivendata.platform.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.Deployments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineTableLoaderTest {

    private static final String SMALL = """
            dag: ${company}_pipeline
            prefixes: {raw: r/, incoming: i/, clean: c/, staging: s/, trusted: d/, quarantine: q/, metrics: m/, scratch: t/,
              erasure: e/, athena_results: a/}
            raw:
              table: raw
              crawler: raw_${company}
              file_prefix: batch
              columns:
                - {name: id, type: string, rule: uuid4, key: true, masking: pseudonym}
                - {name: speed, type: int, unit: Mbps}
                - {name: name, type: string, masking: partial}
            judgement: {task: judge, job: "${prefix}judge"}
            datasets:
              - {name: fact, task: fact, job: "${prefix}fact", crawler: "${prefix}fact", owner: team, columns: [id, speed]}
            trusted:
              task: departments
              job: ${prefix}departments
              tables:
                - {name: report, department: team, columns: [id, name, price], types: {price: double}}
            erasure: {job: "${prefix}forget"}
            """;

    @TempDir
    private Path projectRoot;

    @BeforeEach
    void writeDefinition() throws IOException {
        Files.createDirectories(projectRoot.resolve("pipeline/trusted"));
        Files.writeString(projectRoot.resolve("pipeline/trusted/report.sql"), "SELECT 1\n");
    }

    @Test
    void rejectsAnErasureJobThatAnotherJobIsCalled() throws IOException {
        assertThat(problems("${prefix}forget", "${prefix}judge"))
                .anyMatch(problem -> problem.contains("erasure: job \"acme-judge\" is given twice"));
    }

    @Test
    void fillsInTheDeploymentsNames() throws IOException {
        PipelineTable table = load(SMALL);
        assertThat(table.dag()).isEqualTo("acme_pipeline");
        assertThat(table.raw().crawler()).isEqualTo("raw_acme");
        assertThat(table.judgement()).isEqualTo(new Judgement("judge", "acme-judge"));
        assertThat(table.datasets().get(0).job()).isEqualTo("acme-fact");
    }

    @Test
    void resolvesColumns() throws IOException {
        PipelineTable table = load(SMALL);
        assertThat(table.datasets().get(0).columns())
                .isEqualTo(table.raw().columns().subList(0, 2));
        assertThat(table.raw().keyColumn().name()).isEqualTo("id");
        assertThat(table.raw().column("speed").orElseThrow().unit()).contains("Mbps");
        assertThat(table.trusted().tables().get(0).columns())
                .extracting(Column::name, Column::type)
                .containsExactly(
                        tuple("id", ColumnType.STRING),
                        tuple("name", ColumnType.STRING),
                        tuple("price", ColumnType.DOUBLE));
        assertThat(table.trusted().tables().get(0).sql()).isEqualTo("SELECT 1\n");
    }

    @Test
    void readsTheProjectsTable() {
        PipelineTable table = PipelineTableLoader.load(Path.of(""), Deployments.with("company", "driven_data"));
        assertThat(table.dag()).isEqualTo("driven_data_pipeline");
        assertThat(table.raw().crawler()).isEqualTo("raw_driven_data");
        assertThat(table.raw().columns()).hasSize(16);
        assertThat(table.datasets())
                .extracting(Dataset::job)
                .containsExactly(
                        "staging_dim_address",
                        "staging_dim_date",
                        "staging_dim_finance",
                        "staging_dim_person",
                        "staging_fact_network_usage");
        assertThat(table.trusted().job()).isEqualTo("trusted_data");
        assertThat(table.trusted().tables())
                .extracting(TrustedTable::name)
                .containsExactly("payment_data", "technical_data", "pii_data", "non_pii_data");
    }

    @Test
    void rejectsDatasetColumns() throws IOException {
        assertThat(problems("columns: [id, speed]", "columns: [id, spee]"))
                .containsExactly("pipeline/pipeline.yaml:14: datasets[0].columns: \"spee\": must be a column of the raw"
                        + " dataset");
        assertThat(problems("columns: [id, speed]", "columns: [speed, speed]"))
                .containsExactly(
                        "pipeline/pipeline.yaml:14: datasets[0].columns: column \"speed\" is given twice",
                        "pipeline/pipeline.yaml:14: datasets[0].columns: must hold the key column, id");
    }

    @Test
    void readsWhatAValueMustSatisfy() throws IOException {
        PipelineTable table = load(SMALL.replace(
                "unit: Mbps}",
                "min: 0, max: 1000, required: true}\n    - {name: seen, type: timestamp, min: 2000-01-01}\n"
                        + "    - {name: mail, type: string, rule: email}"));
        Column speed = table.raw().column("speed").orElseThrow();
        assertThat(speed.min()).contains(new Bound(0, false));
        assertThat(speed.max()).contains(new Bound(1000, false));
        assertThat(speed.required()).isTrue();
        Column seen = table.raw().column("seen").orElseThrow();
        assertThat(seen.min()).get().hasToString("2000-01-01");
        assertThat(seen.max()).isEmpty();
        assertThat(seen.required()).isFalse();
        assertThat(table.raw().column("mail").orElseThrow().rule()).contains("email");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "int, min: 9, max: 8 | min: \"9\": must be at most max, 8",
                "date, min: 2024-09-16, max: 2024-09-15 | min: \"2024-09-16\": must be at most max, 2024-09-15",
                "int, min: low | min: \"low\": must be a whole number from -999999999 to 999999999",
                "int, min: 1.5 | min: \"1.5\": must be a whole number from -999999999 to 999999999",
                "date, max: 15.09.2024 | max: \"15.09.2024\": must be a day, such as 2024-09-15",
                "timestamp, max: 2024-02-30 | max: \"2024-02-30\": must be a day, such as 2024-09-15",
                "string, min: 0 | min: must be on a column of type int, date or timestamp, not string",
                "string, max: 0 | max: must be on a column of type int, date or timestamp, not string",
                "int, rule: email | rule: \"email\": must be on a column of type string, not int",
                "string, rule: not_negative | rule: \"not_negative\": must be one of uuid4, iban, personal_number,"
                        + " email, phone, mac_address, ipv4",
                "string, required: often | required: \"often\": must be true or false",
                "string, mini: 0 | mini: unknown key; did you mean min?",
                "double | type: \"double\": must be one of string, int, date, timestamp",
                "boolean | type: \"boolean\": must be one of string, int, date, timestamp",
            })
    void rejectsWhatNoValueCanSatisfy(String column, String problem) throws IOException {
        assertThat(problems("type: int, unit: Mbps", "type: " + column))
                .containsExactly("pipeline/pipeline.yaml:10: raw.columns[1]." + problem);
    }

    @Test
    void rejectsJudgements() throws IOException {
        assertThat(problems("{task: judge, job", "{task: Judge, job"))
                .containsExactly("pipeline/pipeline.yaml:12: judgement.task: \"Judge\": must be a lower-case letter"
                        + " followed by lower-case letters, digits or _");
        assertThat(problems("judgement: {task: judge, job: \"${prefix}judge\"}\n", ""))
                .containsExactly(
                        "pipeline/pipeline.yaml: judgement.task: missing; must be a lower-case letter followed by"
                                + " lower-case letters, digits or _",
                        "pipeline/pipeline.yaml: judgement.job: missing; must be letters, digits, '_' or '-', with"
                                + " ${prefix} or ${company} where wanted");
        assertThat(problems("job: \"${prefix}judge\"", "job: \"${prefix}fact\""))
                .containsExactly("pipeline/pipeline.yaml:13: datasets: job \"acme-fact\" is given twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"quarantine", "raw_typed", "logs", "judgement", "judge", "sample_raw"})
    void rejectsNamesThatThePlatformUses(String name) throws IOException {
        assertThat(problems("- {name: fact,", "- {name: " + name + ","))
                .containsExactly("pipeline/pipeline.yaml:13: datasets: table \"" + name
                        + "\": the platform uses the name itself");
    }

    @Test
    void rejectsRawColumns() throws IOException {
        assertThat(problems("type: int, unit: Mbps", "type: integer, rule: even, masking: half"))
                .containsExactly(
                        "pipeline/pipeline.yaml:10: raw.columns[1].type: \"integer\": must be one of string, int, date,"
                                + " timestamp",
                        "pipeline/pipeline.yaml:10: raw.columns[1].rule: \"even\": must be one of uuid4, iban,"
                                + " personal_number, email, phone, mac_address, ipv4",
                        "pipeline/pipeline.yaml:10: raw.columns[1].masking: \"half\": must be one of none, partial,"
                                + " full, pseudonym");
        assertThat(problems(", key: true, masking: pseudonym", ""))
                .containsExactly("pipeline/pipeline.yaml:8: raw.columns: must hold exactly one column with key: true");
        assertThat(problems("name: speed, type: int", "name: id, type: int"))
                .contains("pipeline/pipeline.yaml:8: raw.columns: column \"id\" is given twice");
    }

    @Test
    void rejectsPrefixes() throws IOException {
        assertThat(problems("staging: s/", "staging: s"))
                .containsExactly("pipeline/pipeline.yaml:2: prefixes.staging: \"s\": must be an S3 prefix of lower-case"
                        + " letters, ending in a slash, such as data/raw/");
        assertThat(problems("staging: s/", "staging: r/s/"))
                .containsExactly("pipeline/pipeline.yaml:2: prefixes.staging: \"r/s/\": must not lie in raw, \"r/\"");
        assertThat(problems("metrics: m/, ", ""))
                .containsExactly("pipeline/pipeline.yaml: prefixes.metrics: missing; must be an S3 prefix of lower-case"
                        + " letters, ending in a slash, such as data/raw/");
    }

    @Test
    void rejectsNamesGivenTwice() throws IOException {
        String second =
                "  - {name: fact, task: fact, job: \"${prefix}fact\", crawler: raw_acme, owner: team, columns: [id]}\n";
        assertThat(problems("trusted:\n", second + "trusted:\n"))
                .containsExactly(
                        "pipeline/pipeline.yaml:13: datasets: table \"fact\" is given twice",
                        "pipeline/pipeline.yaml:13: datasets: task \"fact\" is given twice",
                        "pipeline/pipeline.yaml:13: datasets: job \"acme-fact\" is given twice",
                        "pipeline/pipeline.yaml:13: datasets: crawler \"raw_acme\" is given twice");
        Files.writeString(projectRoot.resolve("pipeline/trusted/fact.sql"), "SELECT 1\n");
        assertThat(problems("name: report", "name: fact"))
                .containsExactly(
                        "pipeline/pipeline.yaml:15: trusted: table \"fact\" is given twice",
                        "pipeline/pipeline.yaml:15: trusted: task \"fact\" is given twice");
    }

    @Test
    void whatADepartmentDoesntSeeIsText() throws IOException {
        String table =
                SMALL.replace("name: name, type: string, masking: partial", "name: name, type: date, masking: full");
        assertThat(load(table).trusted().tables().get(0).columns())
                .extracting(Column::name, Column::type)
                .contains(tuple("name", ColumnType.STRING));
        for (String clear : List.of("clear: [name]", "clear: [all]")) {
            TrustedTable seen = load(table.replace("department: team,", "department: team, " + clear + ","))
                    .trusted()
                    .tables()
                    .get(0);
            assertThat(seen.columns()).extracting(Column::name, Column::type).contains(tuple("name", ColumnType.DATE));
            assertThat(seen.clear()).contains("name");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name: report, | name: reports, | tables[0].name: \"reports\": its SQL, pipeline/trusted/reports.sql, must"
                        + " exist",
                "types: {price: double} | types: {price: double, prices: double} | tables[0].types: \"prices\": must be a"
                        + " column of the table and no raw column",
                "types: {price: double} | types: {price: double, id: int} | tables[0].types: \"id\": must be a column of"
                        + " the table and no raw column",
                "', types: {price: double}' | '' | tables[0].columns: \"price\": must be a raw column or have its type"
                        + " under types",
                "columns: [id, name | columns: [name | tables[0].columns: must hold the key column, id",
                "department: team, columns: [id, n | department: team, clear: [speed], columns: [id, n |"
                        + " tables[0].clear: \"speed\": must be a raw column with masking",
                "department: team, columns: [id, n | department: team, profile: lax, columns: [id, n |"
                        + " tables[0].profile: \"lax\": must be one of walkthrough, strict",
            })
    void rejectsDepartmentsTables(String replaced, String replacement, String problem) throws IOException {
        assertThat(problems(replaced, replacement)).containsExactly("pipeline/pipeline.yaml:19: trusted." + problem);
    }

    @Test
    void rejectsNamesOfTheDepartmentsThatArentFree() throws IOException {
        Files.writeString(projectRoot.resolve("pipeline/trusted/quarantine.sql"), "SELECT 1\n");
        assertThat(problems("name: report", "name: quarantine"))
                .containsExactly(
                        "pipeline/pipeline.yaml:15: trusted: table \"quarantine\": the platform uses the name itself");
        Files.writeString(projectRoot.resolve("pipeline/trusted/duplicates.sql"), "SELECT 1\n");
        assertThat(problems("name: report", "name: duplicates"))
                .as("a saved query has the name")
                .containsExactly(
                        "pipeline/pipeline.yaml:15: trusted: table \"duplicates\": the platform uses the name itself");
        assertThat(problems("task: departments", "task: fact"))
                .containsExactly("pipeline/pipeline.yaml:15: trusted: task \"fact\" is given twice");
        assertThat(problems("job: ${prefix}departments", "job: ${prefix}fact"))
                .containsExactly("pipeline/pipeline.yaml:15: trusted: job \"acme-fact\" is given twice");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "unit: Mbps | masking: partial | raw.columns[1].masking: \"partial\": must be on a column of type string,"
                        + " not int",
                "unit: Mbps | masking: pseudonym | raw.columns[1].masking: \"pseudonym\": must be on the column with key:"
                        + " true",
                "masking: pseudonym | masking: full | raw.columns[0].masking: must be pseudonym or none on the column with"
                        + " key: true",
            })
    void rejectsMasks(String replaced, String replacement, String problem) throws IOException {
        assertThat(problems(replaced, replacement)).singleElement().asString().endsWith(problem);
    }

    @Test
    void rejectsPlaceholders() throws IOException {
        assertThat(problems("dag: ${company}_pipeline", "dag: ${owner}_pipeline"))
                .containsExactly("pipeline/pipeline.yaml:1: dag: \"${owner}_pipeline\": must use no placeholder but"
                        + " ${prefix} and ${company}");
    }

    @Test
    void rejectsUnknownKeysAndNoDatasets() throws IOException {
        assertThat(problems("file_prefix: batch", "file_prefix: batch\n  file_sufix: x"))
                .containsExactly("pipeline/pipeline.yaml:8: raw.file_sufix: unknown key; did you mean file_prefix?");
        assertThat(problems(SMALL.substring(SMALL.indexOf("datasets:"), SMALL.indexOf("trusted:\n")), ""))
                .containsExactly("pipeline/pipeline.yaml: datasets: missing; must hold at least one dataset");
    }

    private PipelineTable load(String yaml) throws IOException {
        Files.writeString(projectRoot.resolve("pipeline/pipeline.yaml"), yaml);
        return PipelineTableLoader.load(projectRoot, Deployments.with("resource_prefix", "acme-"));
    }

    private List<String> problems(String replaced, String replacement) throws IOException {
        assertThat(SMALL).contains(replaced);
        String yaml = SMALL.replace(replaced, replacement);
        return catchThrowableOfType(ConfigException.class, () -> load(yaml)).problems();
    }
}
