package com.drivendata.platform.storage;

import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.MonitoringConfig;
import com.drivendata.platform.config.NetworkConfig;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What the environment installs. Workers without internet take it from the wheels in the plugins archive.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/best-practices-dependencies.html">Managing Python
 *     dependencies</a>
 */
final class AirflowRequirements {

    static final String FILE_NAME = "requirements.txt";

    private static final byte[] FROM_WHEELS =
            "--find-links /usr/local/airflow/plugins\n--no-index\n".getBytes(StandardCharsets.UTF_8);

    private AirflowRequirements() {}

    static byte[] render(ProjectFiles files, DeploymentConfig deployment) {
        ByteArrayOutputStream requirements = new ByteArrayOutputStream();
        if (deployment.network().egress() == NetworkConfig.Egress.ENDPOINTS) {
            requirements.writeBytes(FROM_WHEELS);
        }
        requirements.writeBytes(files.read(Path.of("airflow", FILE_NAME)));
        if (deployment.monitoring().flatMap(MonitoringConfig::lineage).isPresent()) {
            requirements.writeBytes(files.read(Path.of("airflow", "requirements-lineage.txt")));
        }
        return requirements.toByteArray();
    }

    /** The versions of MWAA's own image for the deployment's Airflow; the requirements name their place on MWAA. */
    static byte[] constraints(ProjectFiles files, DeploymentConfig deployment) {
        return files.read(Path.of("airflow", "mwaa", deployment.orchestration().airflowVersion(), "constraints.txt"));
    }
}
