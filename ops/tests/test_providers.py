from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.providers import AWS_PROVIDER, choose_source, mirror_of


def mirror(folder: Path) -> Path:
    (folder / AWS_PROVIDER / "5.100.0" / "linux_amd64").mkdir(parents=True)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Surroundings in which nothing is to be found."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "share")}


def test_the_named_mirror_comes_first(tmp_path: Path, home: dict[str, str]) -> None:
    Path(home["HOME"], ".terraformrc").touch()
    named = mirror(tmp_path / "named")
    config, source = choose_source(tmp_path, {**home, "TF_PLUGIN_MIRROR": str(named)}, ())
    assert mirror_of(config) == named
    assert "TF_PLUGIN_MIRROR" in source


def test_a_named_mirror_without_providers_is_an_error(tmp_path: Path, home: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="holds no provider"):
        choose_source(tmp_path, {**home, "TF_PLUGIN_MIRROR": str(tmp_path)}, ())


def test_the_users_own_configuration_comes_before_what_is_found(tmp_path: Path, home: dict[str, str]) -> None:
    own = tmp_path / "own.tfrc"
    own.touch()
    mirror(tmp_path / "opt" / "plugins")
    config, _ = choose_source(tmp_path, {**home, "TF_CLI_CONFIG_FILE": str(own)}, (tmp_path / "opt",))
    assert config == own


def test_a_configuration_file_that_is_not_there_is_passed_over(tmp_path: Path, home: dict[str, str]) -> None:
    found = mirror(tmp_path / "opt" / "plugins")
    env = {**home, "TF_CLI_CONFIG_FILE": str(tmp_path / "absent.tfrc")}
    config, source = choose_source(tmp_path, env, (tmp_path / "opt",))
    assert mirror_of(config) == found
    assert "(found)" in source


def test_terraforms_implied_directories_are_searched(tmp_path: Path, home: dict[str, str]) -> None:
    implied = mirror(Path(home["HOME"]) / ".terraform.d" / "plugins")
    config, _ = choose_source(tmp_path, home, ())
    assert mirror_of(config) == implied


def test_the_registry_is_last_and_gets_a_cache_in_the_build_folder(tmp_path: Path, home: dict[str, str]) -> None:
    config, source = choose_source(tmp_path / "build", home, (tmp_path / "none",))
    assert source == "registry.terraform.io"
    assert str(tmp_path / "build" / "terraform" / "plugin-cache") in config.read_text()
    assert (tmp_path / "build" / "terraform" / "plugin-cache").is_dir()


def test_nothing_is_written_into_the_home(tmp_path: Path, home: dict[str, str]) -> None:
    choose_source(tmp_path / "build", home, ())
    assert list(Path(home["HOME"]).iterdir()) == []


def test_the_mirror_of_a_users_own_configuration_is_known(tmp_path: Path) -> None:
    own = tmp_path / "own.tfrc"
    own.write_text('provider_installation {\n  filesystem_mirror {\n    path = "/mirror" # ours\n  }\n}\n')
    assert mirror_of(own) == Path("/mirror")
    own.write_text("provider_installation {\n  direct {}\n}\n")
    assert mirror_of(own) is None
