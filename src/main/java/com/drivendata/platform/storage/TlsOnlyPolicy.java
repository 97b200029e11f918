package com.drivendata.platform.storage;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A bucket policy that refuses every request without TLS.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit">Encryption
 *     of data in transit</a>
 */
public final class TlsOnlyPolicy {

    private TlsOnlyPolicy() {}

    /** The policy of the bucket with this ARN. */
    public static String json(String bucketArn) {
        return document(bucketArn).toString();
    }

    /** The same, for more statements. */
    static ObjectNode document(String bucketArn) {
        ObjectNode policy = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ObjectNode statement = policy.putArray("Statement").addObject();
        statement.put("Sid", "TlsOnly").put("Effect", "Deny").put("Principal", "*");
        statement.put("Action", "s3:*");
        statement.putArray("Resource").add(bucketArn).add(bucketArn + "/*");
        statement.putObject("Condition").putObject("Bool").put("aws:SecureTransport", "false");
        return policy;
    }
}
