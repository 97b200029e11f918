package com.drivendata.platform.config;

import com.drivendata.platform.config.yaml.Kind;
import com.drivendata.platform.config.yaml.Kinds;

/** The forms that AWS, or our own use of a name, allows. */
final class AwsNames {

    private AwsNames() {}

    /** Part of names of all sorts (roles, DAG, crawler), so the narrowest of their forms. */
    static final Kind<String> COMPANY = Kinds.text(
            "[a-z][a-z0-9_]{0,31}", "a lower-case letter followed by up to 31 lower-case letters, digits or _");

    static final Kind<String> RESOURCE_PREFIX = Kinds.text(
            "|[a-z][a-z0-9_-]{0,31}",
            "empty, or a lower-case letter followed by up to 31 lower-case letters, digits, _ or -");

    static final Kind<String> REGION = Kinds.text("[a-z]{2}(-[a-z]+)+-[0-9]", "an AWS region such as eu-central-1");

    static final Kind<String> ACCOUNT_ID =
            Kinds.text("[0-9]{12}", "12 digits in quotes (unquoted, YAML may read them as an octal number)");

    /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; without dots, which break TLS. */
    static final Kind<String> BUCKET = Kinds.text(
            "(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-an|-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "an S3 bucket name: 3 to 63 lower-case letters, digits and -, beginning and ending with a letter or digit,"
                    + " without a beginning or ending that AWS reserves");

    static final Kind<String> OBJECT_KEY = Kinds.text(
            "(?!.*//)[A-Za-z0-9._-][A-Za-z0-9._/-]{0,254}[A-Za-z0-9._-]",
            "an S3 key: letters, digits, '.', '_', '-' and '/', not beginning or ending with '/'");

    /** Used in SQL without quotes, so narrower than Glue's own rule. */
    static final Kind<String> DATABASE = Kinds.text(
            "[a-z][a-z0-9_]{0,254}", "a lower-case letter followed by up to 254 lower-case letters, digits or _");

    /**
     * https://docs.aws.amazon.com/athena/latest/ug/deleting-workgroups.html: primary can't be deleted, so it is there.
     */
    static final Kind<String> WORKGROUP = Kinds.text(
            "(?!primary$)[a-zA-Z0-9._-]{1,128}",
            "up to 128 letters, digits, '.', '_' or '-', and not primary, which every account has");

    /** https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html */
    static final Kind<String> ENVIRONMENT =
            Kinds.text("[a-zA-Z][0-9a-zA-Z_-]{0,79}", "a letter followed by up to 79 letters, digits, '_' or '-'");

    static final Kind<String> TAG_KEY = Kinds.text(
            "(?!aws:)[\\w .:/=+@-]{1,128}", "a tag name: up to 128 letters, digits, spaces or _ . : / = + - @");

    static final Kind<String> TAG_VALUE =
            Kinds.text("[\\w .:/=+@-]{0,256}", "a tag value: up to 256 letters, digits, spaces or _ . : / = + - @");
}
