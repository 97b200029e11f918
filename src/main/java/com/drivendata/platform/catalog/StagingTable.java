package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Dataset;
import java.util.List;
import software.constructs.Construct;

/** A staging dataset: typed Parquet, one partition a day, registered by the dataset's crawler. */
final class StagingTable extends LakeTable {

    StagingTable(Construct scope, String id, String database, CatalogProps props, Dataset dataset) {
        super(
                scope,
                id,
                new LakeTableProps(
                        database,
                        dataset.name(),
                        "Staging data, written daily by the Glue job " + dataset.job(),
                        props.uri(prefix(props, dataset)),
                        TableFormat.PARQUET,
                        TableColumns.typed(dataset.columns()),
                        List.of(TableColumns.runDate())));
    }

    static String prefix(CatalogProps props, Dataset dataset) {
        return props.pipeline().prefixes().staging() + dataset.name() + "/";
    }
}
