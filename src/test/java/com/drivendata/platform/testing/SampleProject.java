package com.drivendata.platform.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A project folder with this project's configuration and policies, and one-line files for what the stack uploads. */
public final class SampleProject {

    private static final List<String> COPIED = List.of("config", "pipeline", "policies");
    private static final List<String> STAGING =
            List.of("dim_address", "dim_date", "dim_finance", "dim_person", "fact_network_usage");

    private SampleProject() {}

    /** Fills the folder and returns it. */
    public static Path in(Path folder) throws IOException {
        for (String name : COPIED) {
            copy(Path.of(name), folder);
        }
        write(folder, "airflow/dags/driven_data_pipeline.py", "dag = None\n");
        write(folder, "airflow/mwaa/3.3.1/constraints.txt", "Faker==37.12.0\n");
        write(folder, "airflow/plugins/triggers.py", "trigger = None\n");
        write(folder, "airflow/requirements.txt", "Faker\n");
        write(folder, "airflow/requirements-lineage.txt", "apache-airflow-providers-openlineage\ns3fs\n");
        write(folder, "airflow/startup.sh", """
                export AIRFLOW_VAR_S3_BUCKET_NAME="${s3_bucket_name}"
                export AIRFLOW_VAR_S3_FILE_PATH="${s3_file_path}"
                """);
        write(folder, "glue/lib/driven_data_glue/__init__.py", "\n");
        write(folder, "glue/jobs/judge_raw_data.py", "print(\"judged\")\n");
        write(folder, "glue/jobs/trusted_data.py", "print(\"departments\")\n");
        write(folder, "glue/jobs/forget_person.py", "print(\"erasure\")\n");
        for (String table : STAGING) {
            write(folder, "glue/jobs/staging_" + table + ".py", "print(\"" + table + "\")\n");
        }
        return folder;
    }

    private static void copy(Path source, Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(source)) {
            for (Path path : tree.filter(Files::isRegularFile)
                    .filter(each -> !each.startsWith("policies/tests"))
                    .toList()) {
                write(folder, path.toString(), Files.readString(path));
            }
        }
    }

    private static void write(Path folder, String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
