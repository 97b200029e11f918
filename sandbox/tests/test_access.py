"""Who may read what, tried by each group on a day that the stack's own jobs have written."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sandbox.matrix import ALL, BEGIN, DOCS, END, NOTHING, OTHERS, Group, Tries, allowed, anonymity, renew
from sandbox.settings import ROOT
from sandbox.tests.deployed import DAY, Deployed

OWN = {"finance": "payment_data", "technical": "technical_data", "analysts": "non_pii_data"}
PERSONAL = ("raw", "raw_typed", "quarantine")
MASKED = (
    *("person_name", "user_name", "email", "personal_number", "birth_date", "address", "phone", "mac_address"),
    *("ip_address", "iban", "unique_id"),
)


@pytest.fixture(scope="module")
def deployed(people: Deployed) -> Deployed:
    people.run_day((ROOT / "sandbox" / "samples" / "bad_rows.csv").read_bytes())
    return people


@pytest.fixture(scope="module")
def tries(deployed: Deployed) -> Tries:
    return Tries(deployed.service, deployed.document)


@pytest.fixture(scope="module")
def groups(tries: Tries) -> dict[str, Group]:
    found, untried = tries.groups()
    assert untried == []
    return found


def test_each_group_reads_its_tables_and_nothing_else(tries: Tries) -> None:
    matrix = tries.matrix()
    assert matrix.columns == ["administrators", "analysts", "finance", "restricted", "technical"]
    assert len(matrix.rows) == 13
    for table, *cells in matrix.rows:
        cell = dict(zip(matrix.columns, cells, strict=True))
        if table == OTHERS:
            assert cells == [NOTHING] * 5
            continue
        assert cell["administrators"] == ALL, table
        assert cell["restricted"] == (ALL if table in (*PERSONAL, "pii_data") else NOTHING), table
        for group, own in OWN.items():
            assert cell[group] == (ALL if table == own else NOTHING), (table, group)
    assert matrix.markdown() == shown("driven-data"), "run make sandbox and make access, and commit docs/access.md"


def test_another_groups_query_isnt_told_beside_ones_own(groups: dict[str, Group]) -> None:
    own, theirs = (groups[name].ask("SELECT 1").query for name in list(groups)[:2])
    athena = next(iter(groups.values()))._athena
    assert allowed(lambda: athena.batch_get_query_execution(QueryExecutionIds=[own]))
    assert not allowed(lambda: athena.batch_get_query_execution(QueryExecutionIds=[own, theirs]))


def test_what_may_be_queried_has_rows(deployed: Deployed, groups: dict[str, Group]) -> None:
    for table in deployed.resources["aws_glue_catalog_table"]:
        assert groups["administrators"].ask(f'SELECT * FROM "{table}" LIMIT 1').rows == 1, table


def test_a_wider_policy_is_seen(deployed: Deployed, tries: Tries) -> None:
    """Each part by itself: files without the catalog, and another group's results."""
    role = deployed.resources["aws_iam_role"]["group_analysts"]["name"]
    policy = deployed.resources["aws_iam_role_policy"]["group_analysts"]
    wide = json.loads(policy["policy"])
    (results,) = [each for each in wide["Statement"] if each["Sid"] == "KeepResults"]
    results["Resource"] = [
        f"arn:aws:s3:::{deployed.bucket}/{prefix}*" for prefix in ("athena-results/", "data/staging/")
    ]
    deployed.grant(role, policy["name"], json.dumps(wide))
    try:
        matrix = tries.matrix()
    finally:
        deployed.grant(role, policy["name"], policy["policy"])
    seen = {row[0]: row[1 + matrix.columns.index("analysts")] for row in matrix.rows}
    assert seen["dim_person"] == "GET"
    assert seen["non_pii_data"] == ALL
    # As far as the boundary lets it: all results are within it.
    assert seen[OTHERS] == "administrators, finance, restricted, technical"


# --- What the masks hide ---


def test_no_unmasked_value_is_in_any_byte_that_analysts_may_read(deployed: Deployed, groups: dict[str, Group]) -> None:
    """Neither as the objects lie there, nor decoded: whatever their role can fetch of the whole bucket."""
    analysts = groups["analysts"]
    analysts.ask("SELECT * FROM non_pii_data")
    readable = [key for key in deployed.objects() if allowed(lambda key=key: deployed.read(key, analysts.s3))]
    folders = {key.partition("run_date=")[0] if "run_date=" in key else key.rpartition("/")[0] for key in readable}
    assert folders == {"data/trusted/non_pii_data/", "athena-results/analysts"}
    found = _search(deployed, analysts, readable)
    assert found == []


def test_the_search_finds_what_is_not_masked(deployed: Deployed, groups: dict[str, Group]) -> None:
    restricted = groups["restricted"]
    found = _search(deployed, restricted, deployed.objects("data/trusted/pii_data/"))
    assert {name for name, _ in found} == set(MASKED)


def _search(deployed: Deployed, group: Group, keys: list[str]) -> list[tuple[str, str]]:
    """The masked columns' values of the day's clean rows that are in what a group reads under these keys."""
    rows = deployed.clean_rows()
    secrets = {(name, str(row[name])) for row in rows for name in MASKED}
    assert len(rows) == 238
    assert min(len(value) for _, value in secrets) > 5, "a short value would be found by chance"
    text = b"\n".join(_readings(deployed.read(key, group.s3)) for key in keys)
    assert len(text) > 50_000
    return sorted(secret for secret in secrets if secret[1].encode() in text)


def _readings(body: bytes) -> bytes:
    """The bytes; of a Parquet file also its values as text, and the file without compression and encodings."""
    if not body.startswith(b"PAR1"):
        return body
    table, bare = pq.read_table(io.BytesIO(body)), io.BytesIO()
    pq.write_table(table, bare, compression="NONE", use_dictionary=False)
    cells = "\n".join(str(value) for row in table.to_pylist() for value in row.values())
    return b"\n".join([body, bare.getvalue(), cells.encode()])


def test_a_days_metrics_say_how_anonymous_it_is(deployed: Deployed) -> None:
    keys = [key for key in deployed.objects("data/metrics/") if f"_data/run_date={DAY}/" in key]
    assert len(keys) == 4
    walkthrough, strict = anonymity(map(deployed.read, keys))
    assert walkthrough == f"non_pii_data {DAY}, profile walkthrough (chosen): k = 1, 238 of 238 rows alone"
    assert strict.startswith(f"non_pii_data {DAY}, profile strict: k = ")


# --- The docs ---


def test_renewing_replaces_the_table_and_nothing_else(
    tries: Tries, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docs, matrix = tmp_path / "access.md", tries.matrix()
    docs.write_text("before\n<!-- access: small -->\nold\n<!-- end of access -->\nafter\n")
    renew("other", matrix, docs)
    assert "old" in docs.read_text()
    capsys.readouterr()
    renew("small", matrix, docs)
    assert shown("small", docs) == matrix.markdown() == capsys.readouterr().out
    assert docs.read_text().startswith("before\n<!-- access: small -->\n\n| table |")
    assert docs.read_text().endswith("|\n\n<!-- end of access -->\nafter\n")


def test_a_group_that_cant_be_tried_is_told(deployed: Deployed) -> None:
    resources: dict[str, Any] = {**deployed.resources}
    own = {"group_partners": {"name": "nobodys", "configuration": {}}}
    resources["aws_athena_workgroup"] = {**own, "group_elsewhere": own["group_partners"]}
    resources["aws_iam_role"] = {"group_partners": {"name": "nobodys"}}
    matrix = Tries(deployed.service, {"resource": resources}).matrix()
    assert matrix.columns == []
    assert matrix.untried[0] == "elsewhere: its policy is attached to a role that isn't the stack's"
    assert matrix.untried[1].startswith("partners: User: ")


def shown(stack: str, docs: Path = DOCS) -> str:
    """The table that the docs show of a stack."""
    return docs.read_text().partition(BEGIN.format(stack=stack))[2].partition(END)[0].strip() + "\n"
