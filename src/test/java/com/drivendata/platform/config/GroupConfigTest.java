package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.GroupConfig.Access;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupConfigTest {

    @Test
    void noneByDefault() {
        assertThat(Deployments.minimal().groups()).isEmpty();
    }

    @Test
    void defaults() {
        assertThat(Deployments.with("groups", "[{name: finance, tables: [payment_data]}]")
                        .groups())
                .containsExactly(new GroupConfig(
                        "finance",
                        List.of("payment_data"),
                        false,
                        "acme_finance",
                        10_240,
                        Access.ROLE,
                        List.of(),
                        Optional.empty()));
    }

    @Test
    void explicit() {
        DeploymentConfig config = Deployments.with("groups", """
                [{name: bi, tables: [all], personal_data: true, workgroup: bi-team, scan_limit_mb: 0,
                  assumed_by: ["arn:aws:iam::123456789012:saml-provider/acme"]},
                 {name: sales, tables: [payment_data], access: policy, attach_to: acme-sales}]""");
        assertThat(config.groups())
                .containsExactly(
                        new GroupConfig(
                                "bi",
                                List.of("all"),
                                true,
                                "bi-team",
                                0,
                                Access.ROLE,
                                List.of("arn:aws:iam::123456789012:saml-provider/acme"),
                                Optional.empty()),
                        new GroupConfig(
                                "sales",
                                List.of("payment_data"),
                                false,
                                "acme_sales",
                                10_240,
                                Access.POLICY,
                                List.of(),
                                Optional.of("acme-sales")));
        assertThat(config.groups().get(1).principal("acme")).isEqualTo("acme_sales");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{tables: [x]} | name: missing; must be a lower-case letter followed by up to 30 lower-case letters,"
                        + " digits or _",
                "{name: glue, tables: [x]} | name: \"glue\": a role or policy of the platform's has the name",
                "{name: boundary, tables: [x], access: policy} | name: \"boundary\": a role or policy of the platform's"
                        + " has the name",
                "{name: plan_1, tables: [x], access: policy} | name: \"plan_1\": a role or policy of the platform's has"
                        + " the name",
                "{name: a} | tables: must name at least one table, or all",
                "{name: a, tables: [all, x]} | tables: must be all alone, or names of tables",
                "{name: a, tables: [x], scan_limit_mb: 9} | scan_limit_mb: \"9\": must be 0 (no limit) or at least 10",
                "{name: a, tables: [x], workgroup: acme} | workgroup: \"acme\": must be a workgroup of its own",
                "{name: a, tables: [x], access: user} | access: \"user\": must be one of role, policy",
                "{name: a, tables: [x], access: policy, assumed_by: [\"arn:aws:iam::123456789012:root\"]} | assumed_by: must"
                        + " be left out with access: policy, which makes no role",
                "{name: a, tables: [x], attach_to: r} | attach_to: must be left out with access: role, which has a role of"
                        + " its own",
                "{name: a, tables: [x], assumed_by: [\"*\"]} | assumed_by[0]: \"*\": must be the ARN of a role, an account"
                        + " (…:root) or a SAML provider",
            })
    void rejects(String group, String problem) {
        assertThat(Deployments.problems("groups", "[" + group + "]")).containsExactly("groups[0]." + problem);
    }

    @Test
    void rejectsAGroupGivenTwiceAndTooMany() {
        assertThat(Deployments.problems("groups", "[{name: a, tables: [x]}, {name: a, tables: [y]}]"))
                .containsExactly("groups[1].name: \"a\": there is such a group already");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 21; i++) {
            many.append("{name: g").append(i).append(", tables: [x]},");
        }
        assertThat(Deployments.problems("groups", "[" + many + "]"))
                .containsExactly("groups: 21 groups: must be at most 20");
    }
}
