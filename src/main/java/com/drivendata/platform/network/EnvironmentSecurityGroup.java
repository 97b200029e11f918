package com.drivendata.platform.network;

import com.drivendata.platform.config.WebserverClient;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.providers.aws.security_group.SecurityGroup;
import com.hashicorp.cdktf.providers.aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule;
import com.hashicorp.cdktf.providers.aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The environment's security group: everything from itself, because MWAA's parts talk to each other through it, HTTPS
 * from those who may open a private web server, and everything out. Rules are resources of their own; inline ones would
 * undo rules that others add.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-security.html">Security in your VPC on MWAA</a>
 */
final class EnvironmentSecurityGroup extends Construct {

    private static final String ANY_PROTOCOL = "-1";
    private static final int HTTPS = 443;

    private final String groupId;
    private final List<ITerraformDependable> rules = new ArrayList<>();

    EnvironmentSecurityGroup(Construct scope, String id, VpcPlacement placement, Network.Props props) {
        super(scope, id);
        String name = props.name() + "-airflow";
        SecurityGroup group = SecurityGroup.Builder.create(this, "group")
                .name(name)
                .description("Airflow environment: all from itself, all out")
                .vpcId(placement.getVpcId())
                .tags(Map.of("Name", name))
                .build();
        group.overrideLogicalId("airflow");
        groupId = group.getId();
        VpcSecurityGroupIngressRule fromItself = VpcSecurityGroupIngressRule.Builder.create(this, "ingress")
                .securityGroupId(groupId)
                .referencedSecurityGroupId(groupId)
                .ipProtocol(ANY_PROTOCOL)
                .description("All from the environment itself")
                .build();
        fromItself.overrideLogicalId("airflow_self");
        VpcSecurityGroupEgressRule out = VpcSecurityGroupEgressRule.Builder.create(this, "egress")
                .securityGroupId(groupId)
                .cidrIpv4("0.0.0.0/0")
                .ipProtocol(ANY_PROTOCOL)
                .description("All out")
                .build();
        out.overrideLogicalId("airflow_out");
        rules.add(fromItself);
        rules.add(out);
        props.deployment().config().orchestration().webserverClients().forEach(this::letIn);
    }

    String getId() {
        return groupId;
    }

    List<ITerraformDependable> getReady() {
        return List.copyOf(rules);
    }

    /** The endpoints of a private web server have this group, so who comes from elsewhere needs a rule in it. */
    private void letIn(WebserverClient client) {
        String id = "webserver_" + client.source().replaceAll("[^0-9a-z]", "_");
        VpcSecurityGroupIngressRule rule = VpcSecurityGroupIngressRule.Builder.create(this, id)
                .securityGroupId(groupId)
                .cidrIpv4(client.isSecurityGroup() ? null : client.source())
                .referencedSecurityGroupId(client.isSecurityGroup() ? client.source() : null)
                .ipProtocol("tcp")
                .fromPort(HTTPS)
                .toPort(HTTPS)
                .description("Airflow UI from " + client.source())
                .build();
        rule.overrideLogicalId(id);
        rules.add(rule);
    }
}
