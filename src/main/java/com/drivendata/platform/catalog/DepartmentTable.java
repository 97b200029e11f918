package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.TrustedTable;
import java.util.List;
import software.constructs.Construct;

/** A department's table of the trusted zone: typed Parquet, one partition a day, registered by the DAG. */
final class DepartmentTable extends LakeTable {

    DepartmentTable(Construct scope, String id, String database, Catalog.Props props, TrustedTable table) {
        super(
                scope,
                id,
                LakeTablePropsBuilder.builder()
                        .database(database)
                        .name(table.name())
                        .description("For the department " + table.department() + ", written daily")
                        .location(props.dataRoot() + props.pipeline().prefixes().trusted() + table.name() + "/")
                        .format(TableFormat.PARQUET)
                        .columns(TableColumns.typed(table.columns()))
                        .partitionKeys(List.of(TableColumns.runDate()))
                        .build());
    }
}
