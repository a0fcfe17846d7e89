"""Plant made-up keys first, in the middle and last, to prove how much a contender read."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests import keysmith

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Names that sort first, in the middle and last, and that nobody's allow-list skips.
PLANTS = ("aa-planted-first.env", "mm-planted-middle.env", "zz-planted-last.env")
# Some contenders commit too.
PERSON = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}


def line_with_key(seed: str) -> str:
    """Write a plain long-term key as people do, one that every contender's rule describes."""
    return f'AWS_BEARER_TOKEN_BEDROCK="{keysmith.long_term(seed=seed)}"\n'


def plant_files(folder: Path) -> None:
    """Plant a file at the top of `folder` for each of PLANTS."""
    for name in PLANTS:
        (folder / name).write_text(line_with_key(name), encoding="utf-8")


def plant_commits(repository: Path) -> None:
    """Plant a commit on top of the first, the middle and the last one, each on its own branch."""
    commits = git(repository, "rev-list", "--reverse", "--first-parent", "HEAD").split()
    chosen = (commits[0], commits[len(commits) // 2], commits[-1])
    for name, parent in zip(PLANTS, chosen, strict=True):
        commit = commit_on_top(repository, parent, name, line_with_key(name))
        git(repository, "update-ref", f"refs/heads/{name.partition('.')[0]}", commit)


def commit_on_top(repository: Path, parent: str, path: str, text: str) -> str:
    """Add one file to what `parent` holds and return the new commit; no branch moves."""
    index = {"GIT_INDEX_FILE": str(repository.resolve() / ".git" / "planting-index")}
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=text)
    git(repository, "read-tree", parent, more=index)
    git(repository, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=index)
    tree = git(repository, "write-tree", more=index)
    when = git(repository, "show", "--no-patch", "--format=%cd", "--date=raw", parent)
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    return git(repository, "commit-tree", tree, "-p", parent, "-m", f"Add {path}", more=dates)


def git(
    repository: Path, *arguments: str, stdin: str = "", more: dict[str, str] | None = None
) -> str:
    """Run Git without anybody's configuration and return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", **PERSON, **(more or {})},
        input=stdin.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode().strip()


def missing_from(output: str, plants: Sequence[str] = PLANTS) -> list[str]:
    """Name the plants that a contender's output does not tell of."""
    return [plant for plant in plants if plant not in output]
