package com.drivendata.platform.catalog;

import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTablePartitionKeys;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import java.util.List;
import java.util.Map;

/**
 * What {@link LakeTable} needs.
 *
 * @param location the {@code s3://} address of the table's files, ending in a slash
 * @param parameters table parameters beside those that every table of the lake has
 */
record LakeTableProps(
        String database,
        String name,
        String description,
        String location,
        TableFormat format,
        List<GlueCatalogTableStorageDescriptorColumns> columns,
        List<GlueCatalogTablePartitionKeys> partitionKeys,
        Map<String, String> parameters) {}
