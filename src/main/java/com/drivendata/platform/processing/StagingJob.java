package com.drivendata.platform.processing;

import com.drivendata.platform.config.ProcessingConfig;
import com.drivendata.platform.storage.Artefacts;
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
 * The Glue Spark job that writes one staging dataset. A run gets {@code --run_date} and {@code --raw_file} from
 * Airflow; everything else is set here.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html">AWS Glue job
 *     parameters</a>
 * @see <a href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/glue_job">aws_glue_job</a>
 */
public final class StagingJob extends Construct {

    /** Spark 3.5.4, Python 3.11, Java 17. */
    private static final String GLUE_VERSION = "5.0";

    public StagingJob(Construct scope, String id, StagingJobProps props) {
        super(scope, id);
        ProcessingConfig processing = props.processing();
        List<ITerraformDependable> dependsOn = new ArrayList<>(props.dependsOn());
        dependsOn.addAll(props.logs().getGroups());
        GlueJob job = GlueJob.Builder.create(this, "job")
                .name(props.dataset().job())
                .description("Validates a day's raw file and writes %s"
                        .formatted(props.dataset().name()))
                .roleArn(props.roleArn())
                .glueVersion(GLUE_VERSION)
                .command(GlueJobCommand.builder()
                        .name("glueetl")
                        .pythonVersion("3")
                        .scriptLocation(props.artefacts().jobScriptUri(props.dataset()))
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
                .defaultArguments(arguments(props))
                .dependsOn(dependsOn)
                .build();
        job.overrideLogicalId(props.dataset().name());
    }

    private static Map<String, String> arguments(StagingJobProps props) {
        ProcessingConfig processing = props.processing();
        Artefacts artefacts = props.artefacts();
        Map<String, String> arguments = new TreeMap<>();
        arguments.put("--job-language", "python");
        arguments.put("--extra-py-files", artefacts.getLibraryUri());
        arguments.put("--TempDir", props.scratch() + "glue/" + props.dataset().name() + "/");
        arguments.put("--enable-job-insights", "true");
        arguments.put("--enable-metrics", "true");
        arguments.put("--enable-continuous-cloudwatch-log", "true");
        // Glue 5.0's successor of --continuous-log-logGroup.
        arguments.put("--custom-logGroup-prefix", props.logs().getPrefix());

        arguments.put("--data_root", props.dataRoot());
        arguments.put("--pipeline_table", artefacts.getPipelineTableUri());
        arguments.put("--code_version", artefacts.getCodeVersion());
        arguments.put(
                "--max_bad_row_share",
                BigDecimal.valueOf(processing.maxBadRowShare()).toPlainString());
        arguments.put("--target_file_mb", Integer.toString(processing.targetFileMb()));
        return arguments;
    }
}
