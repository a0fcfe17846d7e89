"""Furnish a Git directory with what a repository lends: its references, and no configuration.

The layout of a Git directory is in gitrepository-layout(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.git.repository import Git, Repository

_BORROWED = ("refs", "packed-refs", "shallow")
_HASH = "extensions.objectFormat"
_HASHES = ("sha1", "sha256")
_FORMAT_0 = "[core]\nrepositoryformatversion = 0\n"
_FORMAT_1 = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = {}\n"


def borrow(repository: Repository, clean_dir: Path) -> None:
    """Put into `clean_dir` what Git has to find beside the objects."""
    (clean_dir / "HEAD").write_bytes((repository.git_dir / "HEAD").read_bytes())
    (clean_dir / "objects").mkdir()
    for name in _BORROWED:
        if (repository.common_dir / name).exists():
            (clean_dir / name).symlink_to((repository.common_dir / name).absolute())
    for shared in repository.git_dir.glob("sharedindex.*"):
        (clean_dir / shared.name).symlink_to(shared.absolute())


def configure(git: Git, clean_dir: Path) -> None:
    """Take over the one setting without which objects cannot be read: the hash that names them.

    Git itself has to read it, because it can be written in many ways, and a repository of which it
    is not understood looks empty. Raises UsageError for a hash that is not known.
    """
    (clean_dir / "config").write_text(_FORMAT_0, encoding="utf-8")
    theirs = git.repository.common_dir.absolute() / "config"
    if not _mentions_a_hash(theirs):
        return
    told = git.run("config", "--file", str(theirs), "--default", "sha1", "--get", _HASH)
    named = told.decode(errors="replace").strip().lower()
    if named not in _HASHES:
        raise UsageError(
            f"The objects of {str(git.repository.work_tree)!r} are named by an unknown hash.",
            remedy=f"Check `{_HASH}` in its configuration.",
        )
    (clean_dir / "config").write_text(_FORMAT_1.format(named), encoding="utf-8")


def _mentions_a_hash(config: Path) -> bool:
    try:
        return b"objectformat" in config.read_bytes().lower()
    except OSError:
        return config.exists()
