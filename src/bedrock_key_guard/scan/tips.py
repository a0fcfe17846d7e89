"""Know what the references of a repository reach, and what of it is newer than a scan before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.scan.repository import Git
    from bedrock_key_guard.scan.since import Memory

_NOTES = "refs/notes/"


@dataclass(frozen=True, slots=True)
class Tips:
    """Name what references and checked-out work trees point to, notes by themselves.

    `shallow` is a digest of where a shallow clone begins.
    """

    usual: frozenset[str]
    notes: frozenset[str]
    shallow: str = ""

    @property
    def all(self) -> list[str]:
        """Return every one, in an order that repeats."""
        return sorted(self.usual | self.notes)


@dataclass(frozen=True, slots=True)
class Newer:
    """Name the revisions that are new, as `git rev-list --stdin` takes them, none where none are.

    `kept` tells that everything is still reachable that was: what was traced before holds. `here`
    are those of the remembered objects that exist.
    """

    usual: tuple[str, ...]
    notes: tuple[str, ...]
    kept: bool
    here: frozenset[str]


def find_tips(git: Git) -> Tips:
    """Ask Git for every reference. Raises UsageError where they are kept in a way we cannot lend.

    Without them nobody could tell which objects of a shallow or damaged clone are missing. The
    layout is in git-refs(1).
    """
    if (git.repository.common_dir / "reftable").is_dir():
        raise UsageError(
            f"The references of {str(git.repository.work_tree)!r} are kept as a reftable.",
            remedy="Run `git refs migrate --ref-format=files`, or read a clone of it.",
        )
    listed = git.run("for-each-ref", "--format=%(objectname) %(refname)").decode(errors="replace")
    named = [line.partition(" ") for line in listed.splitlines()]
    marker = git.repository.common_dir / "shallow"
    return Tips(
        frozenset((*(tip for tip, _, name in named if not name.startswith(_NOTES)), *git.heads())),
        frozenset(tip for tip, _, name in named if name.startswith(_NOTES)),
        hashlib.sha256(marker.read_bytes()).hexdigest() if marker.is_file() else "",
    )


def newer(git: Git, tips: Tips, memory: Memory) -> Newer:
    """Compare references with those of a scan that is remembered."""
    old = memory.tips
    commits = {commit for _, commit in (*memory.introduced, *memory.noted)}
    known = {*old.usual, *old.notes, *commits, *memory.messages}
    here = existing(git, (*known, *memory.again, *memory.unread, *memory.absent))
    usual, notes = old.usual & here, old.notes & here
    kept = tips.shallow == old.shallow and known <= here
    return Newer(
        usual=revisions(tips.usual, usual),
        notes=revisions(tips.notes, notes),
        kept=kept and not (_lost(git, tips.usual, usual) or _lost(git, tips.notes, notes)),
        here=here,
    )


def revisions(now: frozenset[str], before: frozenset[str]) -> tuple[str, ...]:
    """Return what asks for all that is reachable now and was not before."""
    new = sorted(now - before)
    return (*new, *(f"^{tip}" for tip in sorted(before))) if new else ()


def _lost(git: Git, now: frozenset[str], before: frozenset[str]) -> bool:
    """Tell whether something was reachable that no longer is."""
    asked = revisions(before, now)
    return bool(asked and git.run("rev-list", "--max-count=1", "--stdin", stdin=lines(asked)))


def lines(revisions: Iterable[str]) -> bytes:
    """Return revisions as Git takes them on standard input."""
    return "".join(f"{revision}\n" for revision in revisions).encode()


def existing(git: Git, objects: Iterable[str]) -> frozenset[str]:
    """Return those of the objects that are here."""
    asked = lines(dict.fromkeys(objects))
    found = git.run("cat-file", "--batch-check=%(objectname)", "--buffer", stdin=asked)
    return frozenset(line for line in found.decode().splitlines() if " " not in line)
