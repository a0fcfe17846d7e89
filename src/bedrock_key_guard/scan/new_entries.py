"""Leave out the entries of an allow-list that a range of commits adds or changes itself.

Whoever pushes must not hide with the same push what comes with it. Such an entry counts from the
next run on, when somebody has had the chance to see it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.introductions import additions
from bedrock_key_guard.git.object_lists import check_revisions, with_heads
from bedrock_key_guard.git.repository import find_repository
from bedrock_key_guard.git.spelling import comparable, ignores_case
from bedrock_key_guard.scan.allowlist import AllowList, entries_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bedrock_key_guard.git.clean_git import Git
    from bedrock_key_guard.git.introductions import Introduction
    from bedrock_key_guard.git.repository import Repository

_BLOCK = 1 << 20
NOT_YET = "What this range adds to the allow-list counts from the next run on."


def settled(
    allow: AllowList, folder: Path, revisions: Sequence[str], commits: Path | None = None
) -> AllowList:
    """Return the entries that do not come with a range of the repository at `folder`.

    Where that is a shallow clone, the one at `commits` has the rest. A list that is not in the
    repository is nobody's to push. Raises UsageError for what is no revision; where Git cannot tell
    the range, there is a gap for that.
    """
    check_revisions(revisions)
    repository = find_repository(folder.absolute())
    path = _path_in(repository, allow.file) if repository and allow.file else None
    if repository is None or path is None:
        return allow
    with clean_git((commits and find_repository(commits)) or repository) as git:
        try:
            return allow.without(_added(git, with_heads(git, revisions), path))
        except UsageError:
            return allow


def _path_in(repository: Repository, file: Path) -> str | None:
    """Return the path of a file in a repository, through whatever links, None for one outside."""
    try:
        return file.resolve().relative_to(repository.work_tree.resolve()).as_posix()
    except ValueError:
        return None


def _added(git: Git, revisions: Sequence[str], path: str) -> AllowList:
    """Return the entries that commits put into the file, less those that it had before them."""
    changed = _changes(git, revisions, path)
    if not changed:
        return AllowList()
    listed = git.run("rev-list", "--boundary", *revisions, "--").decode().split()
    ends = [each[1:] for each in listed if each.startswith("-")]
    names = dict.fromkeys((path, *(each.path for each in changed)))
    before = [_blob(git, end, name) for end in ends for name in names]
    with ObjectReader(git) as reader:
        new = _entries(reader, (each.object for each in changed))
        return new.without(_entries(reader, filter(None, before)))


def _changes(git: Git, revisions: Sequence[str], path: str) -> list[Introduction]:
    """Return what commits put at a path, in every spelling that leads to the same file here."""
    case = not ignores_case(git.repository.work_tree)
    if case and path.isascii():
        return additions(git, revisions, path)[1]
    wanted = comparable(path, case=case)
    changed = additions(git, revisions)[1]
    return [each for each in changed if comparable(each.path, case=case) == wanted]


def _blob(git: Git, commit: str, path: str) -> str:
    """Return which object a commit has at a path, nothing for none."""
    entry = git.run("ls-tree", "-z", "--full-tree", commit, "--", path).partition(b"\t")[0]
    return entry.decode().split()[-1] if entry else ""


def _entries(reader: ObjectReader, versions: Iterable[str]) -> AllowList:
    """Return the entries of all versions of the file; the lines that are none do not matter."""
    blobs = (opened for each in versions if (opened := reader.open(each)))
    texts = (b"".join(iter(partial(blob.read, _BLOCK), b"")) for blob in blobs)
    return entries_of(b"\n".join(texts).decode(errors="replace"))[0]
