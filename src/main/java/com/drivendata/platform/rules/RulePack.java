package com.drivendata.platform.rules;

import java.util.List;

/** All rules, in the order of docs/rules.md. */
public final class RulePack {

    public static final List<Rule> RULES = List.of(
            new BucketEncryption(),
            new BucketTls(),
            new BucketPublicAccess(),
            new BucketVersioning(),
            new BucketAcls(),
            new TopicEncryption(),
            new WildcardAction(),
            new WildcardResource(),
            new PassRole(),
            new TrustSource(),
            new PolicySizes(),
            new AirflowLogs(),
            new AirflowPrivateWebserver(),
            new LogRetention(),
            new WorkgroupEnforced(),
            new WorkgroupEncryption(),
            new GlueSecurityConfiguration(),
            new KeyRotation(),
            new KeyPolicy(),
            new OpenIngress(),
            new DefaultSecurityGroup(),
            new VpcFlowLogs(),
            new PublicAddresses(),
            new Tags(),
            new NameLengths(),
            new StateEncryption());

    private RulePack() {}

    public static List<String> ids() {
        return RULES.stream().map(Rule::id).toList();
    }

    /** Every place where the stack breaks a rule. */
    public static List<Finding> findings(SynthesisedStack stack) {
        return RULES.stream()
                .flatMap(
                        rule -> rule.breaches(stack).map(breach -> new Finding(rule, breach.resource(), breach.what())))
                .toList();
    }
}
