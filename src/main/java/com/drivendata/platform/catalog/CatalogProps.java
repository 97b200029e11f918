package com.drivendata.platform.catalog;

import com.drivendata.platform.pipeline.PipelineTable;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/**
 * What {@link Catalog} needs.
 *
 * @param database the database's name, unique in the account
 * @param bucket the name of the data lake bucket (may be a Terraform expression)
 * @param crawlerRoleArn the role of the crawlers
 * @param crawlerRoleReady what the crawlers must wait for, so that their role has its permissions
 */
public record CatalogProps(
        String database,
        String bucket,
        PipelineTable pipeline,
        String crawlerRoleArn,
        List<ITerraformDependable> crawlerRoleReady) {

    /** The {@code s3://} address of a prefix of the bucket. */
    String uri(String prefix) {
        return "s3://" + bucket + "/" + prefix;
    }
}
