package com.drivendata.platform.identity;

import com.drivendata.platform.Deployment;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/** A deployment's policies: the documents of {@code policies/} with its names in them. */
public final class Policies {

    private final Deployment deployment;
    private final Map<String, List<String>> values;

    /** @param pseudonymKeyArn the key with which the jobs may make codes */
    public Policies(Deployment deployment, String pseudonymKeyArn) {
        this.deployment = deployment;
        values = PolicyValues.of(deployment, pseudonymKeyArn);
    }

    public Deployment deployment() {
        return deployment;
    }

    /** The values of a placeholder. */
    List<String> values(String placeholder) {
        return values.get(placeholder);
    }

    /** A document, as JSON without white space. */
    String document(String file) {
        return document(file, Map.of());
    }

    /** A document with more values for its placeholders. */
    String document(String file, Map<String, List<String>> more) {
        Map<String, List<String>> all = new LinkedHashMap<>(values);
        all.putAll(more);
        return PolicyTemplate.fill(deployment.projectRoot(), "policies/" + file, all);
    }

    /**
     * A managed policy. It lies in a folder of the company's own: a name's beginning could be another company's.
     *
     * @param name what follows the company's name
     */
    IamPolicy managed(Construct scope, String id, String name, String description, String document) {
        return IamPolicy.Builder.create(scope, id)
                .name(deployment.company() + "_" + name)
                .path("/" + deployment.company() + "/")
                .description(description)
                .policy(document)
                .build();
    }
}
