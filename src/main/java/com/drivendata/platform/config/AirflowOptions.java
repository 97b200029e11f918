package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;
import java.util.List;
import java.util.Set;

/**
 * Airflow's configuration options, {@code <section>.<option>}, as Amazon MWAA takes them.
 *
 * @see <a href="https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-env-variables.html">Using Apache Airflow
 *     configuration options on Amazon MWAA</a>
 */
final class AirflowOptions {

    private AirflowOptions() {}

    /** A new DAG runs without anybody switching it on in the web interface, which a private environment hides. */
    static final String PAUSED_AT_CREATION = "core.dags_are_paused_at_creation";

    /**
     * What MWAA sets after the user's options, so that one of these would have no effect, or is refused: the options
     * called essential in its image.
     * https://github.com/aws/amazon-mwaa-docker-images/blob/main/images/airflow/3.3.1/python/mwaa/config/airflow.py
     */
    private static final Set<String> SET_BY_MWAA = Set.of(
            "api.base_url",
            "api.secret_key",
            "api_auth.jwt_algorithm",
            "api_auth.jwt_secret",
            "aws_mwaa.redirect_url",
            "celery.broker_url",
            "celery.celery_config_options",
            "celery.result_backend",
            "celery.worker_enable_remote_control",
            "core.auth_manager",
            "core.execution_api_server_url",
            "core.executor",
            "core.fernet_key",
            "core.load_examples",
            "core.multi_team",
            "core.simple_auth_manager_all_admins",
            "core.simple_auth_manager_users",
            "database.sql_alchemy_conn",
            "execution_api.jwt_expiration_time",
            "fab.config_file",
            "logging.colored_console_log",
            "logging.logging_config_class",
            "operators.default_queue",
            "scheduler.standalone_dag_processor",
            "triggerer.queues_enabled",
            "webserver.base_url");

    /** MWAA sets every option of metrics but these, which its CloudWatch integration reads. */
    private static final List<String> METRICS =
            List.of("metrics.statsd_on", "metrics.metrics_block_list", "metrics.metrics_allow_list");

    private static final Kind<String> FORM = Kinds.text(
            "(?=.{1,64}$)[a-z][a-z0-9_]*\\.[a-z0-9_]+",
            "an option of Airflow's as <section>.<option>, such as core.parallelism, of at most 64 characters");

    static final Kind<String> NAME = FORM.but(name -> {
        if (SET_BY_MWAA.contains(name) || (name.startsWith("metrics.") && !METRICS.contains(name))) {
            throw new IllegalArgumentException("is set by Amazon MWAA itself and can't be changed; take it out");
        }
    });

    /** https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html */
    static final Kind<String> VALUE = Kinds.text("[ -~]{1,65536}", "text of printable ASCII characters");
}
