package com.drivendata.platform.orchestration;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.cloudwatch_log_group.CloudwatchLogGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * The log groups of the Airflow environment, under the names that MWAA demands. Made beforehand: groups that MWAA makes
 * itself are kept for ever, and a stack that adds them later collides with them.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html">Airflow logs in
 *     CloudWatch</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group">aws_cloudwatch_log_group</a>
 */
public final class AirflowLogs extends Construct {

    /** MWAA's name of each log stream, by logical id. */
    private static final Map<String, String> STREAMS = new TreeMap<>(Map.of(
            "airflow_dag_processing", "DAGProcessing",
            "airflow_scheduler", "Scheduler",
            "airflow_task", "Task",
            "airflow_webserver", "WebServer",
            "airflow_worker", "Worker"));

    private final List<ITerraformDependable> groups = new ArrayList<>();

    /**
     * @param environment the name of the environment that writes the logs
     * @param keyArn the deployment's key; empty for CloudWatch's own
     */
    public AirflowLogs(Construct scope, String id, String environment, int retentionDays, Optional<String> keyArn) {
        super(scope, id);
        STREAMS.forEach((logicalId, stream) -> {
            CloudwatchLogGroup group = CloudwatchLogGroup.Builder.create(this, stream)
                    .name(prefix(environment) + stream)
                    .retentionInDays(retentionDays)
                    .kmsKeyId(keyArn.orElse(null))
                    .build();
            group.overrideLogicalId(logicalId);
            groups.add(group);
        });
    }

    /** What the names of an environment's log groups begin with. */
    public static String prefix(String environment) {
        return "airflow-" + environment + "-";
    }

    /** What the environment must wait for, and what must outlive it. */
    public List<ITerraformDependable> getReady() {
        return List.copyOf(groups);
    }
}
