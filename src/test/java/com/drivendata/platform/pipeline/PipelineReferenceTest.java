package com.drivendata.platform.pipeline;

import com.drivendata.platform.config.Reference;
import com.drivendata.platform.config.ReferenceTest;
import com.drivendata.platform.config.yaml.YamlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * {@code pipeline/pipeline.schema.json} is made from what the loader asks for; {@code make reference} renews it. The
 * Glue library's tests compare its own types and rules with those of the schema.
 */
class PipelineReferenceTest {

    /** Makes the loader ask for every key; what is missing is noted and doesn't matter. */
    private static final String DOCUMENT = """
            raw: {columns: [{type: int}]}
            datasets: [{}]
            trusted: {tables: [{}]}
            """;

    @Test
    void schemaIsCurrent() throws IOException {
        YamlDocument document = YamlDocument.parse("pipeline/pipeline.yaml", DOCUMENT);
        PipelineTableLoader.read(document.root(), Names.filled(Map.of()), Path.of("pipeline/trusted"));
        Reference reference = new Reference(
                "DrivenData Platform pipeline table",
                "Datasets, columns and jobs. Made by make reference from the records that read the table.",
                document.keys());

        ReferenceTest.assertCurrent(Path.of("pipeline/pipeline.schema.json"), reference.schema());
    }
}
