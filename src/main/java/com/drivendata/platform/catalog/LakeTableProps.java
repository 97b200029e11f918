package com.drivendata.platform.catalog;

import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTablePartitionKeys;
import com.hashicorp.cdktf.providers.aws.glue_catalog_table.GlueCatalogTableStorageDescriptorColumns;
import java.util.List;

/**
 * What {@link LakeTable} needs.
 *
 * @param location the {@code s3://} address of the table's files, ending in a slash
 */
record LakeTableProps(
        String database,
        String name,
        String description,
        String location,
        TableFormat format,
        List<GlueCatalogTableStorageDescriptorColumns> columns,
        List<GlueCatalogTablePartitionKeys> partitionKeys) {}
