package com.drivendata.platform.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.config.BudgetConfig;
import com.drivendata.platform.config.BudgetConfig.Scope;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class MonthlyBudgetTest {

    @TempDir
    private Path folder;

    private JsonNode budget(Scope scope) {
        TestStack stack = new TestStack(folder);
        BudgetConfig config = new BudgetConfig(500, scope, List.of("a@acme.example", "b@acme.example"));
        new MonthlyBudget(stack.scope(), "budget", "acme", "acme-production", config);
        return stack.synth().at("/resource/aws_budgets_budget/monthly");
    }

    @Test
    void tellsBeforeAndWhenTheBudgetIsSpentAndWhenTheForecastPassesIt() {
        JsonNode budget = budget(Scope.ACCOUNT);
        assertThat(budget.path("limit_amount").asText()).isEqualTo("500");
        assertThat(budget.path("time_unit").asText()).isEqualTo("MONTHLY");
        assertThat(budget.path("notification")).hasSize(3).allSatisfy(each -> {
            assertThat(TestStack.texts(each.path("subscriber_email_addresses")))
                    .containsExactly("a@acme.example", "b@acme.example");
            assertThat(each.path("threshold_type").asText()).isEqualTo("PERCENTAGE");
        });
        assertThat(budget.path("notification"))
                .extracting(each -> each.path("notification_type").asText()
                        + each.path("threshold").asInt())
                .containsExactly("ACTUAL80", "ACTUAL100", "FORECASTED100");
    }

    @Test
    void countsTheWholeAccountUnlessTheTagIsAskedFor() {
        assertThat(budget(Scope.ACCOUNT).has("cost_filter")).isFalse();
    }

    @Test
    void countsWhatCarriesTheDeploymentsTag() {
        assertThat(budget(Scope.DEPLOYMENT).at("/cost_filter/0/values/0").asText())
                .isEqualTo("user:deployment$acme-production");
    }
}
