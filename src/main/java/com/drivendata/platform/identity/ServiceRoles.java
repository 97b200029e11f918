package com.drivendata.platform.identity;

import software.constructs.Construct;

/** The execution roles of Airflow and of Glue, from {@code policies/*.json}. */
public final class ServiceRoles extends Construct {

    public ServiceRoles(Construct scope, String id, ServiceRolesProps props) {
        super(scope, id);
        throw new UnsupportedOperationException("signature only");
    }

    public ServiceRole getAirflow() {
        throw new UnsupportedOperationException("signature only");
    }

    public ServiceRole getGlue() {
        throw new UnsupportedOperationException("signature only");
    }
}
