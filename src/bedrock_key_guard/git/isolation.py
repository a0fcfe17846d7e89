"""Furnish a Git directory with what a repository lends: its references, and no configuration.

They are copied: a link would need a privilege on Windows. The layout of a Git directory is in
gitrepository-layout(5).
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.spelling import ignores_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.git.repository import Repository

_OBJECT_ID = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})\n?")
# Names that Git surely takes (git-check-ref-format(1)); a lock is none.
_PLAIN = re.compile(rb"(?!.*\.lock(?:/|$))refs(?:/[\w+#=-]+(?:\.[\w+#=-]+)*)+")
# A reference is the id of an object, or the name of another reference, which is a path.
_LONGEST = 1 << 13
_HASH = "extensions.objectFormat"
_HASHES = ("sha1", "sha256")
_FORMAT = "[core]\nrepositoryformatversion = {:d}\n"
_EXTENSION = "[extensions]\nobjectFormat = {}\n"
# What Git itself writes into a configuration, by the system (git-config(1)). Each is read on the
# system alone that it is about.
_NAMES = "[core]\nignoreCase = {}\nprecomposeUnicode = true\nlongPaths = true\n"


def borrow(repository: Repository, clean_dir: Path) -> None:
    """Put into `clean_dir` what Git has to find beside the objects."""
    (clean_dir / "HEAD").write_bytes((repository.git_dir / "HEAD").read_bytes())
    (clean_dir / "objects").mkdir()
    _copy_references(repository.common_dir, clean_dir)
    files = [repository.common_dir / "shallow", *repository.git_dir.glob("sharedindex.*")]
    for file in filter(Path.is_file, files):
        shutil.copyfile(file, clean_dir / file.name)


def _copy_references(common_dir: Path, clean_dir: Path) -> None:
    """Write the references that are a file each among the packed ones, and leave others as files.

    To make a thousand files takes a second. The packed ones are read last: a reference that is
    packed meanwhile is seen twice, and never missed.
    """
    (clean_dir / "refs").mkdir()
    loose: dict[bytes, bytes] = {}
    for name, content in _loose(common_dir):
        if _PLAIN.fullmatch(name) and _OBJECT_ID.fullmatch(content):
            loose[name] = b"%b %b" % (content.rstrip(), name)
        else:
            copy = clean_dir / system.decoded(name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
    packed = common_dir / "packed-refs"
    lines = packed.read_bytes().splitlines() if packed.is_file() else []
    # Without the head line Git looks up itself what a tag is of.
    theirs = {_name(line): line for line in lines if not line.startswith((b"#", b"^"))}
    merged = sorted((theirs | loose).items())
    (clean_dir / "packed-refs").write_bytes(b"".join(b"%b\n" % line for _, line in merged))


def _name(line: bytes) -> bytes:
    """Return the name of a packed reference; what is none stays, so that Git says so."""
    return line.partition(b" ")[2] or line


def _loose(common_dir: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name of each reference that is a file, and what the file says."""
    for folder, _, names in os.walk(common_dir / "refs"):
        below = os.path.relpath(folder, common_dir).replace(os.sep, "/")
        for name in names:
            content = _content(os.path.join(folder, name))  # noqa: PTH118  # there may be many
            if content is not None:
                yield system.encoded(f"{below}/{name}"), content


def _content(file: str) -> bytes | None:
    """Return what a reference says, None for what is none: a pipe, or a file that is gone.

    A link to another reference is how Git once wrote `ref: …`.
    """
    try:
        if os.path.islink(file):  # noqa: PTH114
            target = system.encoded(os.readlink(file))  # noqa: PTH115
            if target.startswith(b"refs/"):
                return b"ref: %b\n" % target
        if not stat.S_ISREG(os.stat(file).st_mode):  # noqa: PTH116
            return None
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123
            return opened.read(_LONGEST)
    except OSError:
        return None


def configure(repository: Repository, run: Callable[..., bytes], clean_dir: Path) -> None:
    """Set how the system takes names, and take over the hash that names objects.

    Without that one they cannot be read. Git itself has to read it, because it can be written in
    many ways, and a repository of which it is not understood looks empty. Raises UsageError for a
    hash that is not known.
    """
    names = _NAMES.format(str(ignores_case(repository.work_tree)).lower())
    _write(clean_dir / "config", _FORMAT.format(0) + names)
    theirs = repository.common_dir.absolute() / "config"
    if not _mentions_a_hash(theirs):
        return
    told = run("config", "--file", str(theirs), "--default", "sha1", "--get", _HASH)
    named = told.decode(errors="replace").strip().lower()
    if named not in _HASHES:
        raise UsageError(
            f"The objects of {str(repository.work_tree)!r} are named by an unknown hash.",
            remedy=f"Check `{_HASH}` in its configuration.",
        )
    _write(clean_dir / "config", _FORMAT.format(1) + _EXTENSION.format(named) + names)


def _write(file: Path, text: str) -> None:
    file.write_bytes(text.encode())


def _mentions_a_hash(config: Path) -> bool:
    try:
        return b"objectformat" in config.read_bytes().lower()
    except OSError:
        return config.exists()
