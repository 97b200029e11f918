package com.drivendata.platform.network;

import com.drivendata.platform.access.Arns;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What may be reached through the VPC's endpoints, whoever asks: of S3 the deployment's bucket, and read-only the one
 * from which MWAA's workers fetch the layers of their image. That is what MWAA's page names; the Glue jobs run outside
 * the VPC and need nothing here. For the endpoints of MWAA's own services the same page asks for full access, since
 * what MWAA calls there isn't the deployment's; Glue, which only the DAG calls, is open to this account's identities.
 *
 * @param bucketArn the data lake
 * @see <a
 *     href="https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-security.html#vpc-external-vpce-policies">Endpoint
 *     policies for MWAA</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms">The
 *     bucket of image layers</a>
 */
record EndpointPolicies(Arns arns, String bucketArn) {

    String s3() {
        ObjectNode policy = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ArrayNode own = allow(policy, "ReachOwnBucket", "s3:*").putArray("Resource");
        own.add(bucketArn).add(bucketArn + "/*");
        // MWAA looks whether the account blocks public access; the setting has no resource.
        ObjectNode check = allow(policy, "CheckAccountPublicAccess", "s3:GetAccountPublicAccessBlock");
        ofThisAccount(check.put("Resource", "*"));
        allow(policy, "FetchImageLayers", "s3:GetObject")
                .put(
                        "Resource",
                        "arn:%s:s3:::prod-%s-starport-layer-bucket/*".formatted(arns.partition(), arns.region()));
        return policy.toString();
    }

    String glue() {
        ObjectNode policy = JsonNodeFactory.instance.objectNode().put("Version", "2012-10-17");
        ofThisAccount(allow(policy, "ServeThisAccount", "glue:*").put("Resource", "*"));
        return policy.toString();
    }

    private void ofThisAccount(ObjectNode statement) {
        statement.putObject("Condition").putObject("StringEquals").put("aws:PrincipalAccount", arns.accountId());
    }

    private static ObjectNode allow(ObjectNode policy, String sid, String action) {
        return policy.withArray("Statement")
                .addObject()
                .put("Sid", sid)
                .put("Effect", "Allow")
                .put("Principal", "*")
                .put("Action", action);
    }
}
