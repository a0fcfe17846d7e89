"""Read Git packs and bundles that lie in a tree, as any file may.

Git itself puts the objects together, in a temporary repository of its own that knows nothing of the
one around the file. The formats are in gitformat-pack(5) and gitformat-bundle(5).
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import Repository
from bedrock_key_guard.scan.containers.formats.pack_pieces import pieces
from bedrock_key_guard.scan.containers.limits import Unreadable
from bedrock_key_guard.scan.containers.members import Gap, Member
from bedrock_key_guard.scan.containers.streams import BLOCK, Cursor

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from bedrock_key_guard.scan.containers.limits import Budget

_LONGEST_LINE = 1 << 16
_SHA_256 = re.compile(rb"@object-format=sha256")
_FORMATS = ("sha1", "sha256")
# Git runs in this much address space and time, whatever a pack makes of them.
_MEMORY = 1 << 30
_SECONDS = 120
_OBJECT = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)\n")


def bundle_members(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
    """Yield the objects in a bundle: lines that name references, an empty one, and a pack."""
    found = "sha1"
    while line := cursor.line(_LONGEST_LINE).rstrip(b"\n"):
        if _SHA_256.fullmatch(line):
            found = "sha256"
    yield from _objects(cursor, (found,), budget)


def pack_members(cursor: Cursor, budget: Budget) -> Iterator[Member | Gap]:
    """Yield the objects in a pack, which does not say which hash names them."""
    yield from _objects(cursor, _FORMATS, budget)


def _objects(cursor: Cursor, formats: tuple[str, ...], budget: Budget) -> Iterator[Member | Gap]:
    with tempfile.TemporaryDirectory(prefix="bedrock-key-guard-") as folder:
        pack = Path(folder, "pack")
        _copy(cursor, pack, budget.limits.pack)
        for found in formats:
            with _repository(Path(folder, found), found) as git:
                if _unpacked(git, pack, budget.limits.pack):
                    yield from _read(git, budget)
                    return
        with pack.open("rb") as file:
            yield from pieces(Cursor(file), budget)
    raise Unreadable("Git cannot read it, or its objects build on others that are not in it")


def _copy(cursor: Cursor, pack: Path, limit: int) -> None:
    size = 0
    with pack.open("wb") as file:
        while block := cursor.read(BLOCK):
            size += len(block)
            if size > limit:
                raise Unreadable(f"it is a Git pack of more than {limit >> 20} MiB", "missing")
            file.write(block)


@contextmanager
def _repository(folder: Path, found: str) -> Iterator[Git]:
    """Lend a Git on an empty repository in `folder`."""
    (folder / "objects" / "pack").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    (folder / "config").write_text(f"[extensions]\nobjectFormat = {found}\n", encoding="ascii")
    with clean_git(Repository(folder, folder, folder)) as git:
        yield git


def _unpacked(git: Git, pack: Path, limit: int) -> bool:
    """Give the pack to Git, and tell whether it could read it."""
    command = ("-c", "pack.threads=1", "index-pack", "--stdin", f"--max-input-size={limit}")
    with git.start(*command) as process, pack.open("rb") as file:
        _confine(process)
        try:
            with cast("IO[bytes]", process.stdin) as pipe:
                while block := file.read(BLOCK):
                    pipe.write(block)
        except BrokenPipeError:
            pass
        cast("IO[bytes]", process.stdout).read()
    return process.returncode == 0


def _confine(process: subprocess.Popen[bytes]) -> None:
    """Bound what a pack can make Git use, where the system lets us."""
    try:
        import resource

        for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS)):
            resource.prlimit(process.pid, limit, (most, most))
    except (ImportError, AttributeError, OSError):
        return


def _read(git: Git, budget: Budget) -> Iterator[Member | Gap]:
    """Yield every object that Git put together."""
    command = ("cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer")
    with git.start(*command) as process:
        _confine(process)
        try:
            cast("IO[bytes]", process.stdin).close()
            answers = Cursor(cast("IO[bytes]", process.stdout))
            while header := _OBJECT.fullmatch(answers.line(128)):
                name = f"{header[2].decode()} {header[1].decode()}"
                blocks = _counted(answers, int(header[3]), budget)
                yield Member(name, blocks)
                for _ in blocks:
                    pass
                answers.read(1)
        finally:
            process.kill()


def _counted(answers: Cursor, size: int, budget: Budget) -> Iterator[bytes]:
    for block in answers.member(size):
        budget.unpack(len(block))
        yield block
