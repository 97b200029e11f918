package com.drivendata.platform.network;

import static com.drivendata.platform.testing.TestStack.ids;
import static com.drivendata.platform.testing.TestStack.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTest {

    private static final String DEDICATED_NAT = "mode: dedicated, egress: nat";
    private static final String DEDICATED_ENDPOINTS = "mode: dedicated, egress: endpoints";
    private static final String DEFAULT_NAT = "mode: default-vpc, egress: nat";
    private static final String DEFAULT_ENDPOINTS = "mode: default-vpc, egress: endpoints";

    @TempDir
    private Path folder;

    private TestStack stack;
    private Network network;

    private JsonNode synth(String config) throws IOException {
        return synth(config, "");
    }

    private JsonNode synth(String config, String orchestration) throws IOException {
        Files.writeString(folder.resolve("plugins.zip"), "zip");
        DeploymentConfig deployment = TestDeployment.of(
                folder,
                "network: {" + config + "}",
                "orchestration: {plugins_archive: plugins.zip" + orchestration + "}");
        stack = new TestStack(folder);
        Deployment place = TestDeployment.place(deployment);
        network = new Network(stack.scope(), "network", place, new DataLakeBucket(stack.scope(), "storage", place));
        return stack.synth();
    }

    @Test
    void recordsTheFlowsOfADedicatedVpc() throws IOException {
        JsonNode log = synth(DEDICATED_NAT).at("/resource/aws_flow_log/vpc");
        assertThat(log.path("vpc_id").asText()).isEqualTo("${aws_vpc.vpc.id}");
        assertThat(log.path("traffic_type").asText()).isEqualTo("ALL");
        assertThat(log.path("log_destination").asText())
                .isEqualTo("arn:aws:s3:::${aws_s3_bucket.data_lake.bucket}/flow-logs/");
        assertThat(synth(DEFAULT_NAT).path("resource").has("aws_flow_log")).isFalse();
    }

    @Test
    void reachesEventBridgeWithoutInternetWhereTheDagTellsEvents() throws IOException {
        assertThat(ids(synth(DEDICATED_ENDPOINTS), "aws_vpc_endpoint")).doesNotContain("events");
        String monitored = "}\nmonitoring: {emails: [on-call@acme.example]";
        assertThat(ids(synth(DEDICATED_ENDPOINTS + monitored), "aws_vpc_endpoint"))
                .contains("events");
    }

    @Test
    void recordsNoFlowsWhenTold() throws IOException {
        assertThat(synth(DEDICATED_NAT + ", flow_logs: false").path("resource").has("aws_flow_log"))
                .isFalse();
    }

    @Test
    void laysOutADedicatedVpc() throws IOException {
        JsonNode synthesised = synth(DEDICATED_NAT + ", vpc_cidr: 10.77.0.0/16");
        JsonNode resources = synthesised.path("resource");

        assertThat(resources.at("/aws_vpc/vpc/cidr_block").asText()).isEqualTo("10.77.0.0/16");
        assertThat(resources.at("/aws_vpc/vpc/enable_dns_hostnames").asBoolean())
                .isTrue();
        assertSubnet(resources, "public_1", "10.77.0.0/20", "eu-central-1a", "public-zone-a");
        assertSubnet(resources, "public_2", "10.77.16.0/20", "eu-central-1b", "public-zone-b");
        assertSubnet(resources, "public_3", "10.77.32.0/20", "eu-central-1c", "public-zone-c");
        assertSubnet(resources, "private_1", "10.77.48.0/20", "eu-central-1a", "private-zone-a");
        assertSubnet(resources, "private_2", "10.77.64.0/20", "eu-central-1b", "private-zone-b");
        assertThat(ids(synthesised, "aws_route_table")).containsExactly("private_1", "private_2", "public");
        assertThat(resources.at("/aws_route/public_internet/gateway_id").asText())
                .isEqualTo("${aws_internet_gateway.internet.id}");
    }

    @Test
    void letsNobodyButTheEnvironmentInUnlessTold() throws IOException {
        assertThat(ids(synth(DEDICATED_NAT), "aws_vpc_security_group_ingress_rule"))
                .containsExactly("airflow_self");
    }

    @Test
    void letsNamedClientsReachTheWebServer() throws IOException {
        JsonNode rules = synth(DEDICATED_NAT, ", webserver_clients: [10.8.0.0/22, sg-0123456789abcdef0]")
                .at("/resource/aws_vpc_security_group_ingress_rule");

        assertThat(rules.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("airflow_self", "webserver_10_8_0_0_22", "webserver_sg_0123456789abcdef0");
        JsonNode range = rules.path("webserver_10_8_0_0_22");
        assertThat(range.path("cidr_ipv4").asText()).isEqualTo("10.8.0.0/22");
        assertThat(range.has("referenced_security_group_id")).isFalse();
        assertThat(range.path("from_port").asInt()).isEqualTo(443);
        assertThat(range.path("to_port").asInt()).isEqualTo(443);
        assertThat(range.path("ip_protocol").asText()).isEqualTo("tcp");
        assertThat(range.path("security_group_id").asText()).isEqualTo("${aws_security_group.airflow.id}");
        JsonNode group = rules.path("webserver_sg_0123456789abcdef0");
        assertThat(group.path("referenced_security_group_id").asText()).isEqualTo("sg-0123456789abcdef0");
        assertThat(group.has("cidr_ipv4")).isFalse();
    }

    @Test
    void closesTheDefaultSecurityGroupOfADedicatedVpcOnly() throws IOException {
        JsonNode closed = synth(DEDICATED_NAT).at("/resource/aws_default_security_group/default_closed");

        assertThat(closed.path("vpc_id").asText()).isEqualTo("${aws_vpc.vpc.id}");
        assertThat(closed.has("ingress") || closed.has("egress")).isFalse();
        assertThat(synth(DEFAULT_NAT).path("resource").has("aws_default_security_group"))
                .isFalse();
    }

    @Test
    void sharesOneNatGatewayUnlessToldNotTo() throws IOException {
        JsonNode single = synth(DEDICATED_NAT);

        assertThat(ids(single, "aws_nat_gateway")).containsExactly("nat_1");
        assertThat(single.at("/resource/aws_nat_gateway/nat_1/subnet_id").asText())
                .isEqualTo("${aws_subnet.public_1.id}");
        assertThat(natOf(single, 1)).isEqualTo(natOf(single, 2)).isEqualTo("${aws_nat_gateway.nat_1.id}");
        assertThat(texts(single.at("/resource/aws_nat_gateway/nat_1/depends_on")))
                .contains("aws_route.public_internet", "aws_route_table_association.public_1");

        JsonNode perZone = synth(DEDICATED_NAT + ", nat_gateways: per-zone");

        assertThat(ids(perZone, "aws_eip")).containsExactly("nat_1", "nat_2");
        assertThat(natOf(perZone, 2)).isEqualTo("${aws_nat_gateway.nat_2.id}");
        assertThat(perZone.at("/resource/aws_nat_gateway/nat_2/subnet_id").asText())
                .isEqualTo("${aws_subnet.public_2.id}");
    }

    @ParameterizedTest
    @ValueSource(strings = {DEDICATED_ENDPOINTS, DEFAULT_ENDPOINTS})
    void reachesAwsWithoutInternetThroughEndpoints(String config) throws IOException {
        JsonNode synthesised = synth(config);
        JsonNode endpoints = synthesised.at("/resource/aws_vpc_endpoint");

        assertThat(ids(synthesised, "aws_vpc_endpoint"))
                .containsExactly("glue", "kms", "logs", "monitoring", "s3", "sqs");
        assertThat(endpoints.at("/glue/service_name").asText()).isEqualTo("com.amazonaws.eu-central-1.glue");
        assertThat(endpoints.at("/glue/private_dns_enabled").asBoolean()).isTrue();
        assertThat(texts(endpoints.at("/glue/subnet_ids")))
                .containsExactly("${aws_subnet.private_1.id}", "${aws_subnet.private_2.id}");
        JsonNode tls = synthesised.at("/resource/aws_vpc_security_group_ingress_rule/endpoints_tls");
        assertThat(tls.path("referenced_security_group_id").asText()).isEqualTo("${aws_security_group.airflow.id}");
        assertThat(tls.path("from_port").asInt()).isEqualTo(443);
        for (String wayOut : new String[] {"aws_nat_gateway", "aws_eip", "aws_internet_gateway", "aws_route"}) {
            assertThat(synthesised.path("resource").has(wayOut)).as(wayOut).isFalse();
        }
        assertThat(ids(synthesised, "aws_subnet")).containsExactly("private_1", "private_2");
    }

    @Test
    void putsThePrivateSubnetsIntoTheDefaultVpc() throws IOException {
        JsonNode synthesised = synth(DEFAULT_NAT);

        assertThat(synthesised.at("/data/aws_vpc/default/default").asBoolean()).isTrue();
        assertThat(synthesised.path("resource").has("aws_vpc")).isFalse();
        JsonNode subnet = synthesised.at("/resource/aws_subnet/private_2");
        assertThat(subnet.path("vpc_id").asText()).isEqualTo("${data.aws_vpc.default.id}");
        assertThat(subnet.path("cidr_block").asText())
                .isEqualTo("${cidrsubnet(data.aws_vpc.default.cidr_block, 4, 4)}");
        assertThat(synthesised.at("/resource/aws_nat_gateway/nat_1/subnet_id").asText())
                .isEqualTo("${data.aws_subnet.default_1.id}");
        JsonNode filters = synthesised.at("/data/aws_subnet/default_1/filter");
        assertThat(filters.findValuesAsText("name")).containsExactly("availability-zone", "default-for-az");
        assertThat(texts(filters.at("/0/values"))).containsExactly("eu-central-1a");
    }

    @ParameterizedTest
    @ValueSource(strings = {DEDICATED_NAT, DEDICATED_ENDPOINTS, DEFAULT_NAT, DEFAULT_ENDPOINTS})
    void givesTheEnvironmentWhatItNeeds(String config) throws IOException {
        JsonNode resources = synth(config).path("resource");

        JsonNode self = resources.at("/aws_vpc_security_group_ingress_rule/airflow_self");
        assertThat(self.path("security_group_id").asText())
                .isEqualTo(self.path("referenced_security_group_id").asText())
                .isEqualTo("${aws_security_group.airflow.id}");
        assertThat(resources
                        .at("/aws_vpc_security_group_egress_rule/airflow_out/cidr_ipv4")
                        .asText())
                .isEqualTo("0.0.0.0/0");
        assertThat(resources.at("/aws_vpc_endpoint/s3/vpc_endpoint_type").asText())
                .isEqualTo("Gateway");
        assertThat(texts(resources.at("/aws_vpc_endpoint/s3/route_table_ids"))).hasSize(2);
        assertThat(network.getPrivateSubnetIds()).hasSize(2);
        // Two associations, two rules and S3, then two NAT routes, or five endpoints and their rule.
        assertThat(network.getReady()).hasSize(config.contains("nat") ? 7 : 11);
        assertThat(stack.expression(network.getSecurityGroupId())).isEqualTo("${aws_security_group.airflow.id}");
    }

    private static String natOf(JsonNode synthesised, int zone) {
        return synthesised
                .at("/resource/aws_route/private_" + zone + "_nat/nat_gateway_id")
                .asText();
    }

    private static void assertSubnet(JsonNode resources, String id, String cidr, String zone, String name) {
        JsonNode subnet = resources.at("/aws_subnet/" + id);
        assertThat(subnet.path("cidr_block").asText()).as(id).isEqualTo(cidr);
        assertThat(subnet.path("availability_zone").asText()).as(id).isEqualTo(zone);
        assertThat(subnet.at("/tags/Name").asText()).as(id).isEqualTo(name);
        assertThat(subnet.path("map_public_ip_on_launch").asBoolean(true))
                .as(id)
                .isFalse();
    }
}
