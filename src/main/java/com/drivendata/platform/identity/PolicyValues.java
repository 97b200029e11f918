package com.drivendata.platform.identity;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Prefixes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The values of the placeholders in {@code policies/*.json}: the deployment's names and those of the pipeline table.
 */
final class PolicyValues {

    private PolicyValues() {}

    static Map<String, List<String>> of(ServiceRolesProps props) {
        DeploymentConfig deployment = props.deployment();
        PipelineTable pipeline = props.pipeline();
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("aws_account_id", List.of(props.accountId()));
        values.put("region", List.of(deployment.region()));
        values.put("bucket", List.of(props.bucket().getName()));
        values.put("environment", List.of(deployment.orchestration().environment()));
        values.put("database", List.of(deployment.catalog().database()));
        values.put("glue_log_group", List.of(props.glueLogGroup()));
        values.put("job_names", withRaw(pipeline.judgement().job(), each(pipeline, Dataset::job)));
        values.put("crawler_names", withRaw(pipeline.raw().crawler(), each(pipeline, Dataset::crawler)));
        values.put("table_names", withRaw(pipeline.raw().table(), each(pipeline, Dataset::name)));
        Prefixes prefixes = pipeline.prefixes();
        values.put("raw_prefix", List.of(prefixes.raw()));
        values.put("incoming_prefix", List.of(prefixes.incoming()));
        values.put("metrics_prefix", List.of(prefixes.metrics()));
        List<String> written = List.of(
                prefixes.clean(), prefixes.staging(), prefixes.quarantine(), prefixes.metrics(), prefixes.scratch());
        values.put("written_prefixes", written);
        values.put("written_folders", folders(written));
        return values;
    }

    /** Each prefix and those above it, without the last slash: {@code data/staging/} is data and data/staging. */
    private static List<String> folders(List<String> prefixes) {
        List<String> folders = new ArrayList<>();
        for (String prefix : prefixes) {
            for (int slash = prefix.indexOf('/'); slash >= 0; slash = prefix.indexOf('/', slash + 1)) {
                folders.add(prefix.substring(0, slash));
            }
        }
        return folders.stream().distinct().toList();
    }

    private static List<String> each(PipelineTable pipeline, Function<Dataset, String> name) {
        return pipeline.datasets().stream().map(name).toList();
    }

    private static List<String> withRaw(String raw, List<String> others) {
        return Stream.concat(Stream.of(raw), others.stream()).toList();
    }
}
