package com.drivendata.platform.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.ConfigException;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.DeploymentLoader;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.Judgement;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.RawDataset;
import com.drivendata.platform.rules.PolicySize;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thirty datasets with the longest names that the configuration allows still fit into IAM's quotas. */
class PolicyQuotasTest {

    private static final int DATASETS = 30;

    @TempDir
    private Path folder;

    @Test
    void holdsThirtyDatasetsWithTheLongestNames() throws IOException {
        JsonNode resources = synth(longest(TestDeployment.pipeline(deployment())), deployment());

        Map<String, Integer> inline = new TreeMap<>();
        resources
                .path("aws_iam_role_policy")
                .properties()
                .forEach(policy -> inline.merge(
                        policy.getValue().path("role").asText(),
                        PolicySize.of(policy.getValue().path("policy").asText()),
                        Integer::sum));
        Map<String, Integer> managed = new TreeMap<>();
        resources
                .path("aws_iam_policy")
                .properties()
                .forEach(policy -> managed.put(
                        policy.getKey(),
                        PolicySize.of(policy.getValue().path("policy").asText())));
        Map<String, Integer> attached = new TreeMap<>();
        resources
                .path("aws_iam_role_policy_attachment")
                .forEach(attachment -> attached.merge(attachment.path("role").asText(), 1, Integer::sum));
        System.out.printf(
                "inline, of %d: %s%nmanaged, of %d: %s%nattached, of %d: %s%n",
                PolicySize.INLINE, inline, PolicySize.MANAGED, managed, PolicySize.MANAGED_OF_A_ROLE, attached);

        assertThat(inline).hasSize(3);
        assertThat(inline.values()).allMatch(size -> size <= PolicySize.INLINE);
        assertThat(managed).containsKeys("execution_boundary", "group_boundary").hasSizeGreaterThan(2);
        assertThat(managed.values()).allMatch(size -> size <= PolicySize.MANAGED);
        assertThat(attached).hasSize(2);
        assertThat(attached.values()).allMatch(policies -> policies <= PolicySize.MANAGED_OF_A_ROLE);
    }

    @Test
    void namesEachOfTwelveDatasetsWhole() throws IOException {
        DeploymentConfig deployment = TestDeployment.of(folder, "resource_prefix: a_company_with_a_long_name_");
        PipelineTable pipeline = TestDeployment.pipeline(deployment);
        List<Dataset> datasets = IntStream.range(0, 12)
                .mapToObj(i -> new Dataset(
                        "fact_network_usage_" + i,
                        "t" + i,
                        "a_company_with_a_long_name_staging_fact_network_usage_" + i,
                        "a_company_with_a_long_name_staging_fact_network_usage_" + i,
                        "o",
                        List.of()))
                .toList();

        String policies = synth(with(pipeline, pipeline.raw(), pipeline.judgement(), datasets), deployment)
                .path("aws_iam_role_policy")
                .toString();

        datasets.forEach(dataset -> assertThat(policies)
                .contains(":job/" + dataset.job() + "\\\"", "crawler/" + dataset.crawler() + "\\\""));
    }

    @Test
    void grantsBeginningsOfNamesThatDoNotFit() {
        List<String> names = List.of("staging_one", "staging_two", "raw");

        assertThat(PolicyValues.fitting(names, 10, 55)).isEqualTo(names);
        assertThat(PolicyValues.fitting(names, 10, 54)).containsExactly("staging_o*", "staging_t*", "raw");
        assertThat(PolicyValues.fitting(names, 10, 40)).containsExactly("staging_*", "raw");
        assertThat(PolicyValues.fitting(names, 10, 12)).containsExactly("*");
    }

    @Test
    void splitsADocumentBetweenStatements() {
        String large = "x".repeat(PolicySize.MANAGED / 2);
        String document =
                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"A\",\"Resource\":\"%s\"},{\"Sid\":\"B\"},"
                        + "{\"Sid\":\"C\",\"Resource\":\"%s\"}]}";

        assertThat(PolicySplit.split("policies/p.json", document.formatted(large, large)))
                .hasSize(2)
                .allMatch(part -> part.length() <= PolicySize.MANAGED && part.contains("\"Version\":\"2012-10-17\""))
                .satisfies(parts ->
                        assertThat(parts.get(0)).contains("\"A\"", "\"B\"").doesNotContain("\"C\""))
                .satisfies(parts -> assertThat(parts.get(1)).contains("\"C\""));
    }

    @Test
    void refusesAStatementThatFitsNowhere() {
        String document = "{\"Statement\":[{\"Sid\":\"A\",\"Resource\":\"%s\"}]}".formatted("x".repeat(7_000));

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> PolicySplit.split("policies/p.json", document))
                .withMessageContaining("policies/p.json: A: 70")
                .withMessageContaining("a managed policy has at most 6144: give it fewer or shorter resources");
    }

    @Test
    void countsAnExpressionAsTheLongestThatItBecomes() {
        assertThat(PolicySize.of("a ${data.aws_caller_identity.account.account_id}\n"))
                .isEqualTo(1 + 12);
        assertThat(PolicySize.of("${data.aws_partition.partition.partition}")).isEqualTo(10);
        assertThat(PolicySize.of("vpc/${data.aws_vpc.default.id}")).isEqualTo(4 + 24);
    }

    private DeploymentConfig deployment() throws IOException {
        TestDeployment.airflowVersions(folder, "3.3.1");
        Path file = folder.resolve("longest.yaml");
        Files.writeString(file, """
                company: %s
                region: us-gov-west-1
                state: {bucket: %s, key: %s}
                storage: {bucket: %s}
                catalog: {database: %s}
                orchestration: {environment: %s}
                consumption: {workgroup: %s}
                monitoring: {emails: [on-call@acme.example], lineage: bucket}
                cicd: {github_repository: acme/platform}
                groups: [%s]
                """.formatted(
                        "c".repeat(32),
                        "s".repeat(63),
                        "k".repeat(256),
                        "b".repeat(63),
                        "d".repeat(255),
                        "e".repeat(80),
                        "w".repeat(128),
                        groups()));
        return DeploymentLoader.load(folder, file);
    }

    /** As many groups as there may be, with the longest names. */
    private static String groups() {
        return IntStream.range(0, 20)
                .mapToObj(i -> "{name: %s, tables: [x], workgroup: %s}".formatted(name(i, "g", 31), name(i, "w", 128)))
                .collect(Collectors.joining(", "));
    }

    /** Names of the greatest length that differ from their first letters on: the worst case of cutting them. */
    private static PipelineTable longest(PipelineTable pipeline) {
        List<Dataset> datasets = IntStream.range(0, DATASETS)
                .mapToObj(i -> new Dataset(
                        name(i, "n", 128), name(i, "t", 128), name(i, "j", 255), name(i, "c", 255), "o", List.of()))
                .toList();
        RawDataset raw = pipeline.raw();
        return with(
                pipeline,
                new RawDataset(name(99, "r", 128), name(99, "c", 255), raw.filePrefix(), raw.columns()),
                new Judgement("judge", name(99, "j", 255)),
                datasets);
    }

    private static String name(int number, String letter, int length) {
        String distinct = (char) ('a' + number % 26) + String.valueOf(number);
        return distinct + letter.repeat(length - distinct.length());
    }

    private static PipelineTable with(
            PipelineTable pipeline, RawDataset raw, Judgement judgement, List<Dataset> datasets) {
        return new PipelineTable(
                pipeline.dag(), pipeline.prefixes(), raw, judgement, pipeline.erasure(), datasets, pipeline.trusted());
    }

    private JsonNode synth(PipelineTable pipeline, DeploymentConfig deployment) {
        TestStack stack = new TestStack(folder);
        Arns arns = new Arns(
                "${data.aws_partition.partition.partition}",
                deployment.region(),
                "${data.aws_caller_identity.account.account_id}");
        Deployment place = new Deployment(
                Path.of("").toAbsolutePath(), deployment, pipeline, arns, Optional.of("${aws_kms_key.data.arn}"));
        Policies policies = new Policies(place, "${aws_kms_key.pseudonyms.arn}");
        List<String> shared = List.of(
                "vpc/${data.aws_vpc.default.id}",
                "subnet/${data.aws_subnet.default_1.id}",
                "subnet/${data.aws_subnet.default_2.id}");
        new ServiceRoles(stack.scope(), "roles", policies);
        new GroupRoles(stack.scope(), "groups", policies);
        deployment.cicd().ifPresent(cicd -> new CicdRoles(stack.scope(), "cicd", policies, cicd, shared));
        return stack.synth().path("resource");
    }
}
