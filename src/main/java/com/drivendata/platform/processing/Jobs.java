package com.drivendata.platform.processing;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.ProcessingConfig;
import com.drivendata.platform.identity.PseudonymKey;
import com.drivendata.platform.identity.ServiceRole;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.Erasure;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Trusted;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.DataLakeBucket;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJob;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJobCommand;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJobExecutionProperty;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * The pipeline's Glue jobs: one judges the raw rows, one for each staging dataset projects the clean ones, one writes
 * the departments' tables, and one, which no DAG runs, forgets a person. A run gets {@code --run_date},
 * {@code --raw_file} and {@code --run_id} from Airflow; everything else is set here.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html">AWS Glue job
 *     parameters</a>
 */
public final class Jobs extends Construct {

    /**
     * What the construct needs.
     *
     * @param security how they encrypt what they write
     * @param pseudonyms the key of which the departments' job derives that of the pseudonyms
     */
    public record Props(
            Deployment deployment,
            DataLakeBucket bucket,
            Artefacts artefacts,
            GlueSecurity security,
            ServiceRole role,
            PseudonymKey pseudonyms) {}

    /** Spark 3.5.4, Python 3.11, Java 17. */
    private static final String GLUE_VERSION = "5.0";

    private final Props props;
    private final JobLogs logs;

    public Jobs(Construct scope, String id, Props props) {
        super(scope, id);
        this.props = props;
        logs = new JobLogs(this, "logs", props.deployment(), props.role().getName());
        PipelineTable pipeline = props.deployment().pipeline();
        Map<String, String> pseudonyms =
                Map.of("--pseudonym_key", props.pseudonyms().getArn());
        job(
                pipeline.judgement().task(),
                pipeline.judgement().job(),
                "Judges a day's raw rows and writes the clean ones and the quarantine",
                judging(props.deployment().config().processing()));
        for (Dataset dataset : pipeline.datasets()) {
            job(dataset.name(), dataset.job(), "Writes a day of " + dataset.name() + " from the clean rows", Map.of());
        }
        job(
                Trusted.SCRIPT,
                pipeline.trusted().job(),
                "Writes a day of the departments' tables from the clean rows",
                pseudonyms);
        job(
                Erasure.SCRIPT,
                pipeline.erasure().job(),
                "Finds a person's rows and removes them, for make forget",
                pseudonyms);
    }

    private static Map<String, String> judging(ProcessingConfig processing) {
        return Map.of(
                "--max_bad_row_share",
                BigDecimal.valueOf(processing.maxBadRowShare()).toPlainString(),
                "--duplicate_history_days",
                Integer.toString(processing.duplicateHistoryDays()));
    }

    /** @param arguments those of this job alone */
    private void job(String id, String name, String description, Map<String, String> arguments) {
        Deployment deployment = props.deployment();
        ProcessingConfig processing = deployment.config().processing();
        Artefacts artefacts = props.artefacts();
        Map<String, String> all = new TreeMap<>(arguments);
        all.put("--TempDir", props.bucket().uri(deployment.pipeline().prefixes().scratch() + "glue/" + id + "/"));
        all.put("--data_root", props.bucket().uri(""));
        all.put("--pipeline_table", artefacts.getPipelineTableUri());
        all.put("--code_version", artefacts.getCodeVersion());
        all.put("--target_file_mb", Integer.toString(processing.targetFileMb()));
        all.put("--extra-py-files", artefacts.getLibraryUri());
        all.put("--job-language", "python");
        all.put("--enable-job-insights", "true");
        all.put("--enable-metrics", "true");
        all.put("--enable-continuous-cloudwatch-log", "true");
        // Glue 5.0's successor of --continuous-log-logGroup.
        all.put("--custom-logGroup-prefix", deployment.config().jobLogGroups());
        List<ITerraformDependable> dependsOn = new ArrayList<>(props.role().getReady());
        dependsOn.addAll(logs.getReady());
        GlueJob.Builder.create(new Construct(this, id), "job")
                .name(name)
                .description(description)
                .roleArn(props.role().getArn())
                .securityConfiguration(props.security().getName())
                .glueVersion(GLUE_VERSION)
                .command(GlueJobCommand.builder()
                        .name("glueetl")
                        .pythonVersion("3")
                        .scriptLocation(artefacts.scriptUri(id))
                        .build())
                // Workers, never max_capacity: AWS refuses the two together.
                .workerType(processing.workerType())
                .numberOfWorkers(processing.workers())
                .executionClass("STANDARD")
                .timeout(processing.timeoutMinutes())
                .maxRetries(processing.retries())
                .executionProperty(GlueJobExecutionProperty.builder()
                        .maxConcurrentRuns(processing.maxConcurrentRuns())
                        .build())
                .defaultArguments(all)
                .dependsOn(dependsOn)
                .build()
                .overrideLogicalId(id);
    }
}
