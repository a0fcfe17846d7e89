"""Know what the references of a repository point to, and which revisions a person may name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bedrock_key_guard.git.clean_git import Git

# What may stand among revisions, as `git rev-list` takes it. No other option of Git is passed on.
FORMS = ("--all", "--branches", "--tags", "--remotes", "--not")


def find_references(git: Git) -> dict[str, str]:
    """Return the names of all references, and the commits that a work tree has checked out.

    Each has the object that it names.

    Without them nobody could tell which objects of a shallow or damaged clone are missing. Raises
    UsageError where they are kept in a way we cannot lend (git-refs(1)).
    """
    if (git.repository.common_dir / "reftable").is_dir():
        raise UsageError(
            f"The references of {str(git.repository.work_tree)!r} are kept as a reftable.",
            remedy="Run `git refs migrate --ref-format=files`, or read a clone of it.",
        )
    named = git.run("for-each-ref", "--format=%(objectname) %(refname)")
    words = (line.split(" ", 1) for line in os.fsdecode(named).splitlines())
    return {**{head: head for head in git.heads()}, **{name: each for each, name in words}}


def check_revisions(revisions: Sequence[str]) -> None:
    """Raise UsageError where there are none, or one is an option of Git that is not in `FORMS`."""
    for each in revisions or [""]:
        if not each or (each.startswith("-") and each not in FORMS):
            raise UsageError(
                f"{each!r} is not a revision." if each else "There is no revision to read.",
                remedy=f"Name revisions such as `main..HEAD`, or {', '.join(FORMS)}.",
            )


def with_heads(git: Git, revisions: Sequence[str]) -> list[str]:
    """Return revisions for a Git with no head of its own: `--all` means what is checked out too."""
    heads = git.heads() if "--all" in revisions else []
    return [word for each in revisions for word in (each, *(heads if each == "--all" else ()))]


def lines(revisions: Iterable[str]) -> bytes:
    """Return revisions as Git takes them on standard input."""
    return "".join(f"{revision}\n" for revision in revisions).encode()


def existing(git: Git, objects: Iterable[str]) -> frozenset[str]:
    """Return those of the objects that are here."""
    asked = lines(dict.fromkeys(objects))
    found = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=asked)
    return frozenset(line for line in found.decode().splitlines() if " " not in line)
