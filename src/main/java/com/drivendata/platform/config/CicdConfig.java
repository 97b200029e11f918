package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.Optional;

/**
 * The GitHub repository whose workflows may plan and apply this deployment.
 *
 * @param githubRepository {@code owner/name}
 * @param githubIds given for a repository whose tokens carry them
 */
public record CicdConfig(String githubRepository, Optional<GithubIds> githubIds, OidcProvider githubOidcProvider) {

    private static final Kind<String> GITHUB_ID = Kinds.id("must be a number of GitHub's, such as 123456");

    /** GitHub's identity provider in the account: an account has at most one, so a second deployment uses it. */
    public enum OidcProvider {
        CREATE,
        EXISTING
    }

    /** The numbers by which GitHub knows the repository and its owner, which no other ever gets. */
    public record GithubIds(String owner, String repository) {}

    /** Empty when the section is left out: then no roles for workflows are made. */
    static Optional<CicdConfig> read(YamlSection root) {
        YamlSection cicd = root.section(
                "cicd", "The GitHub repository that plans and applies; without it no roles for workflows are made.");
        Kind<String> repository =
                Kinds.text("[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}", "a GitHub repository, owner/name");
        Optional<String> githubRepository = cicd.requiredIf(
                root.has("cicd"),
                "github_repository",
                repository,
                "The GitHub repository whose workflows may plan and apply. Without the section no roles for"
                        + " workflows are made.");
        Optional<GithubIds> ids = readIds(cicd);
        OidcProvider provider = cicd.value(
                "github_oidc_provider",
                Kinds.constant(OidcProvider.class, "-"),
                OidcProvider.CREATE,
                "Creates GitHub's identity provider, or uses the one that the account has; an account can have only"
                        + " one.");
        return githubRepository.map(name -> new CicdConfig(name, ids, provider));
    }

    private static Optional<GithubIds> readIds(YamlSection cicd) {
        Optional<String> owner = cicd.optional(
                "github_owner_id",
                GITHUB_ID,
                "The owner's number on GitHub. Given, with the next, for a repository that is newer than July 2026 or was"
                        + " renamed or moved since: GitHub's tokens then [carry both](workflows.md#setting-up).");
        Optional<String> repository =
                cicd.optional("github_repository_id", GITHUB_ID, "The repository's number on GitHub.");
        noteMissing(cicd, "github_owner_id", "github_repository_id");
        noteMissing(cicd, "github_repository_id", "github_owner_id");
        return owner.flatMap(ownerId -> repository.map(repositoryId -> new GithubIds(ownerId, repositoryId)));
    }

    private static void noteMissing(YamlSection cicd, String key, String other) {
        if (cicd.has(other) && !cicd.has(key)) {
            cicd.note(
                    key,
                    "missing; must be given with %s: gh api repos/<owner>/<name> --jq '.owner.id, .id' prints both"
                            .formatted(other));
        }
    }
}
