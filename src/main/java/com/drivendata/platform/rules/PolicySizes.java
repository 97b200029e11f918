package com.drivendata.platform.rules;

import java.util.Optional;
import java.util.stream.Stream;

/** How large policies may be, and how many a role may have. */
final class PolicySizes {

    static final Rule RULE = new Rule(
            "policy-sizes",
            "Policies are no larger and no more than IAM takes.",
            "A plan doesn't ask AWS, so the apply would stop in the middle.",
            "Give the statements fewer or shorter resources, or share them between more policies.",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
            PolicySizes::tooLarge);

    private PolicySizes() {}

    private static Stream<Breach> tooLarge(SynthesisedStack stack) {
        Stream<Breach> managed = stack.resources("aws_iam_policy")
                .filter(policy -> PolicySize.of(policy.text("policy")) > PolicySize.MANAGED)
                .map(policy -> Breach.of(
                        policy,
                        "has %d characters, of at most %d"
                                .formatted(PolicySize.of(policy.text("policy")), PolicySize.MANAGED)));
        return Stream.concat(managed, stack.resources("aws_iam_role").flatMap(role -> ofRole(stack, role)));
    }

    private static Stream<Breach> ofRole(SynthesisedStack stack, Resource role) {
        int inline = stack.of(role, "aws_iam_role_policy", "role")
                .mapToInt(policy -> PolicySize.of(policy.text("policy")))
                .sum();
        int trust = PolicySize.of(role.text("assume_role_policy"));
        long attached = stack.of(role, "aws_iam_role_policy_attachment", "role").count();
        return Stream.of(
                        over(role, "inline policies of %d characters", inline, PolicySize.INLINE),
                        over(role, "a trust policy of %d characters", trust, PolicySize.TRUST),
                        over(role, "%d managed policies", attached, PolicySize.MANAGED_OF_A_ROLE))
                .flatMap(Optional::stream);
    }

    private static Optional<Breach> over(Resource role, String what, long size, long most) {
        return size <= most
                ? Optional.empty()
                : Optional.of(Breach.of(role, "has " + what.formatted(size) + ", of at most " + most));
    }
}
