package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import software.constructs.Construct;

/** The network of the Airflow environment. */
public final class Network extends Construct {

    public Network(Construct scope, String id, NetworkProps props) {
        super(scope, id);
        throw new UnsupportedOperationException("signature only");
    }

    public String getVpcId() {
        throw new UnsupportedOperationException("signature only");
    }

    /** The ids of private-zone-a and private-zone-b. */
    public List<String> getPrivateSubnetIds() {
        throw new UnsupportedOperationException("signature only");
    }

    /** The environment's security group. */
    public String getSecurityGroupId() {
        throw new UnsupportedOperationException("signature only");
    }

    /** What the environment must wait for, and outlive on destroy: routes, endpoints, security group rules. */
    public List<ITerraformDependable> getRoutes() {
        throw new UnsupportedOperationException("signature only");
    }
}
