package com.drivendata.platform.storage;

import com.drivendata.platform.pipeline.Dataset;
import com.hashicorp.cdktf.ITerraformDependable;
import java.util.List;
import java.util.Optional;
import software.constructs.Construct;

/** The project's files that AWS runs, as objects in the bucket. */
public final class Artefacts extends Construct {

    public Artefacts(Construct scope, String id, ArtefactsProps props) {
        super(scope, id);
        throw new UnsupportedOperationException("signature only");
    }

    /** {@code s3://} address of the script of the dataset's Glue job. */
    public String jobScriptUri(Dataset dataset) {
        throw new UnsupportedOperationException("signature only");
    }

    /** {@code s3://} address of the zip of the shared Glue library. */
    public String getLibraryUri() {
        throw new UnsupportedOperationException("signature only");
    }

    /** {@code s3://} address of the packaged pipeline table that the jobs read. */
    public String getPipelineTableUri() {
        throw new UnsupportedOperationException("signature only");
    }

    /** Twelve hex digits over the job scripts, the library and the pipeline table. */
    public String getCodeVersion() {
        throw new UnsupportedOperationException("signature only");
    }

    public String getRequirementsKey() {
        throw new UnsupportedOperationException("signature only");
    }

    public String getStartupScriptKey() {
        throw new UnsupportedOperationException("signature only");
    }

    /** Key of the plugins archive, if the deployment has one. */
    public Optional<String> getPluginsKey() {
        throw new UnsupportedOperationException("signature only");
    }

    /** Object versions, present when the bucket is versioned. */
    public Optional<String> getRequirementsVersion() {
        throw new UnsupportedOperationException("signature only");
    }

    public Optional<String> getStartupScriptVersion() {
        throw new UnsupportedOperationException("signature only");
    }

    public Optional<String> getPluginsVersion() {
        throw new UnsupportedOperationException("signature only");
    }

    /** Every uploaded object: what runs them must wait for these. */
    public List<ITerraformDependable> getDependables() {
        throw new UnsupportedOperationException("signature only");
    }
}
