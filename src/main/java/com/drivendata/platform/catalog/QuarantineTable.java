package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.Quarantine;
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
                        .name(Quarantine.TABLE)
                        .description("Raw rows that were refused, with the reason")
                        .location(props.dataRoot() + props.pipeline().prefixes().quarantine())
                        .format(TableFormat.PARQUET)
                        .columns(Quarantine.FIELDS.stream()
                                .map(field -> TableColumns.column(field.name(), field.type(), field.meaning()))
                                .toList())
                        .partitionKeys(List.of(TableColumns.runDate()))
                        .build());
    }
}
