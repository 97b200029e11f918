package com.drivendata.platform.network;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.NetworkConfig;
import com.drivendata.platform.config.NetworkConfig.Egress;
import com.drivendata.platform.config.NetworkConfig.Mode;
import com.drivendata.platform.storage.DataLakeBucket;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/**
 * The network of the Airflow environment: two private subnets in a VPC of the platform's own or in the account's
 * default one, a way out for them that a private environment can live on, and its security group.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html">Networking on MWAA</a>
 */
public final class Network extends Construct {

    /** What its parts need. */
    record Props(Deployment deployment, DataLakeBucket bucket) {

        /** Stands before the names of the parts; unique in the account. */
        String name() {
            return deployment.company();
        }

        String region() {
            return deployment.arns().region();
        }

        NetworkConfig network() {
            return deployment.config().network();
        }

        /** What may be reached through endpoints; empty for all. */
        Optional<EndpointPolicies> endpointPolicies() {
            return network().endpointPolicies()
                    ? Optional.of(new EndpointPolicies(deployment.arns(), bucket.getArn()))
                    : Optional.empty();
        }

        /** The availability zone with this position in the deployment's list. */
        String zone(int index) {
            return region() + zoneLetter(index);
        }

        String zoneLetter(int index) {
            return network().zones().get(index);
        }
    }

    private final VpcPlacement placement;
    private final PrivateSubnets subnets;
    private final EnvironmentSecurityGroup securityGroup;
    private final List<ITerraformDependable> ready = new ArrayList<>();

    public Network(Construct scope, String id, Deployment deployment, DataLakeBucket bucket) {
        super(scope, id);
        Props props = new Props(deployment, bucket);
        placement = props.network().mode() == Mode.DEDICATED
                ? new DedicatedVpc(this, "dedicated-vpc", props)
                : new DefaultVpc(this, "default-vpc", props);
        subnets = new PrivateSubnets(this, "private-subnets", placement, props);
        securityGroup = new EnvironmentSecurityGroup(this, "security-group", placement, props);
        ready.addAll(subnets.getReady());
        ready.addAll(securityGroup.getReady());
        ready.addAll(new S3Gateway(this, "s3-gateway", placement, subnets, props).getReady());
        if (props.network().egress() == Egress.NAT) {
            ready.addAll(new NatEgress(this, "nat", placement, subnets, props).getReady());
        } else {
            ready.addAll(new EndpointEgress(this, "endpoints", placement, subnets, securityGroup, props).getReady());
        }
    }

    /** What of the network the stack uses and didn't make, as EC2's ARNs name it: {@code vpc/<id>}. */
    public List<String> getShared() {
        return placement.getShared();
    }

    /** The ids of the two private subnets, in the order of the deployment's zones. */
    public List<String> getPrivateSubnetIds() {
        return subnets.getIds();
    }

    /** The environment's security group. */
    public String getSecurityGroupId() {
        return securityGroup.getId();
    }

    /**
     * What the environment must wait for, and what must outlive it: routes, endpoints and the security group's rules.
     * An environment that is created before its way out exists hangs for hours and then fails.
     */
    public List<ITerraformDependable> getReady() {
        return List.copyOf(ready);
    }
}
