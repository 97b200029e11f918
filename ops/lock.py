"""``lock`` renews a deployment's provider lock file; ``unlock`` frees the state of a run that died."""

import re
import shutil

from ops.errors import CommandError
from ops.project import Stack
from ops.providers import mirror_of
from ops.terraform import Terraform

PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")


def provider_lock(stack: Stack) -> None:
    """Writes config/locks/<deployment>.terraform.lock.hcl: the provider's version, hashes by platform.

    A mirror gives only the platforms that it holds; what is missing is said, and is added by running it again
    where the registry can be reached.
    """
    terraform = Terraform(stack)
    print(f"Provider: {terraform.source}")
    kept, written = stack.kept_lock_file, stack.directory / ".terraform.lock.hcl"
    if kept.is_file():
        shutil.copyfile(kept, written)
    # 'providers lock' goes to the registry whatever the CLI configuration says, unless it is given the
    # mirror.
    source, held = [], list(PLATFORMS)
    if mirror := mirror_of(terraform.cli_config):
        source = [f"-fs-mirror={mirror}"]
        held = [each for each in PLATFORMS if [*mirror.glob(f"*/*/*/*/{each}"), *mirror.glob(f"*/*/*/*_{each}.zip")]]
        if not held:
            raise CommandError(
                f"The mirror {mirror} holds no provider for {', '.join(PLATFORMS)}.", "use another mirror."
            )
    terraform.read("providers", "lock", *source, *(f"-platform={platform}" for platform in held))
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(written, kept)
    print(f"Wrote {kept} for {', '.join(held)}")
    missing = [platform for platform in PLATFORMS if platform not in held]
    if missing and not holds_every_platform(kept.read_text(encoding="utf-8")):
        print(
            f"The mirror has nothing for {', '.join(missing)}: run 'make provider-lock STACK={stack.name}' "
            "where the registry can be reached, which adds them."
        )


def holds_every_platform(lock_file: str) -> bool:
    """Whether each provider has the hashes of its release's archives, of which the release has one for each platform.

    The registry gives them all at once, under the release's signature; a mirror gives only the hashes of what it holds.
    """
    providers = re.findall(r'^provider "[^"]+" \{$(.*?)^\}', lock_file, re.MULTILINE | re.DOTALL)
    return bool(providers) and all(each.count('"zh:') >= len(PLATFORMS) for each in providers)


def unlock(stack: Stack, lock_id: str | None) -> None:
    """Removes the lock of a run that is certain to be dead."""
    if not lock_id:
        raise CommandError("Which lock?", f"make unlock STACK={stack.name} LOCK_ID=<the id in the message about it>")
    terraform = Terraform(stack)
    terraform.init(quiet=True)
    terraform.read("force-unlock", "-force", lock_id)
    print(f"The state of '{stack.name}' is unlocked. Plan and apply again to finish what the dead run began.")
