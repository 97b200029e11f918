package com.drivendata.platform.network;

import com.hashicorp.cdktf.providers.aws.flow_log.FlowLog;
import java.util.Map;
import software.constructs.Construct;

/**
 * The record of who talked to whom in a VPC, refused attempts included, as files in S3: that costs less than CloudWatch
 * and needs no role.
 *
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html">Flow logs to S3</a>
 */
final class FlowLogs extends Construct {

    /** AWS's own default, said because a change replaces the flow log. */
    private static final int INTERVAL_SECONDS = 600;

    FlowLogs(Construct scope, String id, String vpcId, String destinationArn, Network.Props props) {
        super(scope, id);
        FlowLog.Builder.create(this, "flow-log")
                .vpcId(vpcId)
                .trafficType("ALL")
                .logDestinationType("s3")
                .logDestination(destinationArn)
                .maxAggregationInterval(INTERVAL_SECONDS)
                .tags(Map.of("Name", props.name()))
                .dependsOn(props.bucket().getReady())
                .build()
                .overrideLogicalId("vpc");
    }
}
