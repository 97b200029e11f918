package com.drivendata.platform.processing;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.ProcessingConfig;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJob;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJobCommand;
import com.hashicorp.cdktf.providers.aws.glue_job.GlueJobExecutionProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * A Glue Spark job; the construct's id is the resource's logical id.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html">AWS Glue job
 *     parameters</a>
 * @see <a href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/glue_job">aws_glue_job</a>
 */
final class SparkJob extends Construct {

    /**
     * What the construct needs.
     *
     * @param scriptUri the {@code s3://} address of the script
     * @param arguments default arguments beside those that every Spark job has
     * @param dependsOn what must exist before a run: the role's permissions
     */
    @NamedBuilder
    record Props(
            String name,
            String description,
            String scriptUri,
            Map<String, String> arguments,
            ProcessingConfig processing,
            JobLogs logs,
            String securityConfiguration,
            String roleArn,
            List<ITerraformDependable> dependsOn) {}

    /** Spark 3.5.4, Python 3.11, Java 17. */
    private static final String GLUE_VERSION = "5.0";

    SparkJob(Construct scope, String id, Props props) {
        super(scope, id);
        ProcessingConfig processing = props.processing();
        List<ITerraformDependable> dependsOn = new ArrayList<>(props.dependsOn());
        dependsOn.addAll(props.logs().getReady());
        GlueJob job = GlueJob.Builder.create(this, "job")
                .name(props.name())
                .description(props.description())
                .roleArn(props.roleArn())
                .securityConfiguration(props.securityConfiguration())
                .glueVersion(GLUE_VERSION)
                .command(GlueJobCommand.builder()
                        .name("glueetl")
                        .pythonVersion("3")
                        .scriptLocation(props.scriptUri())
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
        job.overrideLogicalId(id);
    }

    private static Map<String, String> arguments(Props props) {
        Map<String, String> arguments = new TreeMap<>(props.arguments());
        arguments.put("--job-language", "python");
        arguments.put("--enable-job-insights", "true");
        arguments.put("--enable-metrics", "true");
        arguments.put("--enable-continuous-cloudwatch-log", "true");
        // Glue 5.0's successor of --continuous-log-logGroup.
        arguments.put("--custom-logGroup-prefix", props.logs().getPrefix());
        return arguments;
    }
}
