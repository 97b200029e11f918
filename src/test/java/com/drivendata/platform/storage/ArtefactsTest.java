package com.drivendata.platform.storage;

import static com.drivendata.platform.testing.TestStack.ids;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtefactsTest {

    @TempDir
    private Path project;

    @TempDir
    private Path outdir;

    private TestStack stack;
    private Artefacts artefacts;

    @BeforeEach
    void writeProject() throws IOException {
        write("airflow/dags/acme.py", "dag");
        write("airflow/dags/generator.py", "rows");
        write("airflow/mwaa/3.3.1/constraints.txt", "a==1");
        write("airflow/plugins/triggers.py", "triggers");
        write("airflow/requirements.txt", "a");
        write("airflow/startup.sh", "export BUCKET=${s3_bucket_name} FILE=${s3_file_path} HOME=${HOME}");
        write("glue/jobs/judge_raw_data.py", "job that judges");
        write("glue/jobs/trusted_data.py", "job of the departments");
        write("glue/jobs/forget_person.py", "job of the erasure");
        for (String dataset :
                new String[] {"dim_address", "dim_date", "dim_finance", "dim_person", "fact_network_usage"}) {
            write("glue/jobs/staging_" + dataset + ".py", "job of " + dataset);
        }
        write("glue/lib/driven_data_glue/__init__.py", "");
        write("glue/lib/driven_data_glue/rules.py", "rules");
    }

    private void write(String file, String text) throws IOException {
        Path path = project.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private JsonNode synth(String... config) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(project, config);
        stack = new TestStack(outdir);
        Deployment place = TestDeployment.place(deployment);
        Deployment elsewhere = new Deployment(project, deployment, place.pipeline(), place.arns(), Optional.empty());
        DataLakeBucket bucket = new DataLakeBucket(stack.scope(), "lake", elsewhere);
        artefacts = new Artefacts(stack.scope(), "artefacts", elsewhere, bucket);
        return stack.synth();
    }

    private static JsonNode object(JsonNode synthesised, String id) {
        JsonNode object = synthesised.at("/resource/aws_s3_object/" + id);
        assertThat(object.isObject()).as(id).isTrue();
        return object;
    }

    private byte[] asset(JsonNode object) throws IOException {
        String source = object.path("source").asText();
        assertThat(source).startsWith("${path.module}/assets/");
        return Files.readAllBytes(stack.folder().resolve(source.replace("${path.module}/", "")));
    }

    @Test
    void uploadsEachFileOnce() throws IOException {
        JsonNode synthesised = synth();

        assertThat(ids(synthesised, "aws_s3_object"))
                .containsExactly(
                        "airflow_plugins",
                        "airflow_requirements",
                        "airflow_startup_script",
                        "dag_acme",
                        "dag_constraints",
                        "dag_generator",
                        "dag_pipeline_table",
                        "glue_job_dim_address",
                        "glue_job_dim_date",
                        "glue_job_dim_finance",
                        "glue_job_dim_person",
                        "glue_job_fact_network_usage",
                        "glue_job_forget_person",
                        "glue_job_judge_raw_data",
                        "glue_job_trusted_data",
                        "glue_library",
                        "pipeline_table");
        assertThat(artefacts.getReady()).hasSize(17);
    }

    @Test
    void shipsEveryFileBesideTheStackWithItsHash() throws IOException {
        for (JsonNode object : synth().at("/resource/aws_s3_object")) {
            assertThat(object.path("source_hash").asText()).isEqualTo(Sha256.of(asset(object)));
            assertThat(object.path("source").asText())
                    .isEqualTo("${path.module}/assets/" + object.path("key").asText());
            assertThat(object.path("content_type").asText()).isNotEmpty().isNotEqualTo("application/octet-stream");
            assertThat(object.path("depends_on")).hasSizeGreaterThan(3);
        }
    }

    @Test
    void keepsTheKeysOfTheDagFolder() throws IOException {
        assertThat(object(synth(), "dag_acme").path("key").asText()).isEqualTo("dags/acme.py");
        String before = object(synth(), "dag_acme").path("source_hash").asText();
        write("airflow/dags/acme.py", "changed");

        JsonNode after = object(synth(), "dag_acme");

        assertThat(after.path("key").asText()).isEqualTo("dags/acme.py");
        assertThat(after.path("source_hash").asText()).isNotEqualTo(before);
        assertThat(after.has("lifecycle")).isFalse();
    }

    @Test
    void givesAChangedScriptANewKeyAndLeavesTheOthers() throws IOException {
        JsonNode before = synth();
        String codeBefore = artefacts.getCodeVersion();
        write("glue/jobs/staging_dim_date.py", "changed");

        JsonNode after = synth();

        assertThat(object(after, "glue_job_dim_date").path("key").asText())
                .matches("artifacts/glue/[0-9a-f]{12}/staging_dim_date.py")
                .isNotEqualTo(object(before, "glue_job_dim_date").path("key").asText());
        assertThat(object(after, "glue_job_dim_date")
                        .at("/lifecycle/create_before_destroy")
                        .asBoolean())
                .isTrue();
        assertThat(object(after, "glue_job_dim_person")).isEqualTo(object(before, "glue_job_dim_person"));
        assertThat(object(after, "glue_library")).isEqualTo(object(before, "glue_library"));
        assertThat(artefacts.getCodeVersion()).matches("[0-9a-f]{12}").isNotEqualTo(codeBefore);
    }

    @Test
    void fillsTheStartupScriptAndLeavesTheShellsVariables() throws IOException {
        String script = new String(asset(object(synth(), "airflow_startup_script")), StandardCharsets.UTF_8);

        assertThat(script).isEqualTo("export BUCKET=acme-lake FILE=data/raw/raw_batch_data HOME=${HOME}");
    }

    @Test
    void packsTheSameTableForTheDagAndTheJobs() throws IOException {
        JsonNode synthesised = synth();

        assertThat(asset(object(synthesised, "pipeline_table")))
                .isEqualTo(asset(object(synthesised, "dag_pipeline_table")));
        assertThat(new String(asset(object(synthesised, "pipeline_table")), StandardCharsets.UTF_8))
                .contains("\"acme_pipeline\"");
    }

    @Test
    void pointsAtItsObjects() throws IOException {
        synth();

        assertThat(stack.expression(artefacts.scriptUri("judge_raw_data")))
                .isEqualTo("s3://${aws_s3_bucket.data_lake.bucket}/${aws_s3_object.glue_job_judge_raw_data.key}");
        assertThat(stack.expression(artefacts.scriptUri("dim_address")))
                .isEqualTo("s3://${aws_s3_bucket.data_lake.bucket}/${aws_s3_object.glue_job_dim_address.key}");
        assertThat(stack.expression(artefacts.getRequirements().key()))
                .isEqualTo("${aws_s3_object.airflow_requirements.key}");
        assertThat(stack.expression(artefacts.getPlugins().key())).isEqualTo("${aws_s3_object.airflow_plugins.key}");
    }

    @Test
    void tellsVersionsUnlessTheBucketHasNone() throws IOException {
        synth();

        assertThat(stack.expression(artefacts.getPlugins().version().orElseThrow()))
                .isEqualTo("${aws_s3_object.airflow_plugins.version_id}");
        assertThat(artefacts.getStartupScript().version()).isPresent();
        assertThat(artefacts.getRequirements().version()).isPresent();

        synth("storage: {bucket: acme-lake, versioning: false}");

        assertThat(artefacts.getStartupScript().version()).isEmpty();
        assertThat(artefacts.getRequirements().version()).isEmpty();
        assertThat(artefacts.getPlugins().version()).isEmpty();
    }

    @Test
    void shipsTheConstraintsOfTheDeploymentsAirflow() throws IOException {
        write("airflow/mwaa/3.2.1/constraints.txt", "a==0");

        JsonNode constraints = object(synth("orchestration: {airflow_version: 3.2.1}"), "dag_constraints");

        assertThat(constraints.path("key").asText()).isEqualTo("dags/constraints.txt");
        assertThat(new String(asset(constraints), StandardCharsets.UTF_8)).isEqualTo("a==0");
    }

    @Test
    void letsWorkersWithoutInternetInstallFromTheWheelsOfTheArchive() throws IOException {
        Files.write(project.resolve("plugins.zip"), zip("Faker-1.whl", "wheel"));

        JsonNode synthesised = synth("network: {egress: endpoints}", "orchestration: {plugins_archive: plugins.zip}");

        assertThat(new String(asset(object(synthesised, "airflow_requirements")), StandardCharsets.UTF_8))
                .isEqualTo("--find-links /usr/local/airflow/plugins\n--no-index\na");
        assertThat(entries(asset(object(synthesised, "airflow_plugins"))))
                .containsExactly(entry("Faker-1.whl", "wheel"), entry("triggers.py", "triggers"));
    }

    @Test
    void letsWorkersWithInternetInstallFromTheIndex() throws IOException {
        assertThat(new String(asset(object(synth(), "airflow_requirements")), StandardCharsets.UTF_8))
                .isEqualTo("a");
    }

    @Test
    void refusesAPluginsArchiveThatIsNoZip() throws IOException {
        write("plugins.zip", "text");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> synth("orchestration: {plugins_archive: plugins.zip}"))
                .withMessageContaining(
                        "plugins.zip: isn't a zip, or an empty one; it is orchestration.plugins_archive");
    }

    @Test
    void refusesAPluginsArchiveThatReplacesTheProjectsPlugins() throws IOException {
        Files.write(project.resolve("plugins.zip"), zip("triggers.py", "other"));

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> synth("orchestration: {plugins_archive: plugins.zip}"))
                .withMessageContaining("plugins.zip: has a file triggers.py, which the project's plugins have too");
    }

    private static byte[] zip(String name, String content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("folder/"));
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static Map<String, String> entries(byte[] archive) throws IOException {
        Map<String, String> entries = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    @Test
    void landsABatchFileAmongTheIncoming() throws IOException {
        write("data/batch.csv", "a,b\n");

        JsonNode batch = object(synth("storage: {bucket: acme-lake, batch_file: data/batch.csv}"), "batch_file");

        assertThat(batch.path("key").asText()).isEqualTo("data/incoming/batch.csv");
        assertThat(batch.path("content_type").asText()).isEqualTo("text/csv");
    }

    @Test
    void namesAMissingFile() throws IOException {
        Files.delete(project.resolve("glue/jobs/staging_dim_person.py"));

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::synth)
                .withMessageContaining("glue/jobs/staging_dim_person.py: no such file");
    }

    @Test
    void namesAPlaceholderThatTheStartupScriptLacks() throws IOException {
        write("airflow/startup.sh", "export BUCKET=${s3_bucket_name}");

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(this::synth)
                .withMessageContaining("airflow/startup.sh: lacks ${s3_file_path}");
    }
}
