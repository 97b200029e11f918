package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.Optional;

/** The GitHub repository ({@code owner/name}) whose workflows may plan and apply this deployment. */
public record CicdConfig(String githubRepository, OidcProvider githubOidcProvider) {

    /** GitHub's identity provider in the account: an account has at most one, so a second deployment uses it. */
    public enum OidcProvider {
        CREATE,
        EXISTING
    }

    /** Empty when the section is left out: then no roles for workflows are made. */
    static Optional<CicdConfig> read(YamlSection root) {
        boolean present = root.has("cicd");
        YamlSection cicd = root.section(
                "cicd", "The GitHub repository that plans and applies; without it no roles for workflows are made.");
        Kind<String> repository =
                Kind.text("[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}", "a GitHub repository, owner/name");
        Optional<String> githubRepository = present
                ? Optional.ofNullable(cicd.required(
                        "github_repository",
                        repository,
                        "The GitHub repository whose workflows may plan and apply. Without the section no roles for"
                                + " workflows"
                                + " are made."))
                : cicd.optional("github_repository", repository);
        OidcProvider provider = cicd.value(
                "github_oidc_provider",
                Kind.constant(OidcProvider.class, "-"),
                OidcProvider.CREATE,
                "Creates GitHub's identity provider, or uses the one that the account has; an account can have only"
                        + " one.");
        return githubRepository.map(name -> new CicdConfig(name, provider));
    }
}
