"""Ask whether a push may bring a key, at hardly more than what Git itself takes to tell.

`subprocess` alone takes as long as Python to start, so Git is started without, and only for a
repository of the usual kind. Whatever is out of the ordinary is for the scanner, which asks again.
So this may say yes for nothing, and says no only where all that is new was read.
"""

from __future__ import annotations

import io
import os
import time

from bedrock_key_guard.git.raw_changes import ADDED, SUBMODULE, raw_changes
from bedrock_key_guard.git.variables import FORMAT_0, variables
from bedrock_key_guard.scan.prefilter import may_hold_key
from bedrock_key_guard.scan.prefilter.batches import Batches, beside_each_other

# Nothing more is imported here, for type checkers neither.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO

_GIT_DIR = ".git"
# What makes a repository another than `git clone` makes (gitrepository-layout(5)), and what says
# that it is another one.
_UNUSUAL = ("commondir", "info/grafts", "reftable", "shallow", "worktrees")
_ELSEWHERE = ("GIT_COMMON_DIR", "GIT_DIR", "GIT_WORK_TREE", "GITHUB_WORKSPACE")
_HEX = b"0123456789abcdef"
_ID = 40
# What is larger is not held here: the scanner reads it in windows.
_ROOM = 4 << 20
# Git flushes each object that it writes. After so many pieces it is left alone for so long, unless
# the last piece was a large one: to be woken for each costs both more than all else that they do.
_PIECES, _LARGE, _SECONDS = 16, 1 << 15, 0.004


class _Unusual(Exception):  # noqa: N818  # it is no error
    """Tell that this is for the scanner."""


def may_bring_key(environment: Mapping[str, str]) -> bool:
    """Return whether what the remote has not may hold a key, or it takes the scanner to tell."""
    try:
        new, old, tags = _ends(environment)
        return bool(Batches(_ROOM).choose(_contents(new, old, tags)))
    except (_Unusual, OSError, ValueError, IndexError):
        return True


def _ends(environment: Mapping[str, str]) -> tuple[set[bytes], set[bytes], set[bytes]]:
    """Return what is here, what the remote has, and what the tags name, as ids."""
    if (
        not hasattr(os, "posix_spawn")
        or any(environment.get(each) for each in _ELSEWHERE)
        or not os.path.isdir(_GIT_DIR)  # noqa: PTH112  # pathlib costs 10 ms, here and below
        or any(os.path.lexists(f"{_GIT_DIR}/{each}") for each in _UNUSUAL)
        or b"objectformat" in _read("config").lower()
    ):
        raise _Unusual
    remote = os.fsencode(environment.get("PRE_COMMIT_REMOTE_NAME", ""))
    known = b"refs/remotes/%b/" % remote if remote else b"refs/remotes/"
    new, old, tags = set(), set(), set()
    listed = _references()
    names = (name for name in listed if not name.startswith(b"refs/remotes/"))
    given = os.fsencode(environment.get("PRE_COMMIT_REMOTE_BRANCH", ""))
    if may_hold_key(b"\n".join((given, *names))):
        raise _Unusual
    for name, value in listed.items():
        if name.startswith(known):
            old.add(value)
        elif name.startswith(b"refs/heads/"):
            new.add(value)
        elif name.startswith(b"refs/tags/"):
            tags.add(value)
    ends = [environment.get(f"PRE_COMMIT_{end}_REF", "").encode() for end in ("TO", "FROM")]
    new |= {each for each in (_read("HEAD").strip(), ends[0]) if _is_id(each)}
    old |= {each for each in ends[1:] if _is_id(each)}
    return new | tags, {each for each in old if _is_id(each)}, tags | {*filter(_is_id, ends[:1])}


def _references() -> dict[bytes, bytes]:
    """Return references and the objects that they name; the packed ones are read last."""
    loose: dict[bytes, bytes] = {}
    for folder, _, names in os.walk(f"{_GIT_DIR}/refs"):
        for name in names:
            path = f"{folder}/{name}"[len(_GIT_DIR) + 1 :]
            value = _read(path).strip()
            if _is_id(value):
                loose[os.fsencode(path)] = value
            elif not path.startswith("refs/remotes/"):
                raise _Unusual
    packed = _read("packed-refs") if os.path.lexists(f"{_GIT_DIR}/packed-refs") else b""
    listed = (line.split(b" ", 1) for line in packed.splitlines() if line[:1] not in b"#^")
    return {**{name: value for value, name in listed}, **loose}


def _read(name: str) -> bytes:
    with open(f"{_GIT_DIR}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def _is_id(value: bytes) -> bool:
    return len(value) == _ID and not value.strip(_HEX) and bool(value.strip(b"0"))


def _contents(new: set[bytes], old: set[bytes], tags: set[bytes]) -> Iterator[bytes]:
    """Yield the contents of all that is new, whose names hold no key."""
    if not all(map(_is_id, (*new, *old))):
        raise _Unusual
    git = _Git()
    try:
        wanted = dict.fromkeys(tags - old)
        ends = [*new, *(b"^%b" % each for each in old)]
        with git.started((*ADDED, "--stdin"), ends) as listing:
            listed = listing.read()
        git.end()
        paths = []
        for header, mode, name, path in raw_changes(listed):
            if mode == SUBMODULE:
                raise _Unusual
            wanted[name or header.split()[0]] = None
            paths.append(path)
        if paths and may_hold_key(beside_each_other(paths)) and Batches().choose(paths):
            raise _Unusual
        with git.started(("cat-file", "--batch", "--buffer"), wanted) as objects:
            for name in wanted:
                yield _object(objects, name)
        git.end()
    finally:
        git.tidy()


def _object(stream: IO[bytes], name: bytes) -> bytes:
    """Return the next object. What is a tree, or a tag of something else than a commit, is rare."""
    named, kind, size = stream.readline().split()
    length = int(size)
    if named != name or kind == b"tree" or length >= _ROOM:
        raise _Unusual
    content = stream.read(length + 1)[:length]
    if len(content) < length or (kind == b"tag" and b"\ntype commit\n" not in content):
        raise _Unusual
    return content


class Unhurried(io.FileIO):
    """Read a pipe in large pieces, however small those are in which it is written."""

    _small = 0

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Fill a buffer, as far as there is something, and return how far."""
        if self._small >= _PIECES:
            time.sleep(_SECONDS)
        size = super().readinto(buffer)
        self._small = self._small + 1 if size and size < _LARGE else 0
        return size


class _Git:
    """Run Git with a directory of its own, which borrows the objects."""

    def __init__(self) -> None:
        here = os.getcwd()  # noqa: PTH109
        self._program = _program(here)
        self._folder = (
            f"{os.environ.get('TMPDIR') or '/tmp'}/bedrock-key-guard-{os.urandom(8).hex()}"  # noqa: S108
        )
        self._child = 0
        self._environment = variables(
            self._folder, here, f"{here}/{_GIT_DIR}/objects", f"{here}/{_GIT_DIR}/index"
        )
        os.mkdir(self._folder, 0o700)  # noqa: PTH102
        for name in ("objects", "refs"):
            os.mkdir(f"{self._folder}/{name}")  # noqa: PTH102
        self._write("HEAD", b"ref: refs/heads/none\n")
        self._write("config", FORMAT_0.encode())

    def started(self, words: Iterable[str], asked: Iterable[bytes]) -> IO[bytes]:
        """Start Git, and return what it writes about what it is asked."""
        self._write("asked", b"".join(b"%b\n" % each for each in asked))
        mine, its = os.pipe()
        output = io.BufferedReader(Unhurried(mine), 2 * _LARGE)  # whoever asks closes it
        try:
            self._child = os.posix_spawn(
                self._program,
                ["git", *words],
                self._environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, f"{self._folder}/asked", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, its, 1),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
            )
        finally:
            os.close(its)
        return output

    def end(self) -> None:
        """Wait for Git, whose work counts only if it was done."""
        child, self._child = self._child, 0
        if os.waitpid(child, 0)[1]:
            raise _Unusual

    def tidy(self) -> None:
        """Stop what runs, and take away what was written."""
        if self._child:
            os.kill(self._child, 9)
            os.waitpid(self._child, 0)
        for name in ("HEAD", "config", "asked"):
            os.unlink(f"{self._folder}/{name}")  # noqa: PTH108
        for name in ("objects", "refs", ""):
            os.rmdir(f"{self._folder}/{name}")  # noqa: PTH106

    def _write(self, name: str, text: bytes) -> None:
        with open(f"{self._folder}/{name}", "wb", buffering=0) as file:  # noqa: PTH123
            file.write(text)


def _program(tree: str) -> str:
    """Return the first Git on PATH, if its folder is reached by no link and lies in no tree.

    The scanner knows more about folders than this.
    """
    identity = os.stat(tree)  # noqa: PTH116
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(folder) or not os.access(f"{folder}/git", os.X_OK):  # noqa: PTH117
            continue
        above = os.path.realpath(folder)
        if above != folder.rstrip("/"):
            break
        while not os.path.samestat(os.stat(above), identity):  # noqa: PTH116
            if above == "/":
                return f"{folder}/git"
            above = os.path.dirname(above)  # noqa: PTH120
        break
    raise _Unusual
