package com.drivendata.platform.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.TerraformOutput;
import com.hashicorp.cdktf.TerraformStack;
import com.hashicorp.cdktf.Testing;
import com.hashicorp.cdktf.TestingAppConfig;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A stack to put a construct into, and what it synthesises to. */
public final class TestStack {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String NAME = "test";

    private final Path outdir;
    private final TerraformStack stack;
    private int outputs;

    /** @param outdir a temporary folder of the test's */
    public TestStack(Path outdir) {
        this.outdir = outdir;
        App app =
                Testing.app(TestingAppConfig.builder().outdir(outdir.toString()).build());
        stack = new TerraformStack(app, NAME);
    }

    public TerraformStack scope() {
        return stack;
    }

    /** The folder that Terraform would run in. */
    public Path folder() {
        return outdir.resolve("stacks").resolve(NAME);
    }

    public JsonNode synth() {
        try {
            return MAPPER.readTree(Testing.synth(stack));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The Terraform expression that a construct's getter stands for. */
    public String expression(String value) {
        String id = "expression-" + outputs++;
        TerraformOutput output =
                TerraformOutput.Builder.create(stack, id).value(value).build();
        output.overrideLogicalId(id);
        return synth().at("/output/" + id + "/value").asText();
    }

    /** The logical ids of all resources of a type, sorted. */
    public static List<String> ids(JsonNode synthesised, String type) {
        List<String> ids = new ArrayList<>();
        synthesised.path("resource").path(type).fieldNames().forEachRemaining(ids::add);
        return ids.stream().sorted().toList();
    }

    /** The texts of a JSON list. */
    public static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
