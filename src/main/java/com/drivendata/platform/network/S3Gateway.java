package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.vpc_endpoint.VpcEndpoint;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The private subnets' way to S3. It costs nothing, and with NAT it keeps the raw files' traffic from being paid there.
 *
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html">Gateway endpoints for S3</a>
 */
final class S3Gateway extends Construct {

    private final VpcEndpoint endpoint;

    S3Gateway(Construct scope, String id, VpcPlacement placement, PrivateSubnets subnets, Network.Props props) {
        super(scope, id);
        endpoint = VpcEndpoint.Builder.create(this, "endpoint")
                .vpcId(placement.getVpcId())
                .serviceName("com.amazonaws." + props.region() + ".s3")
                .vpcEndpointType("Gateway")
                .routeTableIds(subnets.getRouteTableIds())
                .policy(props.endpointPolicies().map(EndpointPolicies::s3).orElse(null))
                .tags(Map.of("Name", props.name() + "-s3"))
                .build();
        endpoint.overrideLogicalId("s3");
    }

    List<ITerraformDependable> getReady() {
        return List.of(endpoint);
    }
}
