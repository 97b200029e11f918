package com.drivendata.platform.config;

/** The Glue database that holds the tables and views. */
public record CatalogConfig(String database) {}
