package com.drivendata.platform.storage;

import com.drivendata.platform.config.ConfigException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The environment's start-up script. Its template is a shell script, so only the two values that the stack knows are
 * filled in and every other {@code ${…}} is the shell's; a template that lacks one of the two is refused.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/using-startup-script.html">Start-up scripts of
 *     MWAA</a>
 */
final class StartupScript {

    static final String FILE_NAME = "startup.sh";

    private static final Path TEMPLATE = Path.of("airflow", FILE_NAME);

    private StartupScript() {}

    /** @param rawFilePath where the raw files lie, up to the date in their names */
    static byte[] render(ProjectFiles files, String bucket, String rawFilePath) {
        String script = new String(files.read(TEMPLATE), StandardCharsets.UTF_8);
        Map<String, String> values = Map.of("${s3_bucket_name}", bucket, "${s3_file_path}", rawFilePath);
        for (Map.Entry<String, String> value : values.entrySet()) {
            if (!script.contains(value.getKey())) {
                throw new ConfigException(List.of(ProjectFiles.label(TEMPLATE) + ": lacks " + value.getKey()
                        + ", so Airflow would not know it; must set an AIRFLOW_VAR_ variable from it"));
            }
            script = script.replace(value.getKey(), value.getValue());
        }
        return script.getBytes(StandardCharsets.UTF_8);
    }
}
