package com.drivendata.platform.network;

import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.security_group.SecurityGroup;
import com.hashicorp.cdktf.providers.aws.vpc_endpoint.VpcEndpoint;
import com.hashicorp.cdktf.providers.aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The private subnets' way to AWS without any internet: an interface endpoint for each service that is really called.
 * The environment's own database and web server endpoints are MWAA's. Each interface endpoint is paid by the hour and
 * zone, so the list holds no more than needed; S3 goes through {@link S3Gateway}.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-create-access.html">Service endpoints of a
 *     VPC with private routing</a>
 */
final class EndpointEgress extends Construct {

    private static final String GLUE = "glue";

    /** The first four are MWAA's: Celery's queue, its key, metrics, logs. The last is called by the DAG's operators. */
    private static final List<String> SERVICES = List.of("sqs", "kms", "monitoring", "logs", GLUE);

    private final List<ITerraformDependable> endpoints = new ArrayList<>();

    EndpointEgress(
            Construct scope,
            String id,
            VpcPlacement placement,
            PrivateSubnets subnets,
            EnvironmentSecurityGroup clients,
            Network.Props props) {
        super(scope, id);
        SecurityGroup group = SecurityGroup.Builder.create(this, "security-group")
                .name(props.name() + "-endpoints")
                .description("VPC endpoints: TLS from the Airflow environment")
                .vpcId(placement.getVpcId())
                .tags(Map.of("Name", props.name() + "-endpoints"))
                .build();
        group.overrideLogicalId("endpoints");
        VpcSecurityGroupIngressRule tls = VpcSecurityGroupIngressRule.Builder.create(this, "ingress")
                .securityGroupId(group.getId())
                .referencedSecurityGroupId(clients.getId())
                .ipProtocol("tcp")
                .fromPort(443)
                .toPort(443)
                .description("TLS from the Airflow environment")
                .build();
        tls.overrideLogicalId("endpoints_tls");
        endpoints.add(tls);
        List<String> groups = List.of(group.getId());
        List<String> services = new ArrayList<>(SERVICES);
        if (props.deployment().config().monitoring().isPresent()) {
            // The DAG tells what failed.
            services.add("events");
        }
        String gluePolicy = props.endpointPolicies().map(EndpointPolicies::glue).orElse(null);
        for (String service : services) {
            VpcEndpoint endpoint = VpcEndpoint.Builder.create(this, service)
                    .vpcId(placement.getVpcId())
                    .serviceName("com.amazonaws." + props.region() + "." + service)
                    .vpcEndpointType("Interface")
                    .subnetIds(subnets.getIds())
                    .securityGroupIds(groups)
                    .privateDnsEnabled(true)
                    .policy(service.equals(GLUE) ? gluePolicy : null)
                    .tags(Map.of("Name", props.name() + "-" + service))
                    .build();
            endpoint.overrideLogicalId(service);
            endpoints.add(endpoint);
        }
    }

    List<ITerraformDependable> getReady() {
        return List.copyOf(endpoints);
    }
}
