package com.drivendata.platform.network;

import com.hashicorp.cdktf.Fn;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.data_aws_subnet.DataAwsSubnet;
import com.hashicorp.cdktf.providers.aws.data_aws_subnet.DataAwsSubnetFilter;
import com.hashicorp.cdktf.providers.aws.data_aws_vpc.DataAwsVpc;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import software.constructs.Construct;

/**
 * The account's default VPC, looked up. AWS puts its three default subnets at the first three /20 of 172.31.0.0/16; the
 * private ones take the next two. The default subnets are public: a NAT gateway goes into the one of its zone.
 *
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html">Default VPC
 *     components</a>
 */
final class DefaultVpc extends Construct implements VpcPlacement {

    private static final int FIRST_PRIVATE = 3;

    /** From the VPC's /16 to a subnet's /20. */
    private static final int SUBNET_BITS = 4;

    private final DataAwsVpc vpc;
    private final Network.Props props;
    private final Map<Integer, DataAwsSubnet> defaultSubnets = new TreeMap<>();

    DefaultVpc(Construct scope, String id, Network.Props props) {
        super(scope, id);
        this.props = props;
        vpc = DataAwsVpc.Builder.create(this, "vpc").defaultValue(true).build();
        vpc.overrideLogicalId("default");
    }

    @Override
    public String getVpcId() {
        return vpc.getId();
    }

    @Override
    public String privateCidr(int zone) {
        return Fn.cidrsubnet(vpc.getCidrBlock(), SUBNET_BITS, FIRST_PRIVATE + zone);
    }

    @Override
    public String publicSubnetId(int zone) {
        return defaultSubnets.computeIfAbsent(zone, this::lookUpDefaultSubnet).getId();
    }

    @Override
    public List<String> getShared() {
        return Stream.concat(
                        Stream.of("vpc/" + vpc.getId()),
                        defaultSubnets.values().stream().map(subnet -> "subnet/" + subnet.getId()))
                .toList();
    }

    /** Its internet gateway and routes are there already. */
    @Override
    public List<ITerraformDependable> getReady() {
        return List.of();
    }

    private DataAwsSubnet lookUpDefaultSubnet(int zone) {
        DataAwsSubnet subnet = DataAwsSubnet.Builder.create(this, "default-subnet-" + (zone + 1))
                .vpcId(vpc.getId())
                .filter(List.of(filter("availability-zone", props.zone(zone)), filter("default-for-az", "true")))
                .build();
        subnet.overrideLogicalId("default_" + (zone + 1));
        return subnet;
    }

    private static DataAwsSubnetFilter filter(String name, String value) {
        return DataAwsSubnetFilter.builder().name(name).values(List.of(value)).build();
    }
}
