package com.drivendata.platform.stack;

import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.config.NetworkConfig.Mode;
import com.drivendata.platform.identity.DataKey;
import com.drivendata.platform.identity.DataKeyPropsBuilder;
import com.drivendata.platform.identity.PseudonymKey;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.identity.ServiceRolesPropsBuilder;
import com.drivendata.platform.network.EndpointPolicies;
import com.drivendata.platform.network.Network;
import com.drivendata.platform.network.NetworkPropsBuilder;
import com.drivendata.platform.orchestration.AirflowLogs;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.processing.JobLogs;
import com.drivendata.platform.storage.AccessLogs;
import com.drivendata.platform.storage.AccessLogsPropsBuilder;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.ArtefactsPropsBuilder;
import com.drivendata.platform.storage.DataLakeBucket;
import com.drivendata.platform.storage.DataLakeBucketPropsBuilder;
import com.drivendata.platform.storage.LogDelivery;
import com.hashicorp.cdktf.TerraformStack;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What everything else of a deployment stands on: its keys, its bucket with the uploads, its network, its roles.
 *
 * @param dataKey the ARN of the deployment's own key; empty where AWS's keys encrypt
 * @param names what the roles' policies are filled with
 */
record Foundation(
        Optional<String> dataKey,
        DataLakeBucket bucket,
        Artefacts artefacts,
        Network network,
        PseudonymKey pseudonyms,
        ServiceRoles.Props names,
        ServiceRoles roles) {

    private static final String FLOW_LOG_PREFIX = "flow-logs/";

    /** Adds it to the stack. */
    static Foundation of(TerraformStack stack, Path projectRoot, DeploymentConfig deployment, PipelineTable pipeline) {
        String account = AwsProviderSettings.add(stack, deployment);
        Arns arns = new Arns(AwsProviderSettings.partition(stack), deployment.region(), account);
        Optional<LogDelivery> flowLogs = flowLogs(deployment, account);
        Optional<String> dataKey = deployment.encryption().customerManagedKey()
                ? Optional.of(dataKey(stack, deployment, arns, flowLogs.isPresent()))
                : Optional.empty();
        DataLakeBucket bucket = new DataLakeBucket(
                stack,
                "storage",
                DataLakeBucketPropsBuilder.builder()
                        .partition(arns.partition())
                        .storage(deployment.storage())
                        .prefixes(pipeline.prefixes())
                        .destroyable(deployment.destroyable())
                        .keyArn(dataKey)
                        .flowLogs(flowLogs)
                        .build());
        if (deployment.storage().accessLogs()) {
            accessLogs(stack, deployment, arns, bucket);
        }
        Artefacts artefacts = new Artefacts(
                stack,
                "artefacts",
                ArtefactsPropsBuilder.builder()
                        .projectRoot(projectRoot)
                        .deployment(deployment)
                        .pipeline(pipeline)
                        .bucket(bucket)
                        .build());
        Network network = network(stack, deployment, arns, bucket);
        PseudonymKey pseudonyms = new PseudonymKey(stack, "pseudonyms", arns, deployment.destroyable());
        ServiceRoles.Props names = ServiceRolesPropsBuilder.builder()
                .projectRoot(projectRoot)
                .deployment(deployment)
                .pipeline(pipeline)
                .partition(arns.partition())
                .accountId(account)
                .glueLogGroup(JobLogs.prefix(deployment.company()))
                .dataKeyArn(dataKey)
                .pseudonymKeyArn(pseudonyms.getArn())
                .build();
        ServiceRoles roles = new ServiceRoles(stack, "identity", names);
        return new Foundation(dataKey, bucket, artefacts, network, pseudonyms, names, roles);
    }

    private static String dataKey(TerraformStack stack, DeploymentConfig deployment, Arns arns, boolean flowLogs) {
        return new DataKey(
                        stack,
                        "data-key",
                        DataKeyPropsBuilder.builder()
                                .arns(arns)
                                .destroyable(deployment.destroyable())
                                .logGroups(List.of(
                                        AirflowLogs.prefix(
                                                deployment.orchestration().environment()),
                                        JobLogs.prefix(deployment.company()),
                                        JobLogs.CRAWLERS))
                                .flowLogs(flowLogs)
                                .build())
                .getArn();
    }

    private static void accessLogs(
            TerraformStack stack, DeploymentConfig deployment, Arns arns, DataLakeBucket bucket) {
        new AccessLogs(
                stack,
                "access-logs",
                AccessLogsPropsBuilder.builder()
                        .name(deployment.storage().accessLogBucket())
                        .partition(arns.partition())
                        .accountId(arns.accountId())
                        .source(bucket)
                        .destroyable(deployment.destroyable())
                        .build());
    }

    private static Network network(
            TerraformStack stack, DeploymentConfig deployment, Arns arns, DataLakeBucket bucket) {
        return new Network(
                stack,
                "network",
                NetworkPropsBuilder.builder()
                        .name(deployment.company())
                        .region(deployment.region())
                        .network(deployment.network())
                        .webserverClients(deployment.orchestration().webserverClients())
                        .endpointPolicies(
                                deployment.network().endpointPolicies()
                                        ? Optional.of(new EndpointPolicies(arns, bucket.getArn()))
                                        : Optional.empty())
                        .tellsEvents(deployment.monitoring().isPresent())
                        .flowLogDestination(bucket.getFlowLogDestination())
                        .flowLogsAfter(bucket.getReady())
                        .build());
    }

    /** An account's default VPC isn't the deployment's to watch. */
    private static Optional<LogDelivery> flowLogs(DeploymentConfig deployment, String account) {
        return deployment.network().flowLogs() && deployment.network().mode() == Mode.DEDICATED
                ? Optional.of(new LogDelivery(account, deployment.region(), FLOW_LOG_PREFIX))
                : Optional.empty();
    }
}
