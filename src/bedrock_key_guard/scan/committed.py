"""Tell which keys a repository has already, so that nobody is told that they are about to come."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.repository import (
    absolute,
    find_repository,
    path_in_repository,
    repository_named,
)
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.objects import objects

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping

    from bedrock_key_guard.git.clean_git import Git


def committed(paths: Iterable[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Return the fingerprints of keys that some files hold in the last commit.

    While a merge is made, it is the other side's last commit too. What Git cannot tell is not known
    to be there.
    """
    here = Path.cwd()
    repository = repository_named(environment, here) or find_repository(here)
    if repository is None:
        return frozenset()
    inside = (each for each in paths if absolute(Path(each)).is_relative_to(repository.work_tree))
    names = dict.fromkeys(map(path_in_repository, inside))
    try:
        with clean_git(repository) as git:
            scan = read(_versions(git, names), AllowList())
    except GuardError:
        return frozenset()
    return frozenset(each.key.fingerprint for each in scan.findings)


def _versions(git: Git, names: Collection[str]) -> Generator[Source, None, None]:
    """Yield the files of those names; a name may be a key itself, so that no child is told one."""
    case = not system.ignores_case(git.repository.work_tree)
    wanted = {system.comparable(name, case=case) for name in names}
    blobs: dict[str, None] = {}
    for commit in _last(git) if wanted else ():
        for line in git.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            entry, _, name = line.partition(b"\t")
            if system.comparable(system.decoded(name), case=case) in wanted:
                blobs[entry.split()[2].decode()] = None
    with ObjectReader(git) as reader:
        yield Source(Scanned(()), (each for each in objects(reader, blobs)))


def _last(git: Git) -> list[str]:
    """Return the last commit, and those that a merge adds to it (gitrepository-layout(5))."""
    merged = git.repository.git_dir / "MERGE_HEAD"
    heads = ["HEAD", *(merged.read_text("ascii").split() if merged.is_file() else ())]
    asked = git.run(
        "cat-file",
        "--batch-check=%(objectname)",
        stdin="".join(f"{head}^{{commit}}\n" for head in heads).encode(),
    )
    return [line for line in asked.decode().splitlines() if " " not in line]
