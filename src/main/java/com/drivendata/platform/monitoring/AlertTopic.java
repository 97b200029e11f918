package com.drivendata.platform.monitoring;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.KeyPolicyDocument;
import com.drivendata.platform.config.MonitoringNames;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.kms_key.KmsKey;
import com.hashicorp.cdktf.providers.aws.sns_topic.SnsTopic;
import com.hashicorp.cdktf.providers.aws.sns_topic_policy.SnsTopicPolicy;
import com.hashicorp.cdktf.providers.aws.sns_topic_subscription.SnsTopicSubscription;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import software.constructs.Construct;

/**
 * The topic that everything is told on, encrypted, with its subscriptions. The key is the deployment's own: SNS's own
 * one lets neither EventBridge nor CloudWatch publish.
 *
 * @see <a href="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services">
 *     Encrypted topics and AWS services</a>
 */
final class AlertTopic extends Construct {

    private static final int DELETION_WINDOW_DAYS = 7;
    private static final String EVENTS = "events.amazonaws.com";
    private static final String CLOUDWATCH = "cloudwatch.amazonaws.com";
    private static final List<String> ENCRYPT = List.of("kms:Decrypt", "kms:GenerateDataKey*");

    private final String arn;
    private final SnsTopicPolicy policy;

    AlertTopic(Construct scope, String id, Deployment deployment, List<String> emails) {
        super(scope, id);
        String name = MonitoringNames.of(deployment.config()).topic();
        KmsKey key = KmsKey.Builder.create(this, "key")
                .description("Messages of the topic " + name)
                .enableKeyRotation(true)
                .deletionWindowInDays(DELETION_WINDOW_DAYS)
                .policy(keyPolicy(deployment.arns()))
                .build();
        key.overrideLogicalId("alerts");
        SnsTopic topic = SnsTopic.Builder.create(this, "topic")
                .name(name)
                .kmsMasterKeyId(key.getKeyId())
                .build();
        topic.overrideLogicalId("alerts");
        arn = topic.getArn();
        policy = SnsTopicPolicy.Builder.create(this, "policy")
                .arn(arn)
                .policy(publishers(deployment.arns().accountId()))
                .build();
        policy.overrideLogicalId("alerts");
        Set<String> ids = new HashSet<>();
        for (String email : emails) {
            SnsTopicSubscription subscription = SnsTopicSubscription.Builder.create(this, email)
                    .topicArn(arn)
                    .protocol("email")
                    .endpoint(email)
                    .build();
            String readable = email.replaceAll("[^A-Za-z0-9]", "_");
            // Two addresses may look alike so, and a digit can't begin an id: then it is CDKTF's own.
            if (readable.matches("[A-Za-z_].*") && ids.add(readable)) {
                subscription.overrideLogicalId(readable);
            }
        }
    }

    String getArn() {
        return arn;
    }

    /** What publishers must wait for. */
    List<ITerraformDependable> getReady() {
        return List.of(policy);
    }

    /** EventBridge's requests to KMS say for whom they are by no key, so its statement can have no condition. */
    private static String keyPolicy(Arns arns) {
        KeyPolicyDocument policy = new KeyPolicyDocument(arns);
        policy.allowService("EncryptEvents", EVENTS, ENCRYPT);
        policy.allowService("EncryptAlarms", CLOUDWATCH, ENCRYPT)
                .putObject("Condition")
                .putObject("StringEquals")
                .put("aws:SourceAccount", arns.accountId());
        return policy.json();
    }

    /**
     * CloudWatch on behalf of this account, and EventBridge, for which a condition can't be given: "You can't use
     * Condition blocks in Amazon SNS topic policies for EventBridge".
     *
     * @see <a
     *     href="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions">
     *     Amazon SNS permissions</a>
     */
    private String publishers(String accountId) {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ArrayNode statements = document.putArray("Statement");
        publisher(statements, "TellEvents", EVENTS);
        publisher(statements, "TellAlarms", CLOUDWATCH)
                .putObject("Condition")
                .putObject("StringEquals")
                .put("aws:SourceAccount", accountId);
        return document.toString();
    }

    private ObjectNode publisher(ArrayNode statements, String sid, String service) {
        ObjectNode statement = statements.addObject().put("Sid", sid).put("Effect", "Allow");
        statement.putObject("Principal").put("Service", service);
        return statement.put("Action", "sns:Publish").put("Resource", arn);
    }
}
