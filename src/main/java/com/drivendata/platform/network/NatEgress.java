package com.drivendata.platform.network;

import com.drivendata.platform.config.NetworkConfig.NatGateways;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.eip.Eip;
import com.hashicorp.cdktf.providers.aws.nat_gateway.NatGateway;
import com.hashicorp.cdktf.providers.aws.route.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The private subnets' way out through NAT. One gateway for both costs half; one in each zone keeps a zone's traffic
 * within it and lets either zone fail alone.
 *
 * @see <a href="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html">NAT gateways</a>
 */
final class NatEgress extends Construct {

    private final List<ITerraformDependable> routes = new ArrayList<>();

    NatEgress(Construct scope, String id, VpcPlacement placement, PrivateSubnets subnets, Network.Props props) {
        super(scope, id);
        int count = props.network().natGateways() == NatGateways.PER_ZONE ? PrivateSubnets.COUNT : 1;
        List<NatGateway> gateways = new ArrayList<>();
        for (int zone = 0; zone < count; zone++) {
            gateways.add(addGateway(placement, props, zone));
        }
        for (int zone = 0; zone < PrivateSubnets.COUNT; zone++) {
            Route route = Route.Builder.create(this, "route-" + (zone + 1))
                    .routeTableId(subnets.getRouteTableIds().get(zone))
                    .destinationCidrBlock("0.0.0.0/0")
                    .natGatewayId(gateways.get(zone % count).getId())
                    .build();
            route.overrideLogicalId("private_" + (zone + 1) + "_nat");
            routes.add(route);
        }
    }

    List<ITerraformDependable> getReady() {
        return List.copyOf(routes);
    }

    private NatGateway addGateway(VpcPlacement placement, Network.Props props, int zone) {
        String logicalId = "nat_" + (zone + 1);
        Map<String, String> tags = Map.of("Name", props.name() + "-nat-" + props.zoneLetter(zone));
        Eip address = Eip.Builder.create(this, "address-" + (zone + 1))
                .domain("vpc")
                .tags(tags)
                .build();
        address.overrideLogicalId(logicalId);
        NatGateway gateway = NatGateway.Builder.create(this, "gateway-" + (zone + 1))
                .allocationId(address.getId())
                .subnetId(placement.publicSubnetId(zone))
                .connectivityType("public")
                .tags(tags)
                .dependsOn(placement.getReady())
                .build();
        gateway.overrideLogicalId(logicalId);
        return gateway;
    }
}
