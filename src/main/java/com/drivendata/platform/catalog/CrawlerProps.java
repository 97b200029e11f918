package com.drivendata.platform.catalog;

import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;

/**
 * What {@link Crawler} needs.
 *
 * @param table the table whose files it crawls; also the resource's logical id
 * @param prefix the table's prefix in the bucket
 * @param recrawl which folders a run visits
 * @param classifiers names of custom classifiers, tried before Glue's own
 */
record CrawlerProps(
        String name,
        String database,
        String table,
        String bucket,
        String prefix,
        String roleArn,
        Recrawl recrawl,
        List<String> classifiers,
        List<ITerraformDependable> dependsOn) {

    /** The names are those of the Glue API's RecrawlBehavior. */
    enum Recrawl {
        CRAWL_EVERYTHING,
        CRAWL_NEW_FOLDERS_ONLY
    }
}
