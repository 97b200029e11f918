"""A small hand-written stack in synth's form: one of each kind that the life cycle treats specially."""

from __future__ import annotations

import json
from typing import Any

BUCKET = "small-lake"
STATE_BUCKET = "small-state"


def document(*, destroyable: bool = True, workers: int = 2) -> dict[str, Any]:
    """The stack's cdk.tf.json: bucket and object, role, database, job, crawler, network."""
    assume = {"Version": "2012-10-17", "Statement": [trust()]}
    policy = {"Version": "2012-10-17", "Statement": [_allow()]}
    tls = {"Version": "2012-10-17", "Statement": [_tls_only()]}
    return {
        "terraform": {
            "backend": {"s3": _backend("small/terraform.tfstate")},
            "required_version": ">= 1.10",
            "required_providers": {"aws": {"source": "registry.terraform.io/hashicorp/aws", "version": "~> 5.100"}},
        },
        "provider": {"aws": [{"region": "eu-central-1"}]},
        "data": {"aws_caller_identity": {"current": {}}},
        "resource": {
            "aws_s3_bucket": {"data_lake": {"bucket": BUCKET, "force_destroy": destroyable}},
            "aws_s3_bucket_policy": {
                "data_lake": {"bucket": "${aws_s3_bucket.data_lake.bucket}", "policy": json.dumps(tls)}
            },
            "aws_s3_bucket_server_side_encryption_configuration": {
                "data_lake": {
                    "bucket": "${aws_s3_bucket.data_lake.bucket}",
                    "rule": [
                        {
                            "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"},
                            "bucket_key_enabled": True,
                        }
                    ],
                }
            },
            "aws_s3_object": {
                "dag": {
                    "bucket": "${aws_s3_bucket.data_lake.bucket}",
                    "key": "dags/dag.py",
                    "content": "print()\n",
                }
            },
            "aws_iam_role": {"glue": {"name": "small_glue", "assume_role_policy": json.dumps(assume)}},
            "aws_iam_role_policy": {
                "glue": {"name": "data", "role": "${aws_iam_role.glue.name}", "policy": json.dumps(policy)}
            },
            "aws_glue_catalog_database": {"database": {"name": "small_db"}},
            "aws_glue_job": {
                "job": {
                    "name": "small_job",
                    "role_arn": "${aws_iam_role.glue.arn}",
                    "glue_version": "5.0",
                    "worker_type": "G.1X",
                    "number_of_workers": workers,
                    "timeout": 30,
                    "command": {
                        "name": "glueetl",
                        "python_version": "3",
                        "script_location": f"s3://{BUCKET}/job.py",
                    },
                    "execution_property": {"max_concurrent_runs": 1},
                }
            },
            "aws_glue_crawler": {
                "crawler": {
                    "name": "small_crawler",
                    "database_name": "small_db",
                    "role": "${aws_iam_role.glue.arn}",
                    "s3_target": [{"path": f"s3://{BUCKET}/data/"}],
                    "lineage_configuration": {"crawler_lineage_settings": "DISABLE"},
                    "recrawl_policy": {"recrawl_behavior": "CRAWL_EVERYTHING"},
                    "schema_change_policy": {"delete_behavior": "LOG", "update_behavior": "LOG"},
                    "depends_on": ["aws_glue_catalog_database.database"],
                }
            },
            "aws_vpc": {"vpc": {"cidr_block": "10.200.0.0/16", "tags": {"Name": "small"}}},
            "aws_security_group": {
                "airflow": {
                    "name": "small",
                    "description": "Airflow",
                    "vpc_id": "${aws_vpc.vpc.id}",
                    "tags": {"Name": "small"},
                }
            },
            "aws_vpc_security_group_ingress_rule": {
                "itself": {
                    "security_group_id": "${aws_security_group.airflow.id}",
                    "referenced_security_group_id": "${aws_security_group.airflow.id}",
                    "ip_protocol": "-1",
                }
            },
        },
        "output": {"bucket": {"value": "${aws_s3_bucket.data_lake.bucket}"}},
    }


def state_bucket_document() -> dict[str, Any]:
    """The state bucket's own stack, as small as it can be."""
    base = document()
    return {
        "terraform": {**base["terraform"], "backend": {"s3": _backend("small/state-bucket.tfstate")}},
        "provider": base["provider"],
        "resource": {
            "aws_s3_bucket": {"state": {"bucket": STATE_BUCKET, "lifecycle": {"prevent_destroy": True}}},
            "aws_s3_bucket_versioning": {
                "state": {
                    "bucket": STATE_BUCKET,
                    "versioning_configuration": {"status": "Enabled"},
                    "depends_on": ["aws_s3_bucket.state"],
                }
            },
        },
    }


def _backend(key: str) -> dict[str, Any]:
    return {
        "bucket": STATE_BUCKET,
        "key": key,
        "region": "eu-central-1",
        "encrypt": True,
        "use_lockfile": True,
    }


def trust() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _allow() -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}


def _tls_only() -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
