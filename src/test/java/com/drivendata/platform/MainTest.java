package com.drivendata.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MainTest {

    @Test
    void showsErrorsOfNodeWithoutItsStack() {
        RuntimeException error = new RuntimeException("""
                Error: Validation failed with the following errors:
                  [acme] Found no provider
                @jsii/kernel.RuntimeError: Error: Validation failed with the following errors:
                  [acme] Found no provider
                    at App.synth (/somewhere/app.js:1:2)
                    at process.processImmediate (node:internal/timers:483:21)""");
        assertThat(Main.readable(error))
                .isEqualTo("Error: Validation failed with the following errors:\n  [acme] Found no provider");
    }
}
