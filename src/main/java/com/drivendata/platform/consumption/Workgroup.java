package com.drivendata.platform.consumption;

import com.drivendata.platform.Deployment;
import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.access.Arns;
import com.drivendata.platform.access.Grants;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroup;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfiguration;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationEngineVersion;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationResultConfiguration;
import com.hashicorp.cdktf.providers.aws.athena_workgroup.AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration;
import java.util.List;
import software.constructs.Construct;

/**
 * The Athena workgroup: where results go, how they are encrypted and how much a query may scan are set here and can't
 * be overridden by the client.
 *
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html">Athena
 *     workgroups</a>
 */
public final class Workgroup extends Construct {

    /**
     * What the construct needs.
     *
     * @param logicalId the resource's
     * @param scanLimitMb the most that one query may scan, in MiB; 0 is no limit
     * @param resultLocation the {@code s3://} address of query results, ending in a slash
     */
    @NamedBuilder
    public record Props(
            Deployment deployment,
            String logicalId,
            String name,
            String description,
            int scanLimitMb,
            String resultLocation) {}

    private static final long BYTES_PER_MIB = 1L << 20;

    private final AthenaWorkgroup workgroup;
    private final String name;

    public Workgroup(Construct scope, String id, Props props) {
        super(scope, id);
        name = props.name();
        int scanLimitMib = props.scanLimitMb();
        workgroup = AthenaWorkgroup.Builder.create(this, "workgroup")
                .name(props.name())
                .description(props.description())
                .state("ENABLED")
                .forceDestroy(props.deployment().config().destroyable())
                .configuration(AthenaWorkgroupConfiguration.builder()
                        .enforceWorkgroupConfiguration(true)
                        .publishCloudwatchMetricsEnabled(true)
                        .requesterPaysEnabled(false)
                        .bytesScannedCutoffPerQuery(scanLimitMib == 0 ? null : scanLimitMib * BYTES_PER_MIB)
                        .engineVersion(AthenaWorkgroupConfigurationEngineVersion.builder()
                                .selectedEngineVersion("Athena engine version 3")
                                .build())
                        .resultConfiguration(results(props))
                        .build())
                .build();
        workgroup.overrideLogicalId(props.logicalId());
    }

    /** The workgroup's name. */
    public String getName() {
        return workgroup.getName();
    }

    /**
     * Lets somebody run queries in this workgroup and no other, and find it in Athena's console.
     *
     * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/example-policies-workgroup.html">Policies for
     *     workgroups</a>
     */
    public void grantRunQueries(Grants grants, Arns arns) {
        grants.allow(
                "RunQueries",
                List.of(
                        "athena:BatchGetNamedQuery",
                        "athena:BatchGetQueryExecution",
                        "athena:GetNamedQuery",
                        "athena:GetQueryExecution",
                        "athena:GetQueryResults",
                        "athena:GetQueryResultsStream",
                        "athena:GetQueryRuntimeStatistics",
                        "athena:GetWorkGroup",
                        "athena:ListNamedQueries",
                        "athena:ListQueryExecutions",
                        "athena:StartQueryExecution",
                        "athena:StopQueryExecution"),
                arns.of("athena", "workgroup/" + name));
        grants.allow("FindWorkgroups", List.of("athena:ListDataCatalogs", "athena:ListWorkGroups"), "*");
        grants.allow(
                "BrowseCatalog",
                List.of(
                        "athena:GetDataCatalog",
                        "athena:GetDatabase",
                        "athena:GetTableMetadata",
                        "athena:ListDatabases",
                        "athena:ListTableMetadata"),
                arns.of("athena", "datacatalog/AwsDataCatalog"));
    }

    private static AthenaWorkgroupConfigurationResultConfiguration results(Props props) {
        return AthenaWorkgroupConfigurationResultConfiguration.builder()
                .outputLocation(props.resultLocation())
                .encryptionConfiguration(
                        AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration.builder()
                                .encryptionOption(props.deployment().dataKey().isPresent() ? "SSE_KMS" : "SSE_S3")
                                .kmsKeyArn(props.deployment().dataKey().orElse(null))
                                .build())
                .build();
    }
}
