package com.drivendata.platform.rules;

import java.util.regex.Pattern;
import java.util.stream.Stream;

final class WildcardAction extends Rule {

    /** A service and at least two words: {@code s3:GetBucket*}. */
    private static final Pattern NARROW = Pattern.compile("[a-z0-9-]+:[A-Z][a-z0-9]+[A-Z][a-z0-9]+[A-Za-z0-9]*\\*?");

    WildcardAction() {
        super(
                "wildcard-action",
                "No policy allows all actions of a service, or all that begin with one verb.",
                "A new action of the service would be allowed unseen.",
                "Name the actions; a star may only end a name of two words, such as s3:GetBucket*.",
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        return stack.permissions()
                .filter(Statement::allows)
                .flatMap(statement -> statement.json().has("NotAction")
                        ? Stream.of(statement.breach("allows all actions but some"))
                        : statement.actions().stream()
                                .filter(action -> action.contains("*")
                                        && !NARROW.matcher(action).matches())
                                .map(action -> statement.breach("allows " + action)));
    }
}
