package com.drivendata.platform.orchestration;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.OrchestrationConfig;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.cloudwatch_log_group.CloudwatchLogGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * The log groups of the Airflow environment, under the names that MWAA demands. Made beforehand: groups that MWAA makes
 * itself are kept for ever, and a stack that adds them later collides with them.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html">Airflow logs in
 *     CloudWatch</a>
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

    public AirflowLogs(Construct scope, String id, Deployment deployment) {
        super(scope, id);
        OrchestrationConfig orchestration = deployment.config().orchestration();
        STREAMS.forEach((logicalId, stream) -> {
            CloudwatchLogGroup group = CloudwatchLogGroup.Builder.create(this, stream)
                    .name(orchestration.logGroups() + stream)
                    .retentionInDays(orchestration.logRetentionDays())
                    .kmsKeyId(deployment.dataKey().orElse(null))
                    .build();
            group.overrideLogicalId(logicalId);
            groups.add(group);
        });
    }

    /** What the environment must wait for, and what must outlive it. */
    public List<ITerraformDependable> getReady() {
        return List.copyOf(groups);
    }
}
