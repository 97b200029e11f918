"""Comments on pull requests that later runs update in place, and texts cut to what GitHub takes."""

from typing import Any

from ops.github.client import BOT, GitHub

# GitHub takes 65,536 characters in a comment or an issue. We count bytes, which are never fewer.
LIMIT = 65_536


def write(github: GitHub, number: int, marker: str, text: str) -> None:
    """Writes the comment that starts with the marker, or updates the one that the workflows wrote before."""
    body = fit(f"{marker}\n{text}", github.run_url)
    if found := written(github, f"issues/{number}/comments", marker):
        github.send("PATCH", f"issues/comments/{found[0]['id']}", {"body": body})
    else:
        github.send("POST", f"issues/{number}/comments", {"body": body})
    print(f"{'Updated' if found else 'Wrote'} {marker} on #{number}.")


def written(github: GitHub, path: str, marker: str) -> list[dict[str, Any]]:
    """Of the path's comments or issues those that the workflows wrote and that start with the marker."""
    return [
        each for each in github.all(path) if each["user"]["login"] == BOT and (each["body"] or "").startswith(marker)
    ]


def fit(body: str, link: str, limit: int = LIMIT) -> str:
    """The body itself when it fits; else as many of its lines as fit, open folds closed, and a note.

    link: where the whole text is, for the note. limit: in bytes of UTF-8.
    """
    if len(body.encode()) <= limit:
        return body
    kept, ending = "", _ending("", link)
    for line in body.splitlines(keepends=True):
        longer = _ending(kept + line, link)
        if len((kept + line + longer).encode()) > limit:
            break
        kept, ending = kept + line, longer
    return kept.removesuffix("\n") + ending


def _ending(kept: str, link: str) -> str:
    folds = kept.count("<details") - kept.count("</details>")
    return "\n\n</details>" * folds + f"\n\n… cut here: the rest is in [the run]({link}).\n"
