"""The kept provider lock files serve every platform that we name, and both deployments alike."""

from __future__ import annotations

import pytest

from ops.lock import PLATFORMS, holds_every_platform
from ops.project import ROOT

KEPT = sorted((ROOT / "config" / "locks").glob("*.terraform.lock.hcl"))
MIRROR_ONLY = 'provider "registry.terraform.io/hashicorp/aws" {\n  hashes = [\n    "h1:x=",\n  ]\n}\n'


def test_each_deployment_has_a_lock_file() -> None:
    deployments = {path.stem for path in (ROOT / "config").glob("*.yaml")}
    assert {path.name.partition(".")[0] for path in KEPT} == deployments


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_kept_lock_file_serves_every_platform(path) -> None:  # type: ignore[no-untyped-def]
    assert holds_every_platform(path.read_text(encoding="utf-8")), (
        f"{path.name} lacks the hashes for {', '.join(PLATFORMS)}: Terraform refuses the provider on the others. "
        f"Run 'make provider-lock STACK={path.name.partition('.')[0]}' where the registry can be reached."
    )


def test_the_hashes_of_one_mirror_do_not_count_as_every_platforms() -> None:
    assert not holds_every_platform(MIRROR_ONLY)
    assert not holds_every_platform("")


def test_the_kept_lock_files_agree() -> None:
    assert len({path.read_text(encoding="utf-8") for path in KEPT}) == 1
