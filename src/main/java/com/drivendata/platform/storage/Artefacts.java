package com.drivendata.platform.storage;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.PipelineTableJson;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.s3_object.S3Object;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The project's files that AWS runs, as objects in the bucket. The DAG folder keeps its keys, because Airflow reads it
 * all the time; everything that a job or the environment names has a key that follows its content.
 */
public final class Artefacts extends Construct {

    /**
     * A file that the Airflow environment names.
     *
     * @param version of the object, present when the bucket is versioned
     */
    public record EnvironmentFile(String key, Optional<String> version) {}

    private static final Path DAGS = Path.of("airflow", "dags");
    private static final String TABLE_FILE = "pipeline.json";

    private final Deployment deployment;
    private final ObjectUploads uploads;
    private final ProjectFiles files;
    private final Map<String, String> scripts = new LinkedHashMap<>();
    private final String libraryUri;
    private final String tableUri;
    private final String codeVersion;
    private final EnvironmentFile requirements;
    private final EnvironmentFile startupScript;
    private final EnvironmentFile plugins;

    public Artefacts(Construct scope, String id, Deployment deployment, DataLakeBucket bucket) {
        super(scope, id);
        this.deployment = deployment;
        uploads = new ObjectUploads(this, bucket);
        files = new ProjectFiles(deployment.projectRoot());
        DeploymentConfig config = deployment.config();
        PipelineTable pipeline = deployment.pipeline();
        byte[] tableJson = PipelineTableJson.render(pipeline, config).getBytes(StandardCharsets.UTF_8);

        uploadDagFolder(tableJson, AirflowRequirements.constraints(files, config));

        List<byte[]> code = new ArrayList<>();
        pipeline.scripts().forEach((job, fileName) -> {
            byte[] script = files.read(Path.of("glue", "jobs", fileName));
            code.add(script);
            scripts.put(job, bucket.uri(byContent("glue_job_" + job, "glue", fileName, script)));
        });
        byte[] libraryZip = GlueLibrary.zip(files);
        code.add(libraryZip);
        libraryUri = bucket.uri(byContent("glue_library", "glue", GlueLibrary.FILE_NAME, libraryZip));
        code.add(tableJson);
        tableUri = bucket.uri(byContent("pipeline_table", "pipeline", TABLE_FILE, tableJson));
        codeVersion = Sha256.shortOf(code.toArray(byte[][]::new));

        requirements = environmentFile(
                "requirements", AirflowRequirements.FILE_NAME, AirflowRequirements.render(files, config));
        startupScript = environmentFile(
                "startup_script",
                StartupScript.FILE_NAME,
                StartupScript.render(
                        files,
                        config.storage().bucket(),
                        pipeline.prefixes().raw() + pipeline.raw().filePrefix()));
        plugins = environmentFile(
                "plugins",
                AirflowPlugins.FILE_NAME,
                AirflowPlugins.zip(files, config.orchestration().pluginsArchive()));
        config.storage()
                .batchFile()
                .ifPresent(batch -> uploads.replaced(
                        "batch_file", pipeline.prefixes().incoming() + batch.getFileName(), files.read(batch)));
    }

    /** {@code s3://} address of the script of a job, by what {@link PipelineTable#scripts()} calls it. */
    public String scriptUri(String job) {
        return scripts.get(job);
    }

    /** {@code s3://} address of the zip of the shared Glue library. */
    public String getLibraryUri() {
        return libraryUri;
    }

    /** {@code s3://} address of the packaged pipeline table that the jobs read. */
    public String getPipelineTableUri() {
        return tableUri;
    }

    /** Twelve hex digits over the job scripts, the library and the pipeline table. */
    public String getCodeVersion() {
        return codeVersion;
    }

    public EnvironmentFile getRequirements() {
        return requirements;
    }

    public EnvironmentFile getStartupScript() {
        return startupScript;
    }

    public EnvironmentFile getPlugins() {
        return plugins;
    }

    /** Every uploaded object: what runs them must wait for these. */
    public List<ITerraformDependable> getReady() {
        return uploads.all();
    }

    private void uploadDagFolder(byte[] tableJson, byte[] constraints) {
        files.contents(DAGS, 1, file -> file.toString().endsWith(".py") || file.endsWith(".airflowignore"))
                .forEach((name, content) ->
                        uploads.replaced("dag_" + name.replace(".py", "").replace(".", ""), "dags/" + name, content));
        uploads.replaced("dag_pipeline_table", "dags/" + TABLE_FILE, tableJson);
        uploads.replaced("dag_constraints", "dags/constraints.txt", constraints);
    }

    private String byContent(String id, String kind, String fileName, byte[] content) {
        return uploads.addressedByContent(id, kind, fileName, content).getKey();
    }

    private EnvironmentFile environmentFile(String id, String fileName, byte[] content) {
        S3Object object = uploads.addressedByContent("airflow_" + id, "airflow", fileName, content);
        boolean versioned = deployment.config().storage().versioning();
        return new EnvironmentFile(object.getKey(), versioned ? Optional.of(object.getVersionId()) : Optional.empty());
    }
}
