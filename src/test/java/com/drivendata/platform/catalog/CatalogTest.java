package com.drivendata.platform.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.identity.Policies;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.testing.TestDeployment;
import com.drivendata.platform.testing.TestStack;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogTest {

    private static final String LAKE = "s3://${aws_s3_bucket.data_lake.bucket}/";

    private static JsonNode stack;

    @BeforeAll
    static void synthesise(@TempDir Path config, @TempDir Path out) throws IOException {
        DeploymentConfig deployment = TestDeployment.of(config, "resource_prefix: acme_");
        Deployment place = TestDeployment.place(deployment);
        TestStack test = new TestStack(out);
        ServiceRoles roles = new ServiceRoles(test.scope(), "roles", new Policies(place, "arn:aws:kms:x"));
        new Catalog(
                test.scope(),
                "catalog",
                new Catalog.Props(
                        place, new DataLakeBucket(test.scope(), "storage", place), roles.getGlue(), "acme_s3"));
        stack = test.synth();
    }

    @Test
    void rawTableIsTextReadWithQuotes() {
        JsonNode raw = table("raw");

        assertThat(raw.at("/storage_descriptor/location").asText()).isEqualTo(LAKE + "data/raw/");
        assertThat(raw.at("/storage_descriptor/ser_de_info/serialization_library")
                        .asText())
                .isEqualTo("org.apache.hadoop.hive.serde2.OpenCSVSerde");
        assertThat(raw.at("/storage_descriptor/ser_de_info/parameters/quoteChar")
                        .asText())
                .isEqualTo("\"");
        assertThat(raw.path("parameters").path("skip.header.line.count").asText())
                .isEqualTo("1");
        assertThat(columns(raw)).hasSize(16).allMatch(column -> column.endsWith(" string"));
    }

    @Test
    void stagingTableIsTypedParquetByDay() {
        JsonNode usage = table("fact_network_usage");

        assertThat(columns(usage))
                .containsExactly(
                        "unique_id string",
                        "session_duration int",
                        "download_speed int",
                        "upload_speed int",
                        "consumed_traffic int");
        assertThat(usage.at("/storage_descriptor/columns/1/comment").asText()).isEqualTo("seconds");
        assertThat(usage.at("/storage_descriptor/location").asText())
                .isEqualTo(LAKE + "data/staging/fact_network_usage/");
        assertThat(usage.at("/storage_descriptor/input_format").asText()).contains("Parquet");
        assertThat(usage.at("/partition_keys/0/name").asText()).isEqualTo("run_date");
        assertThat(columns(table("dim_person"))).contains("birth_date date");
        assertThat(columns(table("dim_date"))).contains("accessed_at timestamp");
    }

    @Test
    void quarantineHasOnePartitionADay() {
        JsonNode quarantine = table("quarantine");

        assertThat(columns(quarantine))
                .containsExactly("line bigint", "reason string", "record string", "raw_file string");
        assertThat(quarantine.path("partition_keys")).hasSize(1);
        assertThat(quarantine.at("/partition_keys/0/name").asText()).isEqualTo("run_date");
        assertThat(quarantine.at("/storage_descriptor/location").asText()).isEqualTo(LAKE + "data/quarantine/");
        assertThat(quarantine.path("parameters").fieldNames())
                .toIterable()
                .noneMatch(name -> name.startsWith("projection"));
    }

    @Test
    void tablesCarryWhatACrawlerCompares() {
        assertThat(crawled(table("dim_date").path("parameters")))
                .isEqualTo(Map.of("classification", "parquet", "compressionType", "none", "typeOfData", "file"));
        assertThat(crawled(table("raw").path("parameters")))
                .isEqualTo(Map.of("classification", "csv", "compressionType", "none", "typeOfData", "file"));
        for (String name : List.of("raw", "quarantine", "dim_person")) {
            JsonNode table = table(name);
            assertThat(crawled(table.at("/storage_descriptor/parameters")))
                    .as(name)
                    .isEqualTo(crawled(table.path("parameters")));
        }
    }

    @Test
    void everyPartitionKeyIsTheDayAsText() {
        for (JsonNode table : stack.at("/resource/aws_glue_catalog_table")) {
            for (JsonNode key : table.path("partition_keys")) {
                assertThat(key.path("name").asText()).isEqualTo("run_date");
                assertThat(key.path("type").asText()).isEqualTo("string");
            }
            assertThat(columns(table)).doesNotContain("run_date date");
        }
    }

    @Test
    void departmentsTableIsTypedParquetByDay() {
        JsonNode payments = table("payment_data");

        assertThat(payments.path("table_type").asText()).isEqualTo("EXTERNAL_TABLE");
        assertThat(payments.at("/storage_descriptor/location").asText()).isEqualTo(LAKE + "data/trusted/payment_data/");
        assertThat(payments.at("/partition_keys/0/name").asText()).isEqualTo("run_date");
        assertThat(columns(payments)).contains("iban string", "download_speed int", "payment_amount double");
        assertThat(columns(table("technical_data"))).contains("technical_issue boolean");
        assertThat(columns(table("pii_data"))).contains("birth_date date");
        assertThat(columns(table("non_pii_data"))).contains("birth_date string", "accessed_at timestamp");
    }

    @Test
    void viewHoldsItsSqlAndTypesAsAthenaWritesThem() throws IOException {
        JsonNode view = table("raw_typed");
        JsonNode definition = definition(view);

        assertThat(view.path("table_type").asText()).isEqualTo("VIRTUAL_VIEW");
        assertThat(view.path("parameters").path("presto_view").asText()).isEqualTo("true");
        assertThat(view.path("view_expanded_text").asText()).isEqualTo("/* Presto View */");
        assertThat(definition.path("catalog").asText()).isEqualTo("awsdatacatalog");
        assertThat(definition.path("schema").asText()).isEqualTo("acme_db");
        assertThat(definition.path("columns"))
                .extracting(column ->
                        column.path("name").asText() + " " + column.path("type").asText())
                .contains("iban varchar", "birth_date date", "accessed_at timestamp", "session_duration integer");
        assertThat(columns(view)).contains("iban string", "download_speed int");
    }

    @Test
    void typedViewCastsWhatIsNotText() throws IOException {
        String sql = definition(table("raw_typed")).path("originalSql").asText();

        assertThat(sql)
                .contains("\n    person_name,\n")
                .contains("try_cast(birth_date AS date) AS birth_date")
                .contains("try_cast(accessed_at AS timestamp) AS accessed_at")
                .contains("try_cast(session_duration AS integer) AS session_duration")
                .endsWith("FROM raw");
    }

    @Test
    void crawlersRegisterPartitionsAndChangeNothingElse() throws IOException {
        assertThat(TestStack.ids(stack, "aws_glue_crawler"))
                .containsExactly("dim_address", "dim_date", "dim_finance", "dim_person", "fact_network_usage", "raw");
        for (JsonNode crawler : stack.at("/resource/aws_glue_crawler")) {
            assertThat(crawler.at("/schema_change_policy/update_behavior").asText())
                    .isEqualTo("LOG");
            assertThat(crawler.at("/schema_change_policy/delete_behavior").asText())
                    .isEqualTo("LOG");
            assertThat(crawler.has("schedule")).isFalse();
            JsonNode index = configuration(crawler).path("CreatePartitionIndex");
            assertThat(index.isBoolean() && !index.asBoolean()).isTrue();
            assertThat(configuration(crawler)
                            .at("/CrawlerOutput/Partitions/AddOrUpdateBehavior")
                            .asText())
                    .isEqualTo("InheritFromTable");
        }
    }

    @Test
    void rawCrawlerReadsQuotesAndEveryFile() throws IOException {
        JsonNode crawler = stack.at("/resource/aws_glue_crawler/raw");
        JsonNode classifier = stack.at("/resource/aws_glue_classifier/raw");

        assertThat(crawler.path("name").asText()).isEqualTo("raw_acme");
        assertThat(crawler.at("/recrawl_policy/recrawl_behavior").asText()).isEqualTo("CRAWL_EVERYTHING");
        assertThat(crawler.path("classifiers").path(0).asText()).isEqualTo("${aws_glue_classifier.raw.name}");
        assertThat(TestStack.texts(crawler.path("depends_on"))).contains("aws_glue_catalog_table.raw");
        assertThat(configuration(crawler)
                        .at("/Grouping/TableLevelConfiguration")
                        .asInt())
                .isEqualTo(3);
        assertThat(classifier.path("name").asText()).isEqualTo("raw_acme_csv");
        assertThat(classifier.at("/csv_classifier/quote_symbol").asText()).isEqualTo("\"");
        assertThat(classifier.at("/csv_classifier/contains_header").asText()).isEqualTo("PRESENT");
        assertThat(classifier.at("/csv_classifier/header")).hasSize(16);
    }

    @Test
    void stagingCrawlerVisitsNewFoldersOnly() throws IOException {
        JsonNode crawler = stack.at("/resource/aws_glue_crawler/dim_date");

        assertThat(crawler.path("name").asText()).isEqualTo("acme_staging_dim_date");
        assertThat(crawler.at("/recrawl_policy/recrawl_behavior").asText()).isEqualTo("CRAWL_NEW_FOLDERS_ONLY");
        assertThat(crawler.at("/s3_target/0/path").asText()).isEqualTo(LAKE + "data/staging/dim_date/");
        assertThat(configuration(crawler)
                        .at("/Grouping/TableLevelConfiguration")
                        .asInt())
                .isEqualTo(4);
    }

    private static Map<String, String> crawled(JsonNode parameters) {
        return List.of("classification", "compressionType", "typeOfData").stream()
                .collect(Collectors.toMap(
                        Function.identity(), key -> parameters.path(key).asText("none given")));
    }

    private static JsonNode table(String name) {
        return stack.at("/resource/aws_glue_catalog_table/" + name);
    }

    private static List<String> columns(JsonNode table) {
        List<String> columns = new ArrayList<>();
        table.at("/storage_descriptor/columns")
                .forEach(column -> columns.add(
                        column.path("name").asText() + " " + column.path("type").asText()));
        return columns;
    }

    private static JsonNode configuration(JsonNode crawler) throws IOException {
        return new ObjectMapper().readTree(crawler.path("configuration").asText());
    }

    private static JsonNode definition(JsonNode view) throws IOException {
        String text = view.path("view_original_text").asText();
        String encoded = text.replace("/* Presto View: ", "").replace(" */", "");
        return new ObjectMapper().readTree(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8));
    }
}
