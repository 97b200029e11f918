"""Where Terraform gets its providers from, written as a CLI configuration under the build folder.

The first of these that is there is used:

1. ``TF_PLUGIN_MIRROR``: a filesystem mirror named by the user;
2. the user's own CLI configuration (``TF_CLI_CONFIG_FILE`` or ``~/.terraformrc``), untouched;
3. a filesystem mirror in a usual place: Terraform's implied directories, or a folder one level under a
   conventional prefix such as ``/opt`` that holds ``registry.terraform.io/hashicorp/aws``;
4. the registry, with a plugin cache under the build folder.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ops.errors import CommandError

AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"
CONVENTIONAL_PREFIXES = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))


def choose_source(
    build_dir: Path, env: Mapping[str, str] = os.environ, prefixes: tuple[Path, ...] = CONVENTIONAL_PREFIXES
) -> tuple[Path, str]:
    """Chooses the provider source; returns Terraform's CLI configuration file and what was chosen.

    The file is ours under ``build_dir``, or the user's own one where there is one; the user's home is never
    written to.
    """
    config = build_dir.absolute() / "terraform" / "cli.tfrc"
    named = env.get("TF_PLUGIN_MIRROR")
    if named:
        mirror = Path(named).expanduser().absolute()
        if not (mirror / AWS_PROVIDER).is_dir():
            raise CommandError(
                f"TF_PLUGIN_MIRROR={named} holds no provider (expected {named}/{AWS_PROVIDER}/…).",
                f"make one with 'terraform providers mirror {named}' where the registry can be reached, or unset it.",
            )
        return _write(config, _mirror_config(mirror)), f"filesystem mirror {mirror} (TF_PLUGIN_MIRROR)"
    own = _own_config(env)
    if own:
        return own, f"as the CLI configuration {own} says"
    for mirror in _usual_places(env, prefixes):
        if (mirror / AWS_PROVIDER).is_dir():
            return _write(config, _mirror_config(mirror)), f"filesystem mirror {mirror} (found)"
    cache = build_dir.absolute() / "terraform" / "plugin-cache"
    cache.mkdir(parents=True, exist_ok=True)
    return _write(config, f"plugin_cache_dir = {json.dumps(str(cache))}\n"), "registry.terraform.io"


def mirror_of(cli_config: Path) -> Path | None:
    """The filesystem mirror that a CLI configuration names, or None."""
    found = re.search(r'^\s*path\s*=\s*("[^"]*")', cli_config.read_text(encoding="utf-8"), re.MULTILINE)
    return Path(json.loads(found[1])).expanduser() if found else None


def _own_config(env: Mapping[str, str]) -> Path | None:
    """The user's own CLI configuration. A TF_CLI_CONFIG_FILE that names no file counts as none."""
    named = env.get("TF_CLI_CONFIG_FILE")
    candidates = [Path(named).expanduser()] if named else []
    if env.get("HOME"):
        candidates.append(Path(env["HOME"]) / ".terraformrc")
    return next((path.absolute() for path in candidates if path.is_file()), None)


def _usual_places(env: Mapping[str, str], prefixes: tuple[Path, ...]) -> Iterator[Path]:
    home = Path(env["HOME"]) if env.get("HOME") else None
    if home:
        yield home / ".terraform.d" / "plugins"
    data_home = env.get("XDG_DATA_HOME") or (str(home / ".local" / "share") if home else "")
    data_dirs = (env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    for data_dir in filter(None, [data_home, *data_dirs]):
        yield Path(data_dir) / "terraform" / "plugins"
    for prefix in prefixes:
        try:
            yield from sorted(child for child in prefix.iterdir() if child.is_dir())
        except OSError:
            continue  # no such prefix here, or not ours to read


def _mirror_config(mirror: Path) -> str:
    """The mirror answers for AWS's provider; any other one still comes from the registry."""
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        f'    include = ["{AWS_PROVIDER}"]\n'
        "  }\n"
        "  direct {\n"
        f'    exclude = ["{AWS_PROVIDER}"]\n'
        "  }\n"
        "}\n"
    )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
