package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class PassRole extends Rule {

    PassRole() {
        super(
                "pass-role",
                "A policy that lets pass a role names the role and the services.",
                "Who may pass any role to any service may do what any role may do.",
                "Name the roles under Resource and the services under iam:PassedToService.",
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.permissions()
                .filter(statement -> statement.allows() && statement.actions().contains("iam:PassRole"))
                .filter(statement -> statement.condition("iam:PassedToService").isEmpty()
                        || statement.resources().stream().anyMatch(role -> role.endsWith("*")))
                .map(statement -> statement.breach("passes roles without naming them and the service"));
    }
}
