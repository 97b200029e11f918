package com.drivendata.platform.stack;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.config.DeploymentConfig;
import com.drivendata.platform.identity.DataKey;
import com.drivendata.platform.identity.Policies;
import com.drivendata.platform.identity.PseudonymKey;
import com.drivendata.platform.identity.ServiceRoles;
import com.drivendata.platform.network.Network;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.storage.AccessLogs;
import com.drivendata.platform.storage.Artefacts;
import com.drivendata.platform.storage.DataLakeBucket;
import com.hashicorp.cdktf.TerraformStack;
import java.nio.file.Path;
import java.util.Optional;

/** What everything else of a deployment stands on: its keys, its bucket with the uploads, its network, its roles. */
record Foundation(
        Deployment deployment,
        DataLakeBucket bucket,
        Artefacts artefacts,
        Network network,
        PseudonymKey pseudonyms,
        Policies policies,
        ServiceRoles roles) {

    /** Adds it to the stack. */
    static Foundation of(TerraformStack stack, Path projectRoot, DeploymentConfig config, PipelineTable pipeline) {
        String account = AwsProviderSettings.add(stack, config);
        Arns arns = new Arns(AwsProviderSettings.partition(stack), config.region(), account);
        Optional<String> dataKey = config.encryption().customerManagedKey()
                ? Optional.of(new DataKey(stack, "data-key", arns, config).getArn())
                : Optional.empty();
        Deployment deployment = new Deployment(projectRoot, config, pipeline, arns, dataKey);
        DataLakeBucket bucket = new DataLakeBucket(stack, "storage", deployment);
        if (config.storage().accessLogs()) {
            new AccessLogs(stack, "access-logs", deployment, bucket);
        }
        Artefacts artefacts = new Artefacts(stack, "artefacts", deployment, bucket);
        Network network = new Network(stack, "network", deployment, bucket);
        PseudonymKey pseudonyms = new PseudonymKey(stack, "pseudonyms", arns, config.destroyable());
        Policies policies = new Policies(deployment, pseudonyms.getArn());
        ServiceRoles roles = new ServiceRoles(stack, "identity", policies);
        return new Foundation(deployment, bucket, artefacts, network, pseudonyms, policies, roles);
    }
}
