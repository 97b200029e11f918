package com.drivendata.platform.storage;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.Erasure;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.PipelineTableJson;
import com.drivendata.platform.pipeline.Trusted;
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

    /** What the construct needs. Files are read below {@code projectRoot}. */
    @NamedBuilder
    public record Props(Path projectRoot, DeploymentConfig deployment, PipelineTable pipeline, DataLakeBucket bucket) {}

    private static final Path DAGS = Path.of("airflow", "dags");
    private static final String TABLE_FILE = "pipeline.json";

    private final DataLakeBucket bucket;
    private final ObjectUploads uploads;
    private final boolean versioned;
    private final S3Object judgeScript;
    private final S3Object trustedScript;
    private final S3Object erasureScript;
    private final Map<String, S3Object> jobScripts = new LinkedHashMap<>();
    private final String libraryUri;
    private final String tableUri;
    private final S3Object requirements;
    private final S3Object startupScript;
    private final S3Object plugins;
    private final String codeVersion;

    public Artefacts(Construct scope, String id, Props props) {
        super(scope, id);
        bucket = props.bucket();
        uploads = new ObjectUploads(this, bucket);
        DeploymentConfig deployment = props.deployment();
        PipelineTable pipeline = props.pipeline();
        versioned = deployment.storage().versioning();
        ProjectFiles files = new ProjectFiles(props.projectRoot());
        byte[] tableJson = PipelineTableJson.render(pipeline, deployment).getBytes(StandardCharsets.UTF_8);

        uploadDagFolder(files, tableJson, AirflowRequirements.constraints(files, deployment));

        List<byte[]> code = new ArrayList<>();
        judgeScript = jobScript(
                files,
                "glue_job_" + pipeline.judgement().task(),
                pipeline.judgement().task() + ".py",
                code);
        for (Dataset dataset : pipeline.datasets()) {
            String fileName = "staging_" + dataset.name() + ".py";
            jobScripts.put(dataset.name(), jobScript(files, "glue_job_" + dataset.name(), fileName, code));
        }
        trustedScript = jobScript(files, "glue_job_" + Trusted.SCRIPT, Trusted.SCRIPT + ".py", code);
        erasureScript = jobScript(files, "glue_job_" + Erasure.SCRIPT, Erasure.SCRIPT + ".py", code);
        byte[] libraryZip = GlueLibrary.zip(files);
        code.add(libraryZip);
        libraryUri = uri(uploads.addressedByContent("glue_library", "glue", GlueLibrary.FILE_NAME, libraryZip));
        code.add(tableJson);
        tableUri = uri(uploads.addressedByContent("pipeline_table", "pipeline", TABLE_FILE, tableJson));
        codeVersion = Sha256.shortOf(code.toArray(byte[][]::new));

        requirements = uploads.addressedByContent(
                "airflow_requirements",
                "airflow",
                AirflowRequirements.FILE_NAME,
                AirflowRequirements.render(files, deployment));
        startupScript = uploads.addressedByContent(
                "airflow_startup_script",
                "airflow",
                StartupScript.FILE_NAME,
                StartupScript.render(
                        files,
                        deployment.storage().bucket(),
                        pipeline.prefixes().raw() + pipeline.raw().filePrefix()));
        plugins = uploads.addressedByContent(
                "airflow_plugins",
                "airflow",
                AirflowPlugins.FILE_NAME,
                AirflowPlugins.zip(files, deployment.orchestration().pluginsArchive()));
        deployment
                .storage()
                .batchFile()
                .ifPresent(batch -> uploads.replaced(
                        "batch_file", pipeline.prefixes().incoming() + batch.getFileName(), files.read(batch)));
    }

    /** {@code s3://} address of the script of the job that judges the raw rows. */
    public String getJudgeScriptUri() {
        return uri(judgeScript);
    }

    /** {@code s3://} address of the script of the job that writes the departments' tables. */
    public String getTrustedScriptUri() {
        return uri(trustedScript);
    }

    /** {@code s3://} address of the script of the job that forgets a person. */
    public String getErasureScriptUri() {
        return uri(erasureScript);
    }

    /** {@code s3://} address of the script of the dataset's Glue job. */
    public String jobScriptUri(Dataset dataset) {
        return uri(jobScripts.get(dataset.name()));
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

    public String getRequirementsKey() {
        return requirements.getKey();
    }

    public String getStartupScriptKey() {
        return startupScript.getKey();
    }

    public String getPluginsKey() {
        return plugins.getKey();
    }

    /** Object version of the requirements, present when the bucket is versioned. */
    public Optional<String> getRequirementsVersion() {
        return version(requirements);
    }

    /** Object version of the start-up script, present when the bucket is versioned. */
    public Optional<String> getStartupScriptVersion() {
        return version(startupScript);
    }

    /** Object version of the plugins archive, present when the bucket is versioned. */
    public Optional<String> getPluginsVersion() {
        return version(plugins);
    }

    /** Every uploaded object: what runs them must wait for these. */
    public List<ITerraformDependable> getReady() {
        return uploads.all();
    }

    private void uploadDagFolder(ProjectFiles files, byte[] tableJson, byte[] constraints) {
        for (Path module :
                files.list(DAGS, 1, file -> file.toString().endsWith(".py") || file.endsWith(".airflowignore"))) {
            String name = module.getFileName().toString();
            uploads.replaced(
                    "dag_" + name.replace(".py", "").replace(".", ""),
                    "dags/" + name,
                    files.read(DAGS.resolve(module)));
        }
        uploads.replaced("dag_pipeline_table", "dags/" + TABLE_FILE, tableJson);
        uploads.replaced("dag_constraints", "dags/constraints.txt", constraints);
    }

    private S3Object jobScript(ProjectFiles files, String id, String fileName, List<byte[]> code) {
        byte[] script = files.read(Path.of("glue", "jobs", fileName));
        code.add(script);
        return uploads.addressedByContent(id, "glue", fileName, script);
    }

    private Optional<String> version(S3Object object) {
        return versioned ? Optional.of(object.getVersionId()) : Optional.empty();
    }

    private String uri(S3Object object) {
        return bucket.uri(object.getKey());
    }
}
