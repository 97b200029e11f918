package com.drivendata.platform.network;

import com.drivendata.platform.config.NetworkConfig.Egress;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.default_security_group.DefaultSecurityGroup;
import com.hashicorp.cdktf.providers.aws.vpc.Vpc;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.constructs.Construct;

/**
 * A VPC of the platform's own. Its /20 subnets have fixed places: public ones at x.x.0.0, x.x.16.0 and x.x.32.0,
 * private ones at x.x.48.0 and x.x.64.0. With egress by endpoints it has neither public subnets nor an internet
 * gateway: nothing in it may reach the internet.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html">Networking on MWAA</a>
 */
final class DedicatedVpc extends Construct implements VpcPlacement {

    private static final int FIRST_PRIVATE = 3;

    private final String vpcId;
    private final String cidr;
    private final Optional<PublicSubnets> publicSubnets;

    DedicatedVpc(Construct scope, String id, Network.Props props) {
        super(scope, id);
        cidr = props.network().vpcCidr();
        Vpc vpc = Vpc.Builder.create(this, "vpc")
                .cidrBlock(cidr)
                .enableDnsSupport(true)
                // Private DNS of the endpoints, MWAA's own included, needs both.
                .enableDnsHostnames(true)
                .tags(Map.of("Name", props.name()))
                .build();
        vpc.overrideLogicalId("vpc");
        vpcId = vpc.getId();
        closeDefaultSecurityGroup(props);
        props.bucket()
                .getFlowLogDestination()
                .ifPresent(destination -> new FlowLogs(this, "flow-logs", vpcId, destination, props));
        publicSubnets = props.network().egress() == Egress.NAT
                ? Optional.of(new PublicSubnets(this, "public", vpcId, props))
                : Optional.empty();
    }

    @Override
    public String getVpcId() {
        return vpcId;
    }

    @Override
    public List<String> getShared() {
        return List.of();
    }

    @Override
    public String privateCidr(int zone) {
        return subnetCidr(cidr, FIRST_PRIVATE + zone);
    }

    @Override
    public String publicSubnetId(int zone) {
        return existingPublicSubnets().getId(zone);
    }

    @Override
    public List<ITerraformDependable> getReady() {
        return existingPublicSubnets().getReady();
    }

    /** The /20 with this position in a range that begins at x.x.0.0. */
    static String subnetCidr(String vpcCidr, int index) {
        String[] octets = vpcCidr.split("\\.", 4);
        return "%s.%s.%d.0/20".formatted(octets[0], octets[1], index * 16);
    }

    /** AWS gives each VPC a group that lets its members talk to each other; without rules it lets nothing through. */
    private void closeDefaultSecurityGroup(Network.Props props) {
        DefaultSecurityGroup.Builder.create(this, "default-security-group")
                .vpcId(vpcId)
                .tags(Map.of("Name", props.name() + "-default-closed"))
                .build()
                .overrideLogicalId("default_closed");
    }

    private PublicSubnets existingPublicSubnets() {
        return publicSubnets.orElseThrow(() -> new IllegalStateException("egress by endpoints has no public subnets"));
    }
}
