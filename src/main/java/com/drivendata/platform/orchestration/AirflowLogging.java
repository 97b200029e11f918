package com.drivendata.platform.orchestration;

import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfiguration;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationDagProcessingLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationSchedulerLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationTaskLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationWebserverLogs;
import com.hashicorp.cdktf.providers.aws.mwaa_environment.MwaaEnvironmentLoggingConfigurationWorkerLogs;

/** All five log streams of an environment, at one level. */
final class AirflowLogging {

    private AirflowLogging() {}

    static MwaaEnvironmentLoggingConfiguration at(String level) {
        return MwaaEnvironmentLoggingConfiguration.builder()
                .dagProcessingLogs(MwaaEnvironmentLoggingConfigurationDagProcessingLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .schedulerLogs(MwaaEnvironmentLoggingConfigurationSchedulerLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .taskLogs(MwaaEnvironmentLoggingConfigurationTaskLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .webserverLogs(MwaaEnvironmentLoggingConfigurationWebserverLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .workerLogs(MwaaEnvironmentLoggingConfigurationWorkerLogs.builder()
                        .enabled(true)
                        .logLevel(level)
                        .build())
                .build();
    }
}
