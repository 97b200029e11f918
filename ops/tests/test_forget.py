"""What make forget refuses before it asks anybody; sandbox/tests/test_forget.py lets it forget."""

from __future__ import annotations

import pytest

from ops.__main__ import main
from ops.errors import CommandError
from ops.forget import kind_of


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("3f2b8a52-1c44-4c0e-9a53-0f8f4a3c1d11", "unique_id"),
        ("2260915133704", "personal_number"),
        ("1000101000017", "personal_number"),  # a remainder of 10 stands for the control digit 1
    ],
)
def test_a_key_is_one_of_two_kinds(key: str, kind: str) -> None:
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    "key",
    ["", "Ana Pop", "2260915133705", "226091513370", "2261315133704", "3f2b8a52-1c44-1c0e-9a53-0f8f4a3c1d11", "%"],
)
def test_another_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(CommandError, match="KEY is neither a unique_id") as refused:
        kind_of(key)
    assert not key or key not in str(refused.value)


def test_a_bad_key_ends_the_command_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "cdk.tf.json").write_text("{}")
    monkeypatch.setenv("STACKS_DIR", str(tmp_path))
    monkeypatch.setenv("KEY", "2260915133705")
    assert main(["forget", "--stack", "small"]) == 1
    assert "Nothing was searched." in capsys.readouterr().err
