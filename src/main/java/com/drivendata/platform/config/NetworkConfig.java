package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;

/**
 * The network of the Airflow environment. {@code zones} are zone letters in the deployment's region: a public subnet in
 * each, the private ones in the first two.
 */
public record NetworkConfig(
        Mode mode,
        String vpcCidr,
        List<String> zones,
        Egress egress,
        NatGateways natGateways,
        boolean flowLogs,
        boolean endpointPolicies) {

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

    /** The address range that AWS gives every default VPC. */
    private static final String DEFAULT_VPC_CIDR = "172.31.0.0/16";

    private static final Kind<String> ZONE = Kinds.text("[a-z]", "the letter of a zone, such as a");

    /** Whether there are flow logs: an account's default VPC isn't the deployment's to watch. */
    public boolean recordsFlows() {
        return flowLogs && mode == Mode.DEDICATED;
    }

    static NetworkConfig read(YamlSection network) {
        Mode mode = network.value(
                "mode",
                Kinds.constant(Mode.class, "-"),
                Mode.DEDICATED,
                "A VPC of the platform's own, or two private subnets in the account's default VPC. *Replaces* the"
                        + " Airflow environment.");
        String anyCidr = mode == Mode.DEDICATED ? "10.192.0.0/16" : DEFAULT_VPC_CIDR;
        List<String> zones = network.values(
                "zones",
                ZONE.allowed("2 or 3 zone letters"),
                List.of("a", "b", "c"),
                "A public subnet in each zone, the private ones in the first two. *Replaces* subnets and the Airflow"
                        + " environment.");
        if (zones.stream().distinct().count() != zones.size() || zones.size() < 2 || zones.size() > 3) {
            network.note("zones", zones + ": must be two or three different zone letters");
        }
        return new NetworkConfig(
                mode,
                network.value(
                                "vpc_cidr",
                                Kinds.parsed(Cidr::vpc).allowed("see below"),
                                Cidr.vpc(anyCidr),
                                "The addresses of the VPC; " + DEFAULT_VPC_CIDR
                                        + " in a default VPC. *Replaces* the network and the Airflow environment.")
                        .toString(),
                zones,
                network.value(
                        "egress",
                        Kinds.constant(Egress.class, "-"),
                        Egress.NAT,
                        "How workers reach AWS: through NAT and the internet, or through VPC endpoints alone."),
                network.value(
                        "nat_gateways",
                        Kinds.constant(NatGateways.class, "-"),
                        NatGateways.SINGLE,
                        "One NAT gateway, or one in the zone of each private subnet: dearer, but survives the loss of a"
                                + " zone."),
                network.value(
                        "flow_logs",
                        Kinds.bool(),
                        true,
                        "Records who talked to whom in a dedicated VPC, for 90 days, in the data lake bucket; AWS bills"
                                + " each GB of [vended logs](https://aws.amazon.com/cloudwatch/pricing/)."),
                network.value(
                        "endpoint_policies",
                        Kinds.bool(),
                        false,
                        "Lets nothing but the deployment's own bucket be reached through the VPC's way to S3, beside the"
                                + " one of MWAA's image layers, and by nobody but the account through the one to Glue."
                                + " Costs nothing. What else a DAG of yours reads from S3, it can't any more."));
    }
}
