package com.drivendata.platform.consumption;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.ConsumptionConfig;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroup;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfiguration;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationEngineVersion;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationResultConfiguration;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration;
import software.constructs.Construct;

/**
 * The Athena workgroup: where results go, how they are encrypted and how much a query may scan are set here and can't
 * be overridden by the client.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html">Athena
 *     workgroups</a>
 * @see <a
 *     href="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/athena_workgroup">aws_athena_workgroup</a>
 */
public final class Workgroup extends Construct {

    /**
     * What the construct needs.
     *
     * @param resultLocation the {@code s3://} address of query results, ending in a slash
     * @param destroyable whether the workgroup may be destroyed with its query history
     */
    @NamedBuilder
    public record Props(ConsumptionConfig consumption, String resultLocation, boolean destroyable) {}

    private static final long BYTES_PER_MIB = 1L << 20;

    private final AthenaWorkgroup workgroup;

    public Workgroup(Construct scope, String id, Props props) {
        super(scope, id);
        int scanLimitMib = props.consumption().scanLimitMb();
        workgroup = AthenaWorkgroup.Builder.create(this, "workgroup")
                .name(props.consumption().workgroup())
                .description("Queries of the departments")
                .state("ENABLED")
                .forceDestroy(props.destroyable())
                .configuration(AthenaWorkgroupConfiguration.builder()
                        .enforceWorkgroupConfiguration(true)
                        .publishCloudwatchMetricsEnabled(true)
                        .requesterPaysEnabled(false)
                        .bytesScannedCutoffPerQuery(scanLimitMib == 0 ? null : scanLimitMib * BYTES_PER_MIB)
                        .engineVersion(AthenaWorkgroupConfigurationEngineVersion.builder()
                                .selectedEngineVersion("Athena engine version 3")
                                .build())
                        .resultConfiguration(results(props.resultLocation()))
                        .build())
                .build();
        workgroup.overrideLogicalId("workgroup");
    }

    /** The workgroup's name. */
    public String getName() {
        return workgroup.getName();
    }

    private static AthenaWorkgroupConfigurationResultConfiguration results(String location) {
        return AthenaWorkgroupConfigurationResultConfiguration.builder()
                .outputLocation(location)
                .encryptionConfiguration(
                        AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration.builder()
                                .encryptionOption("SSE_S3")
                                .build())
                .build();
    }
}
