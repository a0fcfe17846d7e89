"""Furnish a Git directory with what a repository lends: its references, and no configuration.

They are copied: a link would need a privilege on Windows. The layout of a Git directory is in
gitrepository-layout(5).
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.git.repository import Git, Repository

_FILES = ("packed-refs", "shallow")
# A reference is the id of an object, or the name of another reference, which is a path.
_LONGEST = 1 << 13
_HASH = "extensions.objectFormat"
_HASHES = ("sha1", "sha256")
_FORMAT_0 = "[core]\nrepositoryformatversion = 0\n"
_FORMAT_1 = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = {}\n"


def borrow(repository: Repository, clean_dir: Path) -> None:
    """Put into `clean_dir` what Git has to find beside the objects.

    Where a reference is packed meanwhile it is copied twice, and never missed.
    """
    (clean_dir / "HEAD").write_bytes((repository.git_dir / "HEAD").read_bytes())
    (clean_dir / "objects").mkdir()
    _copy_references(repository.common_dir / "refs", clean_dir / "refs")
    for name in _FILES:
        if (repository.common_dir / name).is_file():
            shutil.copyfile(repository.common_dir / name, clean_dir / name)
    for shared in repository.git_dir.glob("sharedindex.*"):
        if shared.is_file():
            shutil.copyfile(shared, clean_dir / shared.name)


def _copy_references(references: Path, copies: Path) -> None:
    """Copy the references that are a file each."""
    for folder, _, names in os.walk(references):
        copy = copies / os.path.relpath(folder, references)
        copy.mkdir()
        for name in names:
            for content in _reference(Path(folder, name)):
                (copy / name).write_bytes(content)


def _reference(file: Path) -> Iterator[bytes]:
    """Yield what a reference says, nothing for what is none: a pipe, or a file that is gone.

    A link to another reference is how Git once wrote `ref: …`.
    """
    try:
        if file.is_symlink() and (target := os.fsencode(file.readlink())).startswith(b"refs/"):
            yield b"ref: %b\n" % target
        elif stat.S_ISREG(file.stat().st_mode):
            with file.open("rb") as opened:
                yield opened.read(_LONGEST)
    except OSError:
        return


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
