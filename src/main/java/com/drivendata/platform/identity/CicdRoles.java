package com.drivendata.platform.identity;

import com.drivendata.platform.config.CicdConfig;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.GroupConfig.Access;
import com.hashicorp.cdktf.providers.aws.iam_openid_connect_provider.IamOpenidConnectProvider;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The roles of the GitHub workflows: one that plans and checks for drift, and can only read; one that applies, for jobs
 * in the deployment's protected environment alone. docs/permissions.md says what each permission is for.
 *
 * <p>The apply role can't change either of the two, nor the boundary of the execution roles: that stays with an
 * administrator, who makes the first apply too.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif">
 *     Claims that a trust policy may name</a>
 */
public final class CicdRoles extends Construct {

    static final String ISSUER = "token.actions.githubusercontent.com";
    static final String AUDIENCE = "sts.amazonaws.com";
    private static final String MAIN = "refs/heads/main";

    /**
     * IAM takes GitHub's certificate on the word of its authority, and still wants thumbprints.
     *
     * @see <a
     *     href="https://github.blog/changelog/2023-06-27-github-actions-update-on-oidc-integration-with-aws/">Both</a>
     */
    private static final List<String> THUMBPRINTS =
            List.of("6938fd4d98bab03faadb97b34396831e3780aea1", "1c58a3a8518e8759bf075b76b750d4f2df264fcd");

    private static final int PLAN_SECONDS = 3600;
    /** An Airflow environment takes most of an hour to make. */
    private static final int APPLY_SECONDS = 7200;

    private final Policies policies;
    private final WorkflowRole plan;
    private final WorkflowRole apply;

    /** @param sharedNetwork the parts of the network that the stack uses and didn't make, as EC2's ARNs name them */
    public CicdRoles(Construct scope, String id, Policies policies, CicdConfig cicd, List<String> sharedNetwork) {
        super(scope, id);
        this.policies = policies;
        String company = policies.deployment().company();
        String repository = repository(cicd);
        String provider = provider(cicd);
        Map<String, List<String>> values = values(sharedNetwork);
        List<String> read = split("plan", values);
        List<String> readAndWrite = new ArrayList<>(read);
        readAndWrite.addAll(split("apply", values));
        plan = new WorkflowRole(
                this,
                "workflow_plan",
                WorkflowRolePropsBuilder.builder()
                        .name(company + "_plan")
                        .description("Lets workflows plan and check for drift; reads only")
                        .providerArn(provider)
                        .subjects(List.of(repository + ":pull_request", repository + ":ref:" + MAIN))
                        .claims(Map.of())
                        .maxSessionSeconds(PLAN_SECONDS)
                        .policyArns(read)
                        .build());
        apply = new WorkflowRole(
                this,
                "workflow_apply",
                WorkflowRolePropsBuilder.builder()
                        .name(company + "_apply")
                        .description("Lets workflows apply reviewed plans in the protected environment")
                        .providerArn(provider)
                        .subjects(List.of(repository + ":environment:"
                                + policies.deployment().config().name()))
                        // The subject of a job in an environment doesn't name its branch, and GitHub makes an
                        // environment that is missing, without any rule: then this is what keeps other branches out.
                        .claims(Map.of("ref", MAIN))
                        .maxSessionSeconds(APPLY_SECONDS)
                        .policyArns(readAndWrite)
                        .build());
    }

    /**
     * The beginning of the subjects of the repository's tokens. Those of a repository that is newer than July 2026, or
     * was renamed or moved since then, carry the ids, so that nobody who takes over a free name gets the same subject.
     *
     * @see <a href="https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims">Immutable
     *     subject claims</a>
     */
    private static String repository(CicdConfig cicd) {
        String[] ownerAndName = cicd.githubRepository().split("/", 2);
        return cicd.githubIds()
                .map(ids ->
                        "repo:%s@%s/%s@%s".formatted(ownerAndName[0], ids.owner(), ownerAndName[1], ids.repository()))
                .orElse("repo:" + cicd.githubRepository());
    }

    /** The managed policies of a role, as many as the size of its document asks for. */
    private List<String> split(String role, Map<String, List<String>> values) {
        String file = "cicd-%s-policy.json".formatted(role);
        String description = "Part of what workflows with the role %s_%s may do"
                .formatted(policies.deployment().company(), role);
        List<String> arns = new ArrayList<>();
        for (String document : PolicySplit.split("policies/" + file, policies.document(file, values))) {
            String part = role + "_" + (arns.size() + 1);
            IamPolicy policy = policies.managed(this, part, part, description, document);
            policy.overrideLogicalId("workflow_" + part);
            arns.add(policy.getArn());
        }
        return arns;
    }

    /** For the repository variable {@code PLAN_ROLE_<DEPLOYMENT>}. */
    public String getPlanArn() {
        return plan.getArn();
    }

    /** For the environment's variable {@code APPLY_ROLE}. */
    public String getApplyArn() {
        return apply.getArn();
    }

    private String provider(CicdConfig cicd) {
        if (cicd.githubOidcProvider() == CicdConfig.OidcProvider.EXISTING) {
            return policies.deployment().arns().iam("oidc-provider/" + ISSUER);
        }
        IamOpenidConnectProvider provider = IamOpenidConnectProvider.Builder.create(this, "github")
                .url("https://" + ISSUER)
                .clientIdList(List.of(AUDIENCE))
                .thumbprintList(THUMBPRINTS)
                .build();
        provider.overrideLogicalId("github");
        return provider.getArn();
    }

    /** The values of what only the workflows' documents ask for. */
    private Map<String, List<String>> values(List<String> sharedNetwork) {
        DeploymentConfig deployment = policies.deployment().config();
        String company = deployment.company();
        Map<String, List<String>> values = new LinkedHashMap<>();
        List<String> buckets = new ArrayList<>(List.of(deployment.storage().bucket()));
        if (deployment.storage().accessLogs()) {
            buckets.add(deployment.storage().accessLogBucket());
        }
        values.put("buckets", buckets);
        values.put("state_bucket", List.of(deployment.state().bucket()));
        values.put("state_key", List.of(deployment.state().key()));
        List<String> serviceRoles = new ArrayList<>(List.of(company + "_airflow", company + "_glue"));
        serviceRoles.addAll(policies.values("deadline"));
        values.put("service_roles", serviceRoles);
        values.put("workflow_roles", List.of(company + "_plan", company + "_apply"));
        values.put(
                "log_groups",
                List.of(deployment.jobLogGroups(), deployment.orchestration().logGroups()));
        List<String> uploaded = new ArrayList<>(List.of("dags/", "artifacts/"));
        if (deployment.storage().batchFile().isPresent()) {
            uploaded.addAll(policies.values("incoming_prefix"));
        }
        values.put("uploaded_prefixes", uploaded);
        values.put("boundary", List.of(company + "_" + ServiceRoles.BOUNDARY));
        values.put("group_boundary", List.of(company + "_" + GroupRoles.BOUNDARY));
        List<String> ofGroups = deployment.groups().stream()
                .filter(group -> group.access() == Access.ROLE)
                .map(group -> group.principal(company))
                .toList();
        values.put("group_roles", ofGroups);
        List<String> seen = new ArrayList<>(ofGroups);
        deployment.groups().stream().flatMap(group -> group.attachTo().stream()).forEach(seen::add);
        values.put("seen_group_roles", seen);
        values.put("shared_network", sharedNetwork);
        return values;
    }
}
