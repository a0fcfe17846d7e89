"""Read Git packs and bundles that lie in a tree, as any file may.

Git itself puts the objects together, in a temporary repository of its own that knows nothing of the
one around the file. It cannot where the pack is damaged, or thin: some of its objects only say what
they change in others, which are elsewhere. What stands in such a pack by itself, and what those
objects add, is read without Git. The formats are in gitformat-pack(5) and gitformat-bundle(5).
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from itertools import chain
from shutil import copyfileobj
from threading import Timer
from time import monotonic
from typing import IO, TYPE_CHECKING, cast

from bedrock_key_guard.errors import UsageError, as_guard_error
from bedrock_key_guard.git.clean_git import Git, clean_git, temporary_folder
from bedrock_key_guard.git.repository import Repository
from bedrock_key_guard.scan.containers import compressed
from bedrock_key_guard.scan.containers.cursor import BLOCK, Cursor
from bedrock_key_guard.scan.containers.members import Members, OpenedMember, Stream
from bedrock_key_guard.scan.limits import DAMAGED, START, STEP, Budget, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_LINE = 1 << 16
_SHA_256 = re.compile(rb"@object-format=sha256")
_FORMATS = ("sha1", "sha256")
# What a pack can make Git use: bytes at a time, and seconds. A larger object is never held whole,
# unless it builds on another.
_BOUNDS = {"GIT_ALLOC_LIMIT": str(256 << 20)}
_SETTINGS = ("-c", "pack.threads=1", "-c", "core.bigFileThreshold=16m")
_SECONDS = 120
_OBJECT = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)\n")
_HEADER = 12
_DELTAS = _OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_ID_SIZES = (20, 32)
_MORE = 0x80
# No object has a size of more bits.
_LARGEST = 64


def bundle_members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the objects in a bundle: lines that name references, an empty one, and a pack."""
    found = "sha1"
    while line := cursor.line(_LONGEST_LINE).rstrip(b"\n"):
        found = "sha256" if _SHA_256.fullmatch(line) else found
    yield from _objects(cursor, (found,), budget)


def pack_members(cursor: Cursor, budget: Budget) -> Members:
    """Yield the objects in a pack, which does not say which hash names them."""
    yield from _objects(cursor, _FORMATS, budget)


def _objects(cursor: Cursor, formats: tuple[str, ...], budget: Budget) -> Members:
    with _surroundings(), temporary_folder() as folder:
        pack = folder / "pack"
        _copy(cursor, pack, budget.limits.pack)
        _charge(pack, budget)
        for found in formats:
            budget.spend(START)
            with _repository(folder / found, found) as git:
                if _unpacked(git, pack, budget.limits.pack):
                    yield from _read(git, budget)
                    return
        with pack.open("rb") as file:
            yield from pieces(Cursor(file), budget)
    raise Unreadable("Git cannot read it, or its objects build on others that are not in it")


@contextmanager
def _surroundings() -> Iterator[None]:
    """Raise Unreadable where there is no Git, or no room on the disk."""
    try:
        yield
    except (OSError, UsageError) as error:
        known = as_guard_error(error)
        raise Unreadable(
            f"it takes Git and a temporary folder: {known}".rstrip("."), "missing"
        ) from None


def _copy(cursor: Cursor, pack: Path, limit: int) -> None:
    size = 0
    with pack.open("wb") as file:
        while block := cursor.read(BLOCK):
            size += len(block)
            if size > limit:
                raise Unreadable(f"it is a Git pack of more than {limit >> 20} MiB", "missing")
            file.write(block)


def _charge(pack: Path, budget: Budget) -> None:
    """Spend what it takes Git to put the objects together, each as large as it says.

    A pack may be a chain of objects of which each is as large as all that is unpacked, and a change
    of few bytes in the one before. Raises Spent where that is too much.
    """
    with pack.open("rb") as file:
        try:
            for kind, blocks in _entries(Cursor(file), budget):
                if kind in _DELTAS:
                    budget.spend(STEP + _sizes(Cursor(Stream(blocks)))[1])
                for _ in blocks:
                    pass
        except Unreadable as gap:
            # What is broken is for Git to find.
            if gap.kind == "missing":
                raise


@contextmanager
def _repository(folder: Path, found: str) -> Iterator[Git]:
    """Lend a Git on an empty repository in `folder`."""
    (folder / "objects" / "pack").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_bytes(b"ref: refs/heads/none\n")
    (folder / "config").write_bytes(f"[extensions]\nobjectFormat = {found}\n".encode())
    with clean_git(Repository(folder, folder, folder)) as git:
        git.environment.update(_BOUNDS)
        yield git


def _unpacked(git: Git, pack: Path, limit: int) -> bool:
    """Give the pack to Git, and return whether it could read it."""
    command = ("index-pack", "--stdin", f"--max-input-size={limit}")
    with git.start(*_SETTINGS, *command) as process, pack.open("rb") as file:
        timer = Timer(_SECONDS, process.kill)
        timer.start()
        try:
            with suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as pipe:
                copyfileobj(file, pipe)
            cast("IO[bytes]", process.stdout).read()
        finally:
            timer.cancel()
    return process.returncode == 0


def _read(git: Git, budget: Budget) -> Members:
    """Yield every object that Git put together. Raises Unreadable where that takes too long."""
    command = ("cat-file", "--batch", "--batch-all-objects", "--unordered", "--buffer")
    budget.spend(START)
    with git.start(*_SETTINGS, *command) as process:
        try:
            cast("IO[bytes]", process.stdin).close()
            answers = Cursor(_Waiting(cast("IO[bytes]", process.stdout)))
            while header := _OBJECT.fullmatch(answers.line(128)):
                blocks = budget.unpacked(answers.member(int(header[3])))
                yield OpenedMember(f"{header[2].decode()} {header[1].decode()}", blocks)
                answers.read(1)
        finally:
            process.kill()


class _Waiting:
    """Read what Git prints, and count how long that takes."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._seconds = 0.0

    def read(self, size: int, /) -> bytes:
        begin = monotonic()
        block = self._output.read(size)
        self._seconds += monotonic() - begin
        if self._seconds > _SECONDS:
            raise Unreadable("Git takes too long to read it", "missing")
        return block


def pieces(cursor: Cursor, budget: Budget) -> Iterator[OpenedMember]:
    """Yield whole objects, and what the others add, up to where the pack is damaged."""
    at = cursor.position + _HEADER
    for kind, blocks in _entries(cursor, budget):
        yield OpenedMember(f"object at {at}", _added(blocks) if kind in _DELTAS else blocks)
        at = cursor.position


def _entries(cursor: Cursor, budget: Budget) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Yield the kind of each object and its bytes, up to where there is no sound one."""
    count = int.from_bytes(cursor.up_to(_HEADER)[8:], "big")
    while count and (entry := _entry(cursor, budget)):
        yield entry
        count -= 1


def _entry(cursor: Cursor, budget: Budget) -> tuple[int, Iterator[bytes]] | None:
    try:
        kind = _first(cursor) >> 4 & 7
        if kind == _OFFSET_DELTA:
            _first(cursor)
        elif kind == _REFERENCE_DELTA:
            _pass_id(cursor)
        blocks = compressed.unpack(cursor, compressed.ZLIB, budget)
        first = next(blocks, b"")
    except Unreadable as gap:
        if gap.kind == "missing":
            raise
        return None
    return kind, chain((first,), blocks)


def _first(cursor: Cursor) -> int:
    """Move behind a number, and return its first byte."""
    first = byte = cursor.exactly(1)[0]
    while byte & _MORE:
        byte = cursor.exactly(1)[0]
    return first


def _sizes(delta: Cursor) -> tuple[int, int]:
    """Return how large the object is that a delta builds on, and the one that it makes."""
    return _number(delta), _number(delta)


def _number(delta: Cursor) -> int:
    """Read a number of seven bits a byte, the lowest first. Raises Unreadable where it is none."""
    number = 0
    for shift in range(0, _LARGEST, 7):
        byte = delta.exactly(1)[0]
        number |= (byte & ~_MORE) << shift
        if not byte & _MORE:
            return number
    raise Unreadable(DAMAGED)


def _pass_id(cursor: Cursor) -> None:
    """Move behind an object id, which is as long as zlib's next header tells."""
    ahead = cursor.up_to(max(_ID_SIZES) + 2)
    sizes = (size for size in _ID_SIZES if int.from_bytes(ahead[size : size + 2], "big") % 31 == 0)
    cursor.unread(ahead[next(sizes, _ID_SIZES[0]) :])


def delta_members(cursor: Cursor, budget: Budget) -> Members:
    """Yield what a delta adds that is compressed alone, as patches of binary files have it."""
    yield OpenedMember("", _added(compressed.unpack(cursor, compressed.ZLIB, budget)))


def _added(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what a delta adds, with a line's end wherever it copies from its base."""
    delta = Cursor(Stream(blocks))
    _sizes(delta)
    while head := delta.up_to(1):
        if head[0] & _MORE:
            delta.up_to((head[0] & ~_MORE).bit_count())
            yield b"\n"
        else:
            yield delta.up_to(head[0])
