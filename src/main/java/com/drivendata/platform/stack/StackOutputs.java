package com.drivendata.platform.stack;

import com.hashicorp.cdktf.TerraformOutput;
import com.hashicorp.cdktf.TerraformStack;

/** What a stack tells its user after an apply. */
final class StackOutputs {

    private final TerraformStack stack;

    StackOutputs(TerraformStack stack) {
        this.stack = stack;
    }

    StackOutputs add(String name, String description, String value) {
        TerraformOutput.Builder.create(stack, name)
                .description(description)
                .value(value)
                .build();
        return this;
    }
}
