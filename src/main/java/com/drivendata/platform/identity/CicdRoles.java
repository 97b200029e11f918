package com.drivendata.platform.identity;

import com.drivendata.platform.config.CicdConfig;
import com.drivendata.platform.config.DeploymentConfig;
import com.hashicorp.cdktf.providers.aws.iam_openid_connect_provider.IamOpenidConnectProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * The roles of the GitHub workflows: one that plans and checks for drift, and can only read; one that applies, for jobs
 * in the deployment's protected environment alone. docs/permissions.md says what each permission is for.
 *
 * <p>The apply role can't change either of the two: that stays with an administrator, who makes the first apply too.
 */
public final class CicdRoles extends Construct {

    static final String ISSUER = "token.actions.githubusercontent.com";
    static final String AUDIENCE = "sts.amazonaws.com";

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

    public CicdRoles(Construct scope, String id, CicdRolesProps props) {
        super(scope, id);
        DeploymentConfig deployment = props.names().deployment();
        String repository = "repo:" + props.cicd().githubRepository();
        String provider = provider(props);
        Map<String, List<String>> values = values(props.names());
        Path root = props.names().projectRoot();
        String read = PolicyTemplate.fill(root, "policies/cicd-plan-policy.json", values);
        String write = PolicyTemplate.fill(root, "policies/cicd-apply-policy.json", values);
        plan = new WorkflowRole(
                this,
                "workflow_plan",
                deployment.company() + "_plan",
                "Lets workflows plan and check for drift; reads only",
                provider,
                List.of(repository + ":pull_request", repository + ":ref:refs/heads/main"),
                PLAN_SECONDS,
                Map.of("read", read));
        Map<String, String> both = new LinkedHashMap<>();
        both.put("read", read);
        both.put("write", write);
        apply = new WorkflowRole(
                this,
                "workflow_apply",
                deployment.company() + "_apply",
                "Lets workflows apply reviewed plans in the protected environment",
                provider,
                List.of(repository + ":environment:" + deployment.name()),
                APPLY_SECONDS,
                both);
    }

    /** For the repository variable {@code PLAN_ROLE_<DEPLOYMENT>}. */
    public String getPlanArn() {
        return plan.getArn();
    }

    /** For the environment's variable {@code APPLY_ROLE}. */
    public String getApplyArn() {
        return apply.getArn();
    }

    private String provider(CicdRolesProps props) {
        if (props.cicd().githubOidcProvider() == CicdConfig.OidcProvider.EXISTING) {
            return "arn:aws:iam::" + props.names().accountId() + ":oidc-provider/" + ISSUER;
        }
        IamOpenidConnectProvider provider = IamOpenidConnectProvider.Builder.create(this, "github")
                .url("https://" + ISSUER)
                .clientIdList(List.of(AUDIENCE))
                .thumbprintList(THUMBPRINTS)
                .build();
        provider.overrideLogicalId("github");
        return provider.getArn();
    }

    private static Map<String, List<String>> values(ServiceRolesProps names) {
        DeploymentConfig deployment = names.deployment();
        String company = deployment.company();
        Map<String, List<String>> values = PolicyValues.of(names);
        values.put("state_bucket", List.of(deployment.state().bucket()));
        values.put("state_key", List.of(deployment.state().key()));
        values.put("workgroup", List.of(deployment.consumption().workgroup()));
        values.put("service_roles", List.of(company + "_airflow", company + "_glue"));
        values.put("workflow_roles", List.of(company + "_plan", company + "_apply"));
        String environment = deployment.orchestration().environment();
        values.put("log_groups", List.of(names.glueLogGroup(), "airflow-" + environment + "-"));
        List<String> uploaded = new ArrayList<>(List.of("dags/", "artifacts/"));
        if (deployment.storage().batchFile().isPresent()) {
            uploaded.add(names.pipeline().prefixes().incoming());
        }
        values.put("uploaded_prefixes", uploaded);
        return values;
    }
}
