package com.drivendata.platform.processing;

import com.drivendata.platform.NamedBuilder;
import com.drivendata.platform.config.ProcessingConfig;
import com.drivendata.platform.pipeline.Dataset;
import com.drivendata.platform.pipeline.Erasure;
import com.drivendata.platform.pipeline.Judgement;
import com.drivendata.platform.pipeline.PipelineTable;
import com.drivendata.platform.pipeline.Trusted;
import com.drivendata.platform.storage.Artefacts;
import com.hashicorp.cdktf.ITerraformDependable;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.constructs.Construct;

/**
 * The pipeline's Glue jobs: one judges the raw rows, one for each staging dataset projects the clean ones, one writes
 * the departments' tables, and one, which no DAG runs, forgets a person. A run gets {@code --run_date},
 * {@code --raw_file} and {@code --run_id} from Airflow; everything else is set here.
 */
public final class Jobs extends Construct {

    /**
     * What the construct needs.
     *
     * @param company keeps the log groups of two companies in one account apart
     * @param securityConfiguration how they encrypt what they write
     * @param keyArn the deployment's key, for their logs; empty for CloudWatch's own
     * @param dataRoot the {@code s3://} address below which the prefixes lie, ending in a slash
     * @param pseudonymKeyArn the key of which the departments' job derives that of the pseudonyms
     * @param dependsOn what must exist before a run: the role's permissions
     */
    @NamedBuilder
    public record Props(
            String company,
            PipelineTable pipeline,
            ProcessingConfig processing,
            Artefacts artefacts,
            String securityConfiguration,
            Optional<String> keyArn,
            String roleName,
            String roleArn,
            String pseudonymKeyArn,
            String dataRoot,
            List<ITerraformDependable> dependsOn) {}

    private final Props props;
    private final JobLogs logs;

    public Jobs(Construct scope, String id, Props props) {
        super(scope, id);
        this.props = props;
        logs = new JobLogs(
                this, "logs", props.company(), props.processing().logRetentionDays(), props.keyArn(), props.roleName());
        Judgement judgement = props.pipeline().judgement();
        job(
                judgement.task(),
                judgement.job(),
                "Judges a day's raw rows and writes the clean ones and the quarantine",
                props.artefacts().getJudgeScriptUri(),
                judging());
        for (Dataset dataset : props.pipeline().datasets()) {
            job(
                    dataset.name(),
                    dataset.job(),
                    "Writes a day of " + dataset.name() + " from the clean rows",
                    props.artefacts().jobScriptUri(dataset),
                    Map.of());
        }
        trusted(props.pipeline().trusted());
        job(
                Erasure.SCRIPT,
                props.pipeline().erasure().job(),
                "Finds a person's rows and removes them, for make forget",
                props.artefacts().getErasureScriptUri(),
                pseudonyms());
    }

    private void trusted(Trusted trusted) {
        job(
                Trusted.SCRIPT,
                trusted.job(),
                "Writes a day of the departments' tables from the clean rows",
                props.artefacts().getTrustedScriptUri(),
                pseudonyms());
    }

    private Map<String, String> pseudonyms() {
        return Map.of("--pseudonym_key", props.pseudonymKeyArn());
    }

    private Map<String, String> judging() {
        ProcessingConfig processing = props.processing();
        return Map.of(
                "--max_bad_row_share",
                BigDecimal.valueOf(processing.maxBadRowShare()).toPlainString(),
                "--duplicate_history_days",
                Integer.toString(processing.duplicateHistoryDays()));
    }

    private void job(String id, String name, String description, String scriptUri, Map<String, String> arguments) {
        String scratch = props.dataRoot() + props.pipeline().prefixes().scratch();
        Map<String, String> all = new TreeMap<>(arguments);
        all.put("--TempDir", scratch + "glue/" + id + "/");
        all.put("--data_root", props.dataRoot());
        all.put("--pipeline_table", props.artefacts().getPipelineTableUri());
        all.put("--code_version", props.artefacts().getCodeVersion());
        all.put("--target_file_mb", Integer.toString(props.processing().targetFileMb()));
        all.put("--extra-py-files", props.artefacts().getLibraryUri());
        new SparkJob(
                this,
                id,
                SparkJobPropsBuilder.builder()
                        .name(name)
                        .description(description)
                        .scriptUri(scriptUri)
                        .arguments(all)
                        .processing(props.processing())
                        .logs(logs)
                        .securityConfiguration(props.securityConfiguration())
                        .roleArn(props.roleArn())
                        .dependsOn(props.dependsOn())
                        .build());
    }
}
