package com.drivendata.platform.catalog;

import java.util.Map;

/**
 * How a table's files are read: the classes that Athena, Spark and Glue know a format by.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html">Open CSV SerDe</a>
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/parquet-serde.html">Parquet SerDe</a>
 */
enum TableFormat {
    /** Quoted CSV. Keeps commas inside quotes, which LazySimpleSerDe doesn't; reads no type but string reliably. */
    CSV(
            "csv",
            "org.apache.hadoop.mapred.TextInputFormat",
            "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            Map.of("separatorChar", ",", "quoteChar", "\"", "escapeChar", "\\")),
    PARQUET(
            "parquet",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            Map.of("serialization.format", "1"));

    private final String classification;
    private final String inputFormat;
    private final String outputFormat;
    private final String serde;
    private final Map<String, String> serdeParameters;

    TableFormat(
            String classification,
            String inputFormat,
            String outputFormat,
            String serde,
            Map<String, String> serdeParameters) {
        this.classification = classification;
        this.inputFormat = inputFormat;
        this.outputFormat = outputFormat;
        this.serde = serde;
        this.serdeParameters = serdeParameters;
    }

    String classification() {
        return classification;
    }

    String inputFormat() {
        return inputFormat;
    }

    String outputFormat() {
        return outputFormat;
    }

    String serde() {
        return serde;
    }

    Map<String, String> serdeParameters() {
        return serdeParameters;
    }
}
