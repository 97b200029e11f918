package com.drivendata.platform.config;

import java.util.List;

/** The network of the Airflow environment. {@code zones} are zone letters in the deployment's region. */
public record NetworkConfig(Mode mode, String vpcCidr, List<String> zones, Egress egress, NatGateways natGateways) {

    /** A VPC of the platform's own, or the account's default VPC. */
    public enum Mode {
        DEDICATED,
        DEFAULT_VPC
    }

    /** How the private subnets reach AWS: through NAT and the internet, or through VPC endpoints only. */
    public enum Egress {
        NAT,
        ENDPOINTS
    }

    /** One NAT gateway for both private subnets, or one in the zone of each. */
    public enum NatGateways {
        SINGLE,
        PER_ZONE
    }
}
