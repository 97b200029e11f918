package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.View;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTable;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptor;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorSerDeInfo;
import java.util.Map;
import software.constructs.Construct;

/**
 * A view, in the form that Athena's {@code CREATE VIEW} leaves in the catalog.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/views.html">Athena views</a>
 * @see <a
 *     href="https://github.com/trinodb/trino/blob/435/plugin/trino-hive/src/main/java/io/trino/plugin/hive/metastore/glue/converter/GlueToTrinoConverter.java">Trino's
 *     reader of Glue's tables</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/glue_catalog_table">aws_glue_catalog_table</a>
 */
final class CatalogView extends Construct {

    /**
     * @param database the database, as the resource refers to it
     * @param schema the same database by its literal name, which goes into the view's definition
     */
    CatalogView(Construct scope, String id, String database, String schema, View view) {
        super(scope, id);
        GlueCatalogTable table = GlueCatalogTable.Builder.create(this, "view")
                .databaseName(database)
                .name(view.name())
                // No description: Trino knows a view of its own kind by the comment, and reads a description in its
                // place.
                .tableType("VIRTUAL_VIEW")
                .parameters(Map.of("presto_view", "true", "comment", "Presto View"))
                .viewOriginalText(PrestoView.originalText(schema, view))
                .viewExpandedText(PrestoView.EXPANDED_TEXT)
                .storageDescriptor(GlueCatalogTableStorageDescriptor.builder()
                        .columns(TableColumns.typed(view.columns()))
                        .compressed(false)
                        .numberOfBuckets(0)
                        .storedAsSubDirectories(false)
                        // Views have no SerDe; Terraform can't tell an empty block from none, so it gets a value.
                        .serDeInfo(GlueCatalogTableStorageDescriptorSerDeInfo.builder()
                                .name("-")
                                .serializationLibrary("-")
                                .build())
                        .build())
                .build();
        table.overrideLogicalId(view.name());
    }
}
