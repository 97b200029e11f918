package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.List;
import java.util.Optional;

/**
 * A monthly budget and who is told before it is spent.
 *
 * @param emails the addresses that AWS writes to
 */
public record BudgetConfig(int monthlyUsd, Scope scope, List<String> emails) {

    /** Whose cost counts. */
    public enum Scope {
        /** All of the account's. */
        ACCOUNT,
        /** What carries the deployment's tag, once the tag is activated for cost allocation. */
        DEPLOYMENT
    }

    /** AWS takes so many addresses for an alert. */
    private static final int MOST_EMAILS = 10;

    /** Empty when the section is left out: then there is no budget. */
    static Optional<BudgetConfig> read(YamlSection root) {
        boolean present = root.has("budget");
        YamlSection budget = root.section("budget", "A monthly budget with alerts; without it there is none. Free.");
        Optional<Integer> monthlyUsd = budget.requiredIf(
                present,
                "monthly_usd",
                Kinds.integer(1, 1_000_000),
                "US dollars a month. AWS writes at 80 % and 100 % of it, and when its forecast passes it."
                        + " `make cost` estimates the month.");
        Scope scope = budget.value(
                "scope",
                Kinds.constant(Scope.class, "-"),
                Scope.ACCOUNT,
                "What counts: the whole account, or what has the tag `deployment`. The tag has to be"
                        + " [activated first](cost.md#a-budget-and-the-tag); until then nothing counts.");
        List<String> emails = Emails.read(budget, "Who is told: 1 to 10 addresses.");
        if (present && (emails.isEmpty() || emails.size() > MOST_EMAILS)) {
            budget.note("emails", "%d addresses: must be 1 to %d".formatted(emails.size(), MOST_EMAILS));
        }
        return monthlyUsd.map(amount -> new BudgetConfig(amount, scope, emails));
    }
}
