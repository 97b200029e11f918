package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.route_table.RouteTable;
import com.hashicorp.cdktf.providers.aws.route_table_association.RouteTableAssociation;
import com.hashicorp.cdktf.providers.aws.subnet.Subnet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The environment's two subnets, in the first two zones of the deployment, each with a route table of its own. Ids
 * follow the position, not the zone's letter, so that a change of zones replaces a subnet in place of adding one with
 * the same addresses beside it.
 */
final class PrivateSubnets extends Construct {

    /** MWAA wants exactly two, in different zones. */
    static final int COUNT = 2;

    private final List<String> subnets = new ArrayList<>();
    private final List<String> tables = new ArrayList<>();
    private final List<ITerraformDependable> associations = new ArrayList<>();

    PrivateSubnets(Construct scope, String id, VpcPlacement placement, Network.Props props) {
        super(scope, id);
        for (int zone = 0; zone < COUNT; zone++) {
            addSubnet(placement, props, zone);
        }
    }

    List<String> getIds() {
        return List.copyOf(subnets);
    }

    List<String> getRouteTableIds() {
        return List.copyOf(tables);
    }

    List<ITerraformDependable> getReady() {
        return List.copyOf(associations);
    }

    private void addSubnet(VpcPlacement placement, Network.Props props, int zone) {
        String logicalId = "private_" + (zone + 1);
        String name = "private-zone-" + props.zoneLetter(zone);
        Subnet subnet = Subnet.Builder.create(this, "subnet-" + (zone + 1))
                .vpcId(placement.getVpcId())
                .cidrBlock(placement.privateCidr(zone))
                .availabilityZone(props.zone(zone))
                .mapPublicIpOnLaunch(false)
                .tags(Map.of("Name", name))
                .build();
        subnet.overrideLogicalId(logicalId);
        RouteTable table = RouteTable.Builder.create(this, "routes-" + (zone + 1))
                .vpcId(placement.getVpcId())
                .tags(Map.of("Name", props.name() + "-" + name))
                .build();
        table.overrideLogicalId(logicalId);
        String subnetId = subnet.getId();
        String tableId = table.getId();
        RouteTableAssociation association = RouteTableAssociation.Builder.create(this, "routing-" + (zone + 1))
                .subnetId(subnetId)
                .routeTableId(tableId)
                .build();
        association.overrideLogicalId(logicalId);
        subnets.add(subnetId);
        tables.add(tableId);
        associations.add(association);
    }
}
