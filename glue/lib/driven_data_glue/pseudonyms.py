"""Keyed pseudonyms: who has no key can neither make nor undo them, and the same id has the same pseudonym every day.

A pseudonym is the first 128 bits of HMAC-SHA256 (RFC 2104) of the id. The key is derived from an HMAC key that never
leaves AWS KMS: it is the code that KMS gives for one fixed message, a use that AWS names itself
(https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html). So it stands in no state, plan or log, and
nobody has to make, store or fetch a secret (docs/decisions/0009-pseudonyms.md).
"""

import hashlib
import hmac

from botocore.exceptions import BotoCoreError, ClientError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from driven_data_glue import aws
from driven_data_glue.errors import JobError

MESSAGE = b"driven-data pseudonyms 1"
_BLOCK = 64  # bytes of SHA-256's input at once, to which HMAC pads its key
_INNER, _OUTER = "_inner_key", "_outer_key"
# The key's two halves are columns of a one-row table: a literal would be part of the plan, which Spark prints.
PSEUDONYM = (
    f"substring(sha2(concat({_OUTER}, unhex(sha2(concat({_INNER}, encode({{value}}, 'UTF-8')), 256))), 256), 1, 32)"
)


def key_from_kms(arn: str) -> bytes:
    """Raises JobError when KMS refuses."""
    kms = aws.session().client("kms", region_name=arn.split(":")[3], config=aws.CONFIG)
    try:
        return kms.generate_mac(KeyId=arn, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"]
    except (ClientError, BotoCoreError) as error:
        raise JobError(
            f"can't derive the key of the pseudonyms from {arn}: {error}; see AWS's message, and whether the job's "
            "role may kms:GenerateMac with this key (policies/glue-policy.json)"
        ) from error


def key_id(key: bytes) -> str:
    """Tells one key from another and gives away nothing of it."""
    return hashlib.sha256(b"id of " + key).hexdigest()[:16]


def pseudonym(key: bytes, value: str) -> str:
    """What PSEUDONYM gives for the value."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


def with_key(spark: SparkSession, rows: DataFrame, key: bytes) -> DataFrame:
    """The rows with what PSEUDONYM needs beside them; their files, tasks and order stay."""
    padded = key.ljust(_BLOCK, b"\0")
    # A row of the JVM's own: for one of Python's, Spark would start Python workers.
    halves = spark.sparkContext._gateway.new_array(spark._jvm.java.lang.Object, 2)
    for place, pad in enumerate((0x36, 0x5C)):
        halves[place] = bytearray(byte ^ pad for byte in padded)
    sql = spark._jvm.org.apache.spark.sql
    schema = sql.types.StructType.fromDDL(f"{_INNER} binary, {_OUTER} binary")
    keys = DataFrame(spark._jsparkSession.createDataFrame([sql.RowFactory.create(halves)], schema), spark)
    return rows.crossJoin(F.broadcast(keys))
