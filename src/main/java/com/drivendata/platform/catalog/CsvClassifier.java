package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Column;
import com.hashicorp.cdktf.providers.aws.glue_classifier.GlueClassifier;
import com.hashicorp.cdktf.providers.aws.glue_classifier.GlueClassifierCsvClassifier;
import java.util.List;
import software.constructs.Construct;

/**
 * Tells crawlers how the raw files are written. Glue's built-in CSV classifier splits quoted addresses at their commas.
 *
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html#custom-classifier-csv">Custom CSV
 *     classifiers</a>
 */
final class CsvClassifier extends Construct {

    private final GlueClassifier classifier;

    CsvClassifier(Construct scope, String id, String name, List<Column> columns) {
        super(scope, id);
        classifier = GlueClassifier.Builder.create(this, "classifier")
                .name(name)
                .csvClassifier(GlueClassifierCsvClassifier.builder()
                        .delimiter(",")
                        .quoteSymbol("\"")
                        .containsHeader("PRESENT")
                        .header(columns.stream().map(Column::name).toList())
                        .allowSingleColumn(false)
                        .disableValueTrimming(false)
                        .build())
                .build();
        classifier.overrideLogicalId("raw");
    }

    String getName() {
        return classifier.getName();
    }
}
