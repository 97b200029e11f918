package com.drivendata.platform.identity;

import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import software.constructs.Construct;

/** A role that an AWS service assumes, with one policy. */
public final class ServiceRole extends Construct {

    public ServiceRole(Construct scope, String id, ServiceRoleProps props) {
        super(scope, id);
        throw new UnsupportedOperationException("signature only");
    }

    public String getArn() {
        throw new UnsupportedOperationException("signature only");
    }

    public String getName() {
        throw new UnsupportedOperationException("signature only");
    }

    /** What a user of the role must wait for: the policy is attached. */
    public List<ITerraformDependable> getReady() {
        throw new UnsupportedOperationException("signature only");
    }
}
