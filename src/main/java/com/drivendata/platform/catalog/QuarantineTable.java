package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.PipelineTable;
import java.util.List;
import software.constructs.Construct;

/**
 * The rows that were refused, with the reason. No crawler visits it: the job that judges the rows registers each day
 * itself, so that a refused row can be queried the moment it is written.
 */
final class QuarantineTable extends LakeTable {

    QuarantineTable(Construct scope, String id, String database, Catalog.Props props) {
        super(
                scope,
                id,
                LakeTablePropsBuilder.builder()
                        .database(database)
                        .name(PipelineTable.QUARANTINE)
                        .description("Raw rows that were refused, with the reason")
                        .location(props.dataRoot() + props.pipeline().prefixes().quarantine())
                        .format(TableFormat.PARQUET)
                        .columns(List.of(
                                TableColumns.column("line", "bigint", "Line of the raw file, the header being 1"),
                                TableColumns.column("reason", "string", "The rule that the row broke"),
                                TableColumns.column("record", "string", "The whole raw row"),
                                TableColumns.column("raw_file", "string", "Where the row came from")))
                        .partitionKeys(List.of(TableColumns.runDate()))
                        .build());
    }
}
