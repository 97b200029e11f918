package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.internet_gateway.InternetGateway;
import com.hashicorp.cdktf.providers.aws.route.Route;
import com.hashicorp.cdktf.providers.aws.route_table.RouteTable;
import com.hashicorp.cdktf.providers.aws.route_table_association.RouteTableAssociation;
import com.hashicorp.cdktf.providers.aws.subnet.Subnet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * A public subnet in each zone of the deployment, routed to an internet gateway. They hold the NAT gateways; nothing
 * launched in them gets a public address by itself.
 */
final class PublicSubnets extends Construct {

    private final List<Subnet> subnets = new ArrayList<>();
    private final List<ITerraformDependable> routes = new ArrayList<>();

    PublicSubnets(Construct scope, String id, String vpcId, Network.Props props) {
        super(scope, id);
        InternetGateway internet = InternetGateway.Builder.create(this, "internet-gateway")
                .vpcId(vpcId)
                .tags(Map.of("Name", props.name()))
                .build();
        internet.overrideLogicalId("internet");
        RouteTable table = RouteTable.Builder.create(this, "routes")
                .vpcId(vpcId)
                .tags(Map.of("Name", props.name() + "-public"))
                .build();
        table.overrideLogicalId("public");
        String tableId = table.getId();
        Route toInternet = Route.Builder.create(this, "internet-route")
                .routeTableId(tableId)
                .destinationCidrBlock("0.0.0.0/0")
                .gatewayId(internet.getId())
                .build();
        toInternet.overrideLogicalId("public_internet");
        routes.add(toInternet);
        for (int zone = 0; zone < props.network().zones().size(); zone++) {
            addSubnet(vpcId, props, zone, tableId);
        }
    }

    String getId(int zone) {
        return subnets.get(zone).getId();
    }

    List<ITerraformDependable> getReady() {
        return List.copyOf(routes);
    }

    private void addSubnet(String vpcId, Network.Props props, int zone, String tableId) {
        String logicalId = "public_" + (zone + 1);
        Subnet subnet = Subnet.Builder.create(this, "subnet-" + (zone + 1))
                .vpcId(vpcId)
                .cidrBlock(DedicatedVpc.subnetCidr(props.network().vpcCidr(), zone))
                .availabilityZone(props.zone(zone))
                .mapPublicIpOnLaunch(false)
                .tags(Map.of("Name", "public-zone-" + props.zoneLetter(zone)))
                .build();
        subnet.overrideLogicalId(logicalId);
        subnets.add(subnet);
        RouteTableAssociation association = RouteTableAssociation.Builder.create(this, "routing-" + (zone + 1))
                .subnetId(subnet.getId())
                .routeTableId(tableId)
                .build();
        association.overrideLogicalId(logicalId);
        routes.add(association);
    }
}
