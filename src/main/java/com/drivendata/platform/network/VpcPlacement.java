package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/** The VPC that the private subnets are made in. Zones are positions in the deployment's list, from 0. */
interface VpcPlacement {

    String getVpcId();

    /** The address range of the private subnet in a zone. */
    String privateCidr(int zone);

    /**
     * A subnet of the zone with a route to the internet, for a NAT gateway.
     *
     * @throws IllegalStateException where the VPC has none, because its egress is by endpoints
     */
    String publicSubnetId(int zone);

    /** What of it isn't the stack's own, as EC2's ARNs name it: {@code vpc/<id>}. */
    List<String> getShared();

    /** What a NAT gateway must wait for. */
    List<ITerraformDependable> getReady();
}
