package com.drivendata.platform.storage;

import com.hashicorp.cdktf.App;
import com.hashicorp.cdktf.ITerraformDependable;
import com.hashicorp.cdktf.TerraformResourceLifecycle;
import com.hashicorp.cdktf.TerraformStack;
import com.hashicorp.cdktf.providers.aws.s3_object.S3Object;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.constructs.Construct;

/**
 * Uploads files as objects of the bucket. A change is seen by the content's hash ({@code source_hash}): an ETag is no
 * hash of the content once an object is encrypted with KMS or uploaded in parts.
 */
final class ObjectUploads {

    private static final Map<String, String> CONTENT_TYPES = Map.of(
            "py", "text/x-python",
            "json", "application/json",
            "txt", "text/plain",
            "sh", "text/x-shellscript",
            "zip", "application/zip",
            "csv", "text/csv",
            "gz", "application/gzip");

    private final Construct scope;
    private final DataLakeBucket bucket;
    private final Path folder;
    private final List<ITerraformDependable> objects = new ArrayList<>();

    ObjectUploads(Construct scope, DataLakeBucket bucket) {
        this.scope = scope;
        this.bucket = bucket;
        App app = App.of(scope);
        folder = Path.of(
                app.getOutdir(),
                app.getManifest().forStack(TerraformStack.of(scope)).getWorkingDirectory());
    }

    /** An object that keeps its key; its readers look at that key again and again. */
    S3Object replaced(String id, String key, byte[] content) {
        return finish(id, upload(id, key, content));
    }

    /**
     * An object whose key follows its content, {@code artifacts/<kind>/<hash>/<file name>}. What refers to it changes
     * with it, and never points at nothing: the new object is there before the old one goes.
     */
    S3Object addressedByContent(String id, String kind, String fileName, byte[] content) {
        String key = "artifacts/%s/%s/%s".formatted(kind, Sha256.shortOf(content), fileName);
        TerraformResourceLifecycle newBeforeOld =
                TerraformResourceLifecycle.builder().createBeforeDestroy(true).build();
        return finish(id, upload(id, key, content).lifecycle(newBeforeOld));
    }

    List<ITerraformDependable> all() {
        return List.copyOf(objects);
    }

    private S3Object.Builder upload(String id, String key, byte[] content) {
        return S3Object.Builder.create(scope, id)
                .bucket(bucket.getName())
                .key(key)
                .source(write(key, content))
                .sourceHash(Sha256.of(content))
                .contentType(contentType(key))
                .dependsOn(bucket.getReady());
    }

    private S3Object finish(String id, S3Object.Builder builder) {
        S3Object object = builder.build();
        object.overrideLogicalId(id);
        objects.add(object);
        return object;
    }

    /**
     * Writes the file to {@code assets/} beside the stack's {@code cdk.tf.json} and returns its address: Terraform
     * finds it by {@code path.module}, so a copy of the output works anywhere. CDKTF's own {@code TerraformAsset}
     * copies existing files only; most of these are made at synth.
     */
    private String write(String key, byte[] content) {
        String asset = "assets/" + key;
        Path file = folder.resolve(asset);
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException("Can't write " + file, e);
        }
        return "${path.module}/" + asset;
    }

    private static String contentType(String key) {
        return CONTENT_TYPES.getOrDefault(key.substring(key.lastIndexOf('.') + 1), "application/octet-stream");
    }
}
