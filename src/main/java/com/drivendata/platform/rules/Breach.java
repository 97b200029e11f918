package com.drivendata.platform.rules;

/**
 * Where a stack breaks a rule.
 *
 * @param resource its address in the stack
 * @param what is wrong with it, completing "it …"
 */
record Breach(String resource, String what) {

    static Breach of(Resource resource, String what) {
        return new Breach(resource.address(), what);
    }
}
