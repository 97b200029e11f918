package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.RawDataset;
import java.util.List;
import software.constructs.Construct;

/** The daily CSV files as they came: every column is text, so that a bad value can be looked at. */
final class RawTable extends LakeTable {

    RawTable(Construct scope, String id, String database, Catalog.Props props) {
        super(scope, id, define(database, props));
    }

    private static LakeTable.Props define(String database, Catalog.Props props) {
        RawDataset raw = props.pipeline().raw();
        return LakeTablePropsBuilder.builder()
                .database(database)
                .name(raw.table())
                .description("The daily files as they came, all text; the view raw_typed has the types")
                .location(props.dataRoot() + props.pipeline().prefixes().raw())
                .format(TableFormat.CSV)
                .columns(TableColumns.text(raw.columns()))
                .partitionKeys(List.of())
                .build();
    }
}
