package com.drivendata.platform.identity;

import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.KeyPolicyDocument;
import com.drivendata.platform.config.DeploymentConfig;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.providers.aws.kms_key.KmsKey;
import java.util.List;
import software.constructs.Construct;

/**
 * The deployment's own key for all that it keeps: the bucket, logs, query results, what Glue writes and the Airflow
 * environment. People and roles use it by their own policies (docs/permissions.md, UseDataKey); MWAA by grants that it
 * makes for itself in the name of whoever makes the environment.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/custom-keys-certs.html">A customer-managed key for
 *     MWAA</a>
 */
public final class DataKey extends Construct {

    /** What the names of the crawlers' log groups begin with; Glue gives no choice. */
    static final String CRAWLER_LOGS = "/aws-glue/crawlers";

    private final KmsKey key;

    public DataKey(Construct scope, String id, Arns arns, DeploymentConfig deployment) {
        super(scope, id);
        key = KmsKey.Builder.create(this, "key")
                .description("Data, logs and query results")
                .enableKeyRotation(true)
                .policy(policy(arns, deployment))
                .deletionWindowInDays(PseudonymKey.deletionWindowDays(deployment.destroyable()))
                .lifecycle(TerraformResourceLifecycle.builder()
                        .preventDestroy(!deployment.destroyable())
                        .build())
                .build();
        key.overrideLogicalId("data");
    }

    public String getArn() {
        return key.getArn();
    }

    private static String policy(Arns arns, DeploymentConfig deployment) {
        KeyPolicyDocument policy = new KeyPolicyDocument(arns);
        ArrayNode groups = encryptLogs(policy, arns.region());
        for (String name : List.of(deployment.orchestration().logGroups(), deployment.jobLogGroups(), CRAWLER_LOGS)) {
            groups.add(arns.of("logs", "log-group:" + name + "*"));
        }
        if (deployment.network().recordsFlows()) {
            encryptFlowLogs(policy, arns);
        }
        return policy.json();
    }

    /**
     * For the deployment's log groups alone, which CloudWatch names in the encryption context.
     *
     * @see <a href="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html">Encrypt log
     *     data</a>
     */
    private static ArrayNode encryptLogs(KeyPolicyDocument policy, String region) {
        return policy.allowService(
                        "EncryptLogs",
                        "logs." + region + ".amazonaws.com",
                        List.of(
                                "kms:Encrypt*",
                                "kms:Decrypt*",
                                "kms:ReEncrypt*",
                                "kms:GenerateDataKey*",
                                "kms:Describe*"))
                .putObject("Condition")
                .putObject("ArnLike")
                .putArray("kms:EncryptionContext:aws:logs:arn");
    }

    /**
     * The delivery writes into a bucket that encrypts with this key.
     *
     * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-cmk-policy.html">The key policy for
     *     flow logs</a>
     */
    private static void encryptFlowLogs(KeyPolicyDocument policy, Arns arns) {
        ObjectNode condition = policy.allowService(
                        "DeliverFlowLogs",
                        "delivery.logs.amazonaws.com",
                        List.of(
                                "kms:Encrypt",
                                "kms:Decrypt",
                                "kms:ReEncrypt*",
                                "kms:GenerateDataKey*",
                                "kms:DescribeKey"))
                .putObject("Condition");
        condition.putObject("StringEquals").put("aws:SourceAccount", arns.accountId());
        condition.putObject("ArnLike").put("aws:SourceArn", arns.of("logs", "*"));
    }
}
