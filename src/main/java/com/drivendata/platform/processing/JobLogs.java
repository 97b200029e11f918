package com.drivendata.platform.processing;

import com.drivendata.platform.Deployment;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.cloudwatch_log_group.CloudwatchLogGroup;
import java.util.ArrayList;
import java.util.List;
import software.constructs.Construct;

/**
 * The log groups of the Glue jobs. Glue 5.0 writes to {@code <prefix>/output} and {@code <prefix>/error}, and with a
 * security configuration that encrypts logs to {@code <prefix>/<configuration>-role/<role>/output} and so on; made
 * here, so that they have a retention and go with the stack.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html">Logging for AWS Glue
 *     jobs</a>
 */
final class JobLogs extends Construct {

    private static final List<String> STREAMS = List.of("output", "error");

    private final List<ITerraformDependable> groups = new ArrayList<>();

    /** @param roleName the jobs' role */
    JobLogs(Construct scope, String id, Deployment deployment, String roleName) {
        super(scope, id);
        String folder = deployment.config().jobLogGroups()
                + (deployment.dataKey().isPresent()
                        ? "/%s-role/%s".formatted(GlueSecurity.name(deployment), roleName)
                        : "");
        for (String stream : STREAMS) {
            CloudwatchLogGroup group = CloudwatchLogGroup.Builder.create(this, stream)
                    .name(folder + "/" + stream)
                    .retentionInDays(deployment.config().processing().logRetentionDays())
                    .kmsKeyId(deployment.dataKey().orElse(null))
                    .build();
            group.overrideLogicalId("glue_jobs_" + stream);
            groups.add(group);
        }
    }

    /** What a job must wait for: a group that Glue makes itself has no retention and collides with ours. */
    List<ITerraformDependable> getReady() {
        return List.copyOf(groups);
    }
}
