package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.YamlSection;
import java.util.Optional;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * The GitHub repository whose workflows may plan and apply this deployment.
 *
 * @param githubRepository {@code owner/name}
 * @param githubIds given for a repository whose tokens carry them
 */
public record CicdConfig(String githubRepository, Optional<GithubIds> githubIds, OidcProvider githubOidcProvider) {

    /** GitHub's identity provider in the account: an account has at most one, so a second deployment uses it. */
    public enum OidcProvider {
        CREATE,
        EXISTING
    }

    /** The numbers by which GitHub knows the repository and its owner, which no other ever gets. */
    public record GithubIds(String owner, String repository) {}

    /** Empty when the section is left out: then no roles for workflows are made. */
    static Optional<CicdConfig> read(YamlSection root) {
        boolean present = root.has("cicd");
        YamlSection cicd = root.section("cicd");
        Kind<String> repository =
                Kind.text("[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}", "a GitHub repository, owner/name");
        Optional<String> githubRepository = present
                ? Optional.ofNullable(cicd.required("github_repository", repository))
                : cicd.optional("github_repository", repository);
        Optional<GithubIds> ids = readIds(cicd);
        OidcProvider provider =
                cicd.value("github_oidc_provider", Kind.constant(OidcProvider.class, "-"), OidcProvider.CREATE);
        return githubRepository.map(name -> new CicdConfig(name, ids, provider));
    }

    private static Optional<GithubIds> readIds(YamlSection cicd) {
        Optional<String> owner = cicd.optional("github_owner_id", CicdConfig::id);
        Optional<String> repository = cicd.optional("github_repository_id", CicdConfig::id);
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

    /** With or without quotes; ids have more digits than {@link Kind#integer} reads. */
    private static String id(ScalarNode node) {
        if (!node.getValue().matches("[1-9][0-9]{0,18}")) {
            throw new IllegalArgumentException("must be a number of GitHub's, such as 123456");
        }
        return node.getValue();
    }
}
