package com.drivendata.platform.storage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Lets AWS deliver logs of this account and region, such as a VPC's flow logs, into a folder of a bucket.
 *
 * @param accountId the deployment's account, literally or as a Terraform expression
 * @param prefix the folder, ending in a slash
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html">Bucket permissions for
 *     flow logs</a>
 */
public record LogDelivery(String accountId, String region, String prefix) {

    private static final String SERVICE = "delivery.logs.amazonaws.com";

    /**
     * Adds what AWS's page asks for; AWS would add it to the policy itself otherwise, and the next plan take it out.
     */
    void allow(ArrayNode statements, String partition, String bucketArn) {
        ObjectNode write = statement(statements, "WriteDeliveredLogs", "s3:PutObject", partition);
        write.put("Resource", "%s/%sAWSLogs/%s/*".formatted(bucketArn, prefix, accountId));
        ((ObjectNode) write.at("/Condition/StringEquals")).put("s3:x-amz-acl", "bucket-owner-full-control");
        statement(statements, "CheckBucketOfDeliveredLogs", "s3:GetBucketAcl", partition)
                .put("Resource", bucketArn);
    }

    private ObjectNode statement(ArrayNode statements, String sid, String action, String partition) {
        ObjectNode condition = JsonNodeFactory.instance.objectNode();
        condition.putObject("StringEquals").put("aws:SourceAccount", accountId);
        condition
                .putObject("ArnLike")
                .put("aws:SourceArn", "arn:%s:logs:%s:%s:*".formatted(partition, region, accountId));
        ObjectNode statement = statements.addObject().put("Sid", sid).put("Effect", "Allow");
        statement.putObject("Principal").put("Service", SERVICE);
        statement.put("Action", action).set("Condition", condition);
        return statement;
    }
}
