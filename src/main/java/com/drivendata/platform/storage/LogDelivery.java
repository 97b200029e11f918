package com.drivendata.platform.storage;

import com.drivendata.platform.access.Arns;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Lets AWS deliver logs of this account and region, such as a VPC's flow logs, into a folder of a bucket.
 *
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html">Bucket permissions for
 *     flow logs</a>
 */
final class LogDelivery {

    private LogDelivery() {}

    /**
     * Adds what AWS's page asks for; AWS would add it to the policy itself otherwise, and the next plan take it out.
     *
     * @param prefix the folder, ending in a slash
     */
    static void allow(ArrayNode statements, Arns arns, String bucketArn, String prefix) {
        String files = "%s/%sAWSLogs/%s/*".formatted(bucketArn, prefix, arns.accountId());
        ObjectNode write = statement(statements, "WriteDeliveredLogs", "s3:PutObject", arns, files);
        ((ObjectNode) write.at("/Condition/StringEquals")).put("s3:x-amz-acl", "bucket-owner-full-control");
        statement(statements, "CheckBucketOfDeliveredLogs", "s3:GetBucketAcl", arns, bucketArn);
    }

    private static ObjectNode statement(ArrayNode statements, String sid, String action, Arns arns, String resource) {
        ObjectNode statement = statements.addObject().put("Sid", sid).put("Effect", "Allow");
        statement.putObject("Principal").put("Service", "delivery.logs.amazonaws.com");
        ObjectNode condition = statement.put("Action", action).putObject("Condition");
        condition.putObject("StringEquals").put("aws:SourceAccount", arns.accountId());
        condition.putObject("ArnLike").put("aws:SourceArn", arns.of("logs", "*"));
        return statement.put("Resource", resource);
    }
}
