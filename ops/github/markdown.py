"""Cuts Markdown to what GitHub takes, without leaving a code block or a fold open."""

from __future__ import annotations

import re

# GitHub takes 65,536 characters in a comment or an issue. We count bytes, which are never fewer.
LIMIT = 65_536
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_DETAILS_OPEN = re.compile(r"<details\b[^>]*>")


def fit(body: str, link: str, limit: int = LIMIT) -> str:
    """The body itself when it fits; else as many of its lines as fit, what they left open closed, and a note.

    link: where the whole text is, for the note. limit: in bytes of UTF-8.
    """
    if _size(body) <= limit:
        return body
    kept: list[str] = []
    fence, folds = "", 0
    left = limit
    for line in body.split("\n"):
        now_fence, now_folds = _state(line, fence, folds)
        left -= _size(line) + 1
        if left < _size(_ending(now_fence, now_folds, link)):
            break
        kept.append(line)
        fence, folds = now_fence, now_folds
    return "\n".join(kept) + _ending(fence, folds, link)


def _ending(fence: str, folds: int, link: str) -> str:
    closing = (f"\n{fence}" if fence else "") + "\n\n</details>" * folds
    return f"{closing}\n\n… cut here: the rest is in [the run]({link}).\n"


def _state(line: str, fence: str, folds: int) -> tuple[str, int]:
    """The open fence (or nothing) and the number of open folds after the line."""
    found = _FENCE.match(line)
    if fence:
        closes = found and found[1].startswith(fence) and not found[2].strip()
        return ("", folds) if closes else (fence, folds)
    if found and not (found[1][0] == "`" and "`" in found[2]):
        return found[1], folds
    return "", max(0, folds + len(_DETAILS_OPEN.findall(line)) - line.count("</details>"))


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
