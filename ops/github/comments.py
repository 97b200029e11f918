"""Comments on pull requests that later runs update in place."""

from __future__ import annotations

from ops.github.client import BOT, GitHub
from ops.github.markdown import fit


def write(github: GitHub, number: int, marker: str, text: str) -> None:
    """Writes the comment that starts with the marker, or updates the one that the workflows wrote before."""
    body = fit(f"{marker}\n{text}", github.run_url)
    written = [
        each
        for each in github.all(f"issues/{number}/comments")
        if each["user"]["login"] == BOT and each["body"].startswith(marker)
    ]
    if written:
        github.send("PATCH", f"issues/comments/{written[0]['id']}", {"body": body})
    else:
        github.send("POST", f"issues/{number}/comments", {"body": body})
    print(f"{'Updated' if written else 'Wrote'} {marker} on #{number}.")
