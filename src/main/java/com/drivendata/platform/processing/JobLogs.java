package com.drivendata.platform.processing;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.cloudwatch_log_group.CloudwatchLogGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The log groups of the Glue jobs. Glue 5.0 writes to {@code <prefix>/output} and {@code <prefix>/error}, and with a
 * security configuration that encrypts logs to {@code <prefix>/<configuration>-role/<role>/output} and so on; made
 * here, so that they have a retention and go with the stack.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html">Logging for AWS Glue
 *     jobs</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_log_group">aws_cloudwatch_log_group</a>
 */
public final class JobLogs extends Construct {

    /** What the names of the crawlers' log groups begin with; Glue gives no choice. */
    public static final String CRAWLERS = "/aws-glue/crawlers";

    private static final List<String> STREAMS = List.of("output", "error");

    private final String prefix;
    private final List<ITerraformDependable> groups = new ArrayList<>();

    /**
     * @param company keeps the groups of two companies in one account apart
     * @param keyArn the deployment's key, which the security configuration names; empty for CloudWatch's own
     * @param roleName the jobs' role
     */
    public JobLogs(
            Construct scope, String id, String company, int retentionDays, Optional<String> keyArn, String roleName) {
        super(scope, id);
        prefix = prefix(company);
        String folder = keyArn.map(key -> "/%s-role/%s".formatted(GlueSecurity.name(company, true), roleName))
                .orElse("");
        for (String stream : STREAMS) {
            CloudwatchLogGroup group = CloudwatchLogGroup.Builder.create(this, stream)
                    .name(prefix + folder + "/" + stream)
                    .retentionInDays(retentionDays)
                    .kmsKeyId(keyArn.orElse(null))
                    .build();
            group.overrideLogicalId("glue_jobs_" + stream);
            groups.add(group);
        }
    }

    /** What the names of a company's log groups start with. Roles are made before the groups and name them too. */
    public static String prefix(String company) {
        return "/aws-glue/jobs/" + company;
    }

    /** What the names of the groups start with, without a slash at the end. */
    public String getPrefix() {
        return prefix;
    }

    /** What a job must wait for: a group that Glue makes itself has no retention and collides with ours. */
    public List<ITerraformDependable> getReady() {
        return List.copyOf(groups);
    }
}
