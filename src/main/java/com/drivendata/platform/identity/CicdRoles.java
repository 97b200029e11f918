package com.drivendata.platform.identity;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.CicdConfig;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.GroupConfig;
import com.drivendata.platform.config.GroupConfig.Access;
import com.hashicorp.cdktf.providers.aws.iam_openid_connect_provider.IamOpenidConnectProvider;
import com.hashicorp.cdktf.providers.aws.iam_policy.IamPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
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

    /**
     * What the construct needs.
     *
     * @param names where {@code policies/} lies and what the stack's resources are called
     * @param sharedNetwork the parts of the network that the stack uses and didn't make, as EC2's ARNs name them
     */
    @NamedBuilder
    public record Props(ServiceRoles.Props names, CicdConfig cicd, List<String> sharedNetwork) {}

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

    private final WorkflowRole plan;
    private final WorkflowRole apply;

    public CicdRoles(Construct scope, String id, Props props) {
        super(scope, id);
        DeploymentConfig deployment = props.names().deployment();
        String company = deployment.company();
        String repository = repository(props.cicd());
        String provider = provider(props);
        Map<String, List<String>> values = values(props);
        List<String> read = policies("plan", "cicd-plan-policy.json", props.names(), values);
        List<String> readAndWrite = new ArrayList<>(read);
        readAndWrite.addAll(policies("apply", "cicd-apply-policy.json", props.names(), values));
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
                        .subjects(List.of(repository + ":environment:" + deployment.name()))
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

    /** The managed policies of a template, as many as its size asks for. */
    private List<String> policies(
            String name, String template, ServiceRoles.Props names, Map<String, List<String>> values) {
        String company = names.deployment().company();
        String file = "policies/" + template;
        List<String> arns = new ArrayList<>();
        for (String document : PolicySplit.split(file, PolicyTemplate.fill(names.projectRoot(), file, values))) {
            String part = name + "_" + (arns.size() + 1);
            IamPolicy policy = IamPolicy.Builder.create(this, part)
                    .name(company + "_" + part)
                    .path(ServiceRoles.policyPath(company))
                    .description("Part of what workflows with the role " + company + "_" + name + " may do")
                    .policy(document)
                    .build();
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

    private String provider(Props props) {
        if (props.cicd().githubOidcProvider() == CicdConfig.OidcProvider.EXISTING) {
            return "arn:%s:iam::%s:oidc-provider/%s"
                    .formatted(props.names().partition(), props.names().accountId(), ISSUER);
        }
        IamOpenidConnectProvider provider = IamOpenidConnectProvider.Builder.create(this, "github")
                .url("https://" + ISSUER)
                .clientIdList(List.of(AUDIENCE))
                .thumbprintList(THUMBPRINTS)
                .build();
        provider.overrideLogicalId("github");
        return provider.getArn();
    }

    private static Map<String, List<String>> values(Props props) {
        ServiceRoles.Props names = props.names();
        DeploymentConfig deployment = names.deployment();
        String company = deployment.company();
        Map<String, List<String>> values = PolicyValues.of(names);
        List<String> buckets = new ArrayList<>(List.of(deployment.storage().bucket()));
        if (deployment.storage().accessLogs()) {
            buckets.add(deployment.storage().accessLogBucket());
        }
        values.put("buckets", buckets);
        values.put("state_bucket", List.of(deployment.state().bucket()));
        values.put("state_key", List.of(deployment.state().key()));
        List<String> serviceRoles = new ArrayList<>(List.of(company + "_airflow", company + "_glue"));
        serviceRoles.addAll(values.get("deadline"));
        values.put("service_roles", serviceRoles);
        values.put("workflow_roles", List.of(company + "_plan", company + "_apply"));
        String environment = deployment.orchestration().environment();
        values.put("log_groups", List.of(names.glueLogGroup(), "airflow-" + environment + "-"));
        List<String> uploaded = new ArrayList<>(List.of("dags/", "artifacts/"));
        if (deployment.storage().batchFile().isPresent()) {
            uploaded.add(names.pipeline().prefixes().incoming());
        }
        values.put("uploaded_prefixes", uploaded);
        values.put("boundary", List.of(ServiceRoles.boundaryName(company)));
        values.put("group_boundary", List.of(GroupRoles.boundaryName(company)));
        List<String> ofGroups = principals(deployment, group -> group.access() == Access.ROLE);
        values.put("group_roles", ofGroups);
        List<String> seen = new ArrayList<>(ofGroups);
        deployment.groups().stream().flatMap(group -> group.attachTo().stream()).forEach(seen::add);
        values.put("seen_group_roles", seen);
        values.put("shared_network", props.sharedNetwork());
        return values;
    }

    private static List<String> principals(DeploymentConfig deployment, Predicate<GroupConfig> which) {
        return deployment.groups().stream()
                .filter(which)
                .map(group -> group.principal(deployment.company()))
                .toList();
    }
}
