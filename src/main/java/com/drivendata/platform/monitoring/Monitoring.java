package com.drivendata.platform.monitoring;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.MonitoringNames;
import com.drivendata.platform.pipeline.PipelineTable;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import software.constructs.Construct;

/** What tells people how the pipeline is: failures, late days, alarms, the dashboard. docs/monitoring.md lists them. */
public final class Monitoring extends Construct {

    /**
     * What the construct needs.
     *
     * @param accountId the deployment's account, literally or as a Terraform expression
     * @param deadlineRoleArn what the schedule of the deadline acts with
     * @param dependsOn what must exist before the schedule: the role's permissions
     */
    @NamedBuilder
    public record Props(
            DeploymentConfig deployment,
            MonitoringConfig monitoring,
            PipelineTable pipeline,
            String partition,
            String accountId,
            String deadlineRoleArn,
            List<ITerraformDependable> dependsOn) {}

    public Monitoring(Construct scope, String id, Props props) {
        super(scope, id);
        MonitoringConfig monitoring = props.monitoring();
        AlertTopic topic = new AlertTopic(
                this, "topic", props, MonitoringNames.of(props.deployment()).topic(), monitoring.emails());
        new FailureEvents(this, "failures", props, topic);
        new Deadline(this, "deadline", props);
        Alarms alarms = new Alarms(this, "alarms", props, topic);
        if (monitoring.dashboard()) {
            new DayDashboard(this, "dashboard", props, alarms.getArns());
        }
    }
}
