package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.YamlSection;

/** The Glue database that holds the tables and views. */
public record CatalogConfig(String database) {

    static CatalogConfig read(YamlSection catalog, String company) {
        return new CatalogConfig(catalog.value(
                "database",
                AwsNames.DATABASE,
                company + "_db",
                "The Glue database of all tables and views. *Replaces* it and them; the data stays."));
    }
}
