package com.drivendata.platform.rules;

import java.util.List;

/** All rules, in the order of docs/rules.md. */
public final class RulePack {

    public static final List<Rule> RULES = List.of(
            BucketRules.ENCRYPTION,
            BucketRules.TLS,
            BucketRules.PUBLIC_ACCESS,
            BucketRules.VERSIONING,
            BucketRules.ACLS,
            ServiceRules.TOPIC_ENCRYPTION,
            PermissionRules.WILDCARD_ACTION,
            PermissionRules.WILDCARD_RESOURCE,
            PermissionRules.PASS_ROLE,
            TrustRules.TRUST_SOURCE,
            PolicySizes.RULE,
            ServiceRules.AIRFLOW_LOGS,
            NetworkRules.AIRFLOW_PRIVATE_WEBSERVER,
            ServiceRules.LOG_RETENTION,
            ServiceRules.WORKGROUP_ENFORCED,
            ServiceRules.WORKGROUP_ENCRYPTION,
            ServiceRules.GLUE_SECURITY_CONFIGURATION,
            TrustRules.KEY_ROTATION,
            TrustRules.KEY_POLICY,
            NetworkRules.OPEN_INGRESS,
            NetworkRules.DEFAULT_SECURITY_GROUP,
            NetworkRules.VPC_FLOW_LOGS,
            NetworkRules.PUBLIC_ADDRESSES,
            StackRules.TAGS,
            StackRules.NAME_LENGTHS,
            StackRules.STATE_ENCRYPTION);

    private RulePack() {}

    public static List<String> ids() {
        return RULES.stream().map(Rule::id).toList();
    }

    /** Every place where the stack breaks a rule. */
    public static List<Finding> findings(SynthesisedStack stack) {
        return RULES.stream()
                .flatMap(rule ->
                        rule.breaches().apply(stack).map(breach -> new Finding(rule, breach.resource(), breach.what())))
                .toList();
    }
}
