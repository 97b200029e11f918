package com.drivendata.platform.catalog;

import java.util.Map;

/**
 * How a table's files are read: the classes that Athena, Spark and Glue know a format by.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html">Open CSV SerDe</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/parquet-serde.html">Parquet SerDe</a>
 * @param daily whether each day has a folder of its own, a partition
 * @param crawled the parameters by which a crawler knows what it would make of the files itself. Where they are missing
 *     it may take a declared table for an incompatible one, skip it and still succeed.
 * @see <a href="https://docs.aws.amazon.com/glue/latest/dg/table-properties-crawler.html">Parameters set on Data
 *     Catalog tables by crawler</a>
 */
record TableFormat(
        boolean daily,
        Map<String, String> crawled,
        String inputFormat,
        String outputFormat,
        String serde,
        Map<String, String> serdeParameters) {

    /**
     * Quoted CSV with a header. Keeps commas inside quotes, which LazySimpleSerDe doesn't; reads no type but string
     * reliably. The jobs take a backslash for a backslash, and a quote inside quotes is written twice. The SerDe reads
     * the doubled quote anyway and has no way to switch its escape off (unset, or set to the quote itself, it is the
     * backslash), so it gets a character that no text holds.
     *
     * @see <a
     *     href="https://github.com/apache/hive/blob/branch-2.3/serde/src/java/org/apache/hadoop/hive/serde2/OpenCSVSerde.java">Hive's
     *     SerDe</a>
     * @see <a
     *     href="https://github.com/trinodb/trino/blob/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/csv/CsvDeserializerFactory.java">Trino's
     *     reader of it</a>
     */
    static final TableFormat CSV = new TableFormat(
            false,
            Map.of(
                    "classification", "csv",
                    "columnsOrdered", "true",
                    "compressionType", "none",
                    "delimiter", ",",
                    "skip.header.line.count", "1",
                    "typeOfData", "file"),
            "org.apache.hadoop.mapred.TextInputFormat",
            "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            Map.of("separatorChar", ",", "quoteChar", "\"", "escapeChar", "\u0001"));

    static final TableFormat PARQUET = new TableFormat(
            true,
            Map.of("classification", "parquet", "compressionType", "none", "typeOfData", "file"),
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            Map.of("serialization.format", "1"));
}
