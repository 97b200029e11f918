package com.drivendata.platform.monitoring;

import com.drivendata.platform.config.BudgetConfig;
import com.hashicorp.cdktf.providers.aws.budgets_budget.BudgetsBudget;
import com.hashicorp.cdktf.providers.aws.budgets_budget.BudgetsBudgetCostFilter;
import com.hashicorp.cdktf.providers.aws.budgets_budget.BudgetsBudgetNotification;
import java.util.List;
import software.constructs.Construct;

/**
 * A monthly budget: mails at 80 and 100 percent of it, and when the month's forecast passes it.
 *
 * @see <a href="https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html">AWS
 *     Budgets</a>
 */
public final class MonthlyBudget extends Construct {

    private static final int EARLY = 80;
    private static final int ALL = 100;

    /** @param deployment the value of the tag by which cost is told apart */
    public MonthlyBudget(Construct scope, String id, String name, String deployment, BudgetConfig config) {
        super(scope, id);
        BudgetsBudget.Builder budget = BudgetsBudget.Builder.create(this, "budget")
                .name(name)
                .budgetType("COST")
                .timeUnit("MONTHLY")
                .limitAmount(Integer.toString(config.monthlyUsd()))
                .limitUnit("USD")
                .notification(List.of(
                        notification("ACTUAL", EARLY, config.emails()),
                        notification("ACTUAL", ALL, config.emails()),
                        notification("FORECASTED", ALL, config.emails())));
        if (config.scope() == BudgetConfig.Scope.DEPLOYMENT) {
            // The form that AWS Budgets wants:
            // https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html
            budget.costFilter(List.of(BudgetsBudgetCostFilter.builder()
                    .name("TagKeyValue")
                    .values(List.of("user:deployment$" + deployment))
                    .build()));
        }
        budget.build().overrideLogicalId("monthly");
    }

    private static BudgetsBudgetNotification notification(String type, int percent, List<String> emails) {
        return BudgetsBudgetNotification.builder()
                .notificationType(type)
                .comparisonOperator("GREATER_THAN")
                .threshold(percent)
                .thresholdType("PERCENTAGE")
                .subscriberEmailAddresses(emails)
                .build();
    }
}
