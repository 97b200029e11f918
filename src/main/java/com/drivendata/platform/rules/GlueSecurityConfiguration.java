package com.drivendata.platform.rules;

import java.util.stream.Stream;

final class GlueSecurityConfiguration extends Rule {

    GlueSecurityConfiguration() {
        super(
                "glue-security-configuration",
                "A Glue job or crawler has a security configuration that encrypts what it writes to S3.",
                "How temporary files and results are encrypted would be left to each script.",
                "Give it the security_configuration of the stack, with an s3_encryption_mode other than DISABLED.",
                "https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html");
    }

    @Override
    Stream<Breach> breaches(SynthesisedStack stack) {
        Stream<Breach> without = stack.resources("aws_glue_job", "aws_glue_crawler")
                .filter(component -> component.text("security_configuration").isEmpty())
                .map(component -> Breach.of(component, "has no security configuration"));
        Stream<Breach> open = stack.resources("aws_glue_security_configuration")
                .filter(configuration -> !configuration
                        .block("encryption_configuration", "s3_encryption")
                        .path("s3_encryption_mode")
                        .asText()
                        .startsWith("SSE-"))
                .map(configuration -> Breach.of(configuration, "leaves what is written to S3 unencrypted"));
        return Stream.concat(without, open);
    }
}
