package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.RawDataset;
import java.util.List;
import software.constructs.Construct;

/** The daily CSV files as they came: every column is text, so that a bad value can be looked at. */
final class RawTable extends LakeTable {

    RawTable(Construct scope, String id, String database, CatalogProps props) {
        super(scope, id, define(database, props));
    }

    private static LakeTableProps define(String database, CatalogProps props) {
        RawDataset raw = props.pipeline().raw();
        return new LakeTableProps(
                database,
                raw.table(),
                "The daily files as they came, all text; the view raw_typed has the types",
                props.uri(props.pipeline().prefixes().raw()),
                TableFormat.CSV,
                TableColumns.text(raw.columns()),
                List.of());
    }
}
