package com.drivendata.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.BudgetConfig.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetConfigTest {

    @Test
    void noneByDefault() {
        assertThat(Deployments.minimal().budget()).isEmpty();
    }

    @Test
    void countsTheAccountUnlessTold() {
        assertThat(Deployments.with("budget", "{monthly_usd: 500, emails: [a@acme.example]}")
                        .budget())
                .contains(new BudgetConfig(500, Scope.ACCOUNT, List.of("a@acme.example")));
    }

    @Test
    void explicit() {
        assertThat(Deployments.with("budget", "{monthly_usd: 1, scope: deployment, emails: [a@b.example, c@d.example]}")
                        .budget())
                .contains(new BudgetConfig(1, Scope.DEPLOYMENT, List.of("a@b.example", "c@d.example")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{emails: [a@b.example]} | budget.monthly_usd: missing; must be a whole number from 1 to 1000000",
                "{monthly_usd: 0, emails: [a@b.example]} | budget.monthly_usd: \"0\": must be a whole number from 1 to"
                        + " 1000000",
                "{monthly_usd: 5} | budget.emails: 0 addresses: must be 1 to 10",
                "{monthly_usd: 5, emails: [finance]} | budget.emails[0]: \"finance\": must be an e-mail address",
                "{monthly_usd: 5, emails: [a@b.example, a@b.example]} | budget.emails: names an address twice",
                "{monthly_usd: 5, emails: [a@b.example], scope: tag} | budget.scope: \"tag\": must be one of account,"
                        + " deployment",
            })
    void refuses(String yaml, String problem) {
        assertThat(Deployments.problems("budget", yaml)).contains(problem);
    }
}
