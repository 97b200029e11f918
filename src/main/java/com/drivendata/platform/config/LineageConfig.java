package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import java.util.Map;
import java.util.Optional;

/**
 * Where the OpenLineage events of Airflow's tasks go.
 *
 * @param server takes them by HTTP; without one they become files in the deployment's bucket
 * @see <a
 *     href="https://airflow.apache.org/docs/apache-airflow-providers-openlineage/2.20.0/configurations-ref.html">The
 *     provider's options</a>
 */
public record LineageConfig(Optional<String> server) {

    private static final String BUCKET = "bucket";

    static final Kind<LineageConfig> KIND = Kinds.text(
                    BUCKET + "|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?",
                    "`bucket`, or a server's address without a path, such as https://lineage.acme.example")
            .as(where -> new LineageConfig(where.equals(BUCKET) ? Optional.empty() : Optional.of(where)));

    /**
     * Where the files lie in the bucket, beside the metrics of the same runs; empty where a server takes the events.
     */
    public Optional<String> folder(String metricsPrefix) {
        return server.isPresent() ? Optional.empty() : Optional.of(metricsPrefix + "lineage/");
    }

    /**
     * What Airflow must be told. In a thread, because a server that doesn't answer must not hold up a task for good.
     */
    Map<String, String> airflowOptions(String deployment, String bucket, String metricsPrefix) {
        String transport = folder(metricsPrefix)
                .map(folder -> "{\"type\": \"file\", \"log_file_path\": \"s3://%s/%sevent\"}".formatted(bucket, folder))
                .orElseGet(() -> "{\"type\": \"http\", \"url\": \"%s\"}".formatted(server.orElseThrow()));
        return Map.of(
                "openlineage.transport", transport,
                "openlineage.namespace", deployment,
                "openlineage.execute_in_thread", "True");
    }
}
