package com.drivendata.platform.storage;

import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import software.constructs.Construct;

/** The data lake bucket. */
public final class DataLakeBucket extends Construct {

    public DataLakeBucket(Construct scope, String id, DataLakeBucketProps props) {
        super(scope, id);
        throw new UnsupportedOperationException("signature only");
    }

    /** The bucket's name, known when the plan is made. */
    public String getName() {
        throw new UnsupportedOperationException("signature only");
    }

    public String getArn() {
        throw new UnsupportedOperationException("signature only");
    }

    /** What an object must wait for: ownership, encryption, versioning and the bucket's policy. */
    public List<ITerraformDependable> getReady() {
        throw new UnsupportedOperationException("signature only");
    }
}
