package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.identity.ServiceRole;
import software.constructs.Construct;

/** What tells people how the pipeline is: failures, late days, alarms, the dashboard. docs/monitoring.md lists them. */
public final class Monitoring extends Construct {

    /** @param deadline what the schedule of the deadline acts with */
    public Monitoring(Construct scope, String id, Deployment deployment, ServiceRole deadline) {
        super(scope, id);
        MonitoringConfig monitoring = deployment.config().monitoring().orElseThrow();
        AlertTopic topic = new AlertTopic(this, "topic", deployment, monitoring.emails());
        new FailureEvents(this, "failures", deployment, topic, monitoring.runbook());
        new Deadline(this, "deadline", deployment, monitoring, deadline);
        Alarms alarms = new Alarms(this, "alarms", deployment, monitoring, topic);
        if (monitoring.dashboard()) {
            new DayDashboard(this, "dashboard", deployment, alarms.getArns());
        }
    }
}
