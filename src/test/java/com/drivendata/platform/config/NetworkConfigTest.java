package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.NetworkConfig.Egress;
import com.drivendata.platform.config.NetworkConfig.Mode;
import com.drivendata.platform.config.NetworkConfig.NatGateways;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkConfigTest {

    @Test
    void defaults() {
        assertThat(Deployments.minimal().network())
                .isEqualTo(new NetworkConfig(
                        Mode.DEDICATED,
                        "10.192.0.0/16",
                        List.of("a", "b", "c"),
                        Egress.NAT,
                        NatGateways.SINGLE,
                        true,
                        false));
    }

    @Test
    void defaultVpcHasTheAddressesThatAwsGivesIt() {
        assertThat(Deployments.with("network", "{mode: default-vpc}").network().vpcCidr())
                .isEqualTo("172.31.0.0/16");
    }

    @Test
    void explicit() {
        String network =
                "{mode: dedicated, vpc_cidr: 10.20.0.0/17, zones: [b, c], nat_gateways: per-zone, flow_logs: false,"
                        + " endpoint_policies: true}";
        assertThat(Deployments.with("network", network).network())
                .isEqualTo(new NetworkConfig(
                        Mode.DEDICATED,
                        "10.20.0.0/17",
                        List.of("b", "c"),
                        Egress.NAT,
                        NatGateways.PER_ZONE,
                        false,
                        true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/18", "10.0.0.0/24", "10.0.128.0/17"})
    void rejectsCidrWithoutRoomForTheSubnets(String cidr) {
        assertThat(Deployments.problems("network", "{vpc_cidr: " + cidr + "}"))
                .containsExactly("network.vpc_cidr: \"" + cidr + "\": too small: the subnets x.x.0.0/20 to x.x.64.0/20"
                        + " must fit, so it must be x.x.0.0/16 or x.x.0.0/17");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.0   | must be an IPv4 range such as 10.192.0.0/16",
                "ten        | must be an IPv4 range such as 10.192.0.0/16",
                "10.0.0.0/33 | must be an IPv4 range such as 10.192.0.0/16: /33 > /32",
                "10.256.0.0/16 | must be an IPv4 range such as 10.192.0.0/16: 256 > 255",
                "10.0.0.1/16 | must begin at its lowest address: did you mean 10.0.0.0/16?",
                "10.0.0.0/15 | too large: a VPC is at most a /16",
                "8.8.0.0/16 | must lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            })
    void rejectsCidr(String cidr, String message) {
        assertThat(Deployments.problems("network", "{vpc_cidr: " + cidr + "}"))
                .containsExactly("network.vpc_cidr: \"%s\": %s".formatted(cidr, message));
    }

    @Test
    void rejectsUnknownWords() {
        assertThat(Deployments.problems("network", "{mode: shared, egress: vpn, nat_gateways: two}"))
                .containsExactly(
                        "network.mode: \"shared\": must be one of dedicated, default-vpc",
                        "network.egress: \"vpn\": must be one of nat, endpoints",
                        "network.nat_gateways: \"two\": must be one of single, per-zone");
    }

    @Test
    void rejectsZones() {
        assertThat(Deployments.problems("network", "{zones: [a, a]}"))
                .containsExactly("network.zones: [a, a]: must be two or three different zone letters");
        assertThat(Deployments.problems("network", "{zones: [eu-central-1a, b]}"))
                .contains("network.zones[0]: \"eu-central-1a\": must be the letter of a zone, such as a");
        assertThat(Deployments.problems("network", "{zones: a}"))
                .containsExactly("network.zones: \"a\": must be a list");
    }
}
