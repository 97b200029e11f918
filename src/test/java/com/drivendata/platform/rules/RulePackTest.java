package com.drivendata.platform.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** Each rule beside stacks that keep it and stacks that break it, in {@code rules.yaml}. */
class RulePackTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Set<String> POLICIES = Set.of("policy", "assume_role_policy");
    private static final Pattern LONG = Pattern.compile("\\$\\{long (\\d+)}");
    private static final JsonNode CASES = read();

    static List<Rule> rules() {
        return RulePack.RULES;
    }

    @ParameterizedTest
    @MethodSource("rules")
    void findsNothingWhereTheRuleIsKept(Rule rule) {
        assertThat(CASES.at("/" + rule.id() + "/kept"))
                .isNotEmpty()
                .allSatisfy(stack -> assertThat(findings(rule, stack)).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void findsWhatBreaksTheRule(Rule rule) {
        assertThat(CASES.at("/" + rule.id() + "/broken"))
                .isNotEmpty()
                .allSatisfy(stack -> assertThat(findings(rule, stack)).isEqualTo(texts(stack.path("findings"))));
    }

    @Test
    void hasNoCasesForRulesThatAreNot() {
        assertThat(RulePack.ids()).doesNotHaveDuplicates();
        assertThat(CASES.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(RulePack.ids());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void saysWhyAndWhatToDo(Rule rule) {
        assertThat(rule.id()).matches("[a-z]+(-[a-z]+)*");
        assertThat(List.of(rule.text(), rule.why(), rule.fix())).allMatch(text -> text.matches("[A-Z][\\s\\S]*\\."));
        assertThat(rule.source()).matches("https://(docs\\.aws\\.amazon\\.com|developer\\.hashicorp\\.com)/.+");
    }

    @Test
    void namesResourceRuleReasonAndFix() {
        JsonNode stack = CASES.at("/bucket-versioning/broken/0");

        assertThat(RulePack.findings(SynthesisedStack.of(stack.toString())))
                .extracting(Finding::toString)
                .contains("aws_s3_bucket.lake: bucket-versioning: it keeps no versions. Amazon MWAA asks for a bucket"
                        + " that keeps versions, and without them what is overwritten is lost. Leave"
                        + " storage.versioning out. Or name the rule, with a reason and a last day, under"
                        + " suppressions.");
    }

    private static List<String> findings(Rule rule, JsonNode stack) {
        return rule.breaches()
                .apply(SynthesisedStack.of(stack.toString()))
                .map(breach -> breach.resource() + ": " + breach.what())
                .toList();
    }

    private static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static JsonNode read() {
        try (InputStream cases = RulePackTest.class.getResourceAsStream("/rules.yaml")) {
            String text = new String(cases.readAllBytes(), StandardCharsets.UTF_8);
            String filled = LONG.matcher(text).replaceAll(length -> "x".repeat(Integer.parseInt(length.group(1))));
            JsonNode tree = MAPPER.valueToTree(new Yaml().load(filled));
            writePolicies(tree);
            return tree;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void writePolicies(JsonNode node) {
        if (node instanceof ObjectNode object) {
            POLICIES.forEach(name -> {
                if (object.path(name).isObject()) {
                    object.put(name, object.path(name).toString());
                }
            });
        }
        node.forEach(RulePackTest::writePolicies);
    }
}
