package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Dataset;
import java.util.List;
import software.constructs.Construct;

/** A staging dataset: typed Parquet, one partition a day, registered by the dataset's crawler. */
final class StagingTable extends LakeTable {

    StagingTable(Construct scope, String id, String database, Catalog.Props props, Dataset dataset) {
        super(
                scope,
                id,
                LakeTablePropsBuilder.builder()
                        .database(database)
                        .name(dataset.name())
                        .description("Staging data, written daily by the Glue job " + dataset.job())
                        .location(props.dataRoot() + prefix(props, dataset))
                        .format(TableFormat.PARQUET)
                        .columns(TableColumns.typed(dataset.columns()))
                        .partitionKeys(List.of(TableColumns.runDate()))
                        .build());
    }

    static String prefix(Catalog.Props props, Dataset dataset) {
        return props.pipeline().prefixes().staging() + dataset.name() + "/";
    }
}
