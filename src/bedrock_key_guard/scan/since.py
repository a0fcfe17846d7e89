"""Remember between two scans of a history what was read, so that the next reads only what is new.

The file holds names of objects, digests and the scanner's version, and nothing of what was found in
an object. Whoever can write into the Git directory can make the next scan pass something over, so
it is read only where nobody but its owner, who is us, may write it; a cache that others can fill is
no place for it. A file that is missing, foreign or broken means that all is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any

from bedrock_key_guard import __version__
from bedrock_key_guard.scan.store import Inventory
from bedrock_key_guard.scan.tips import Tips

if TYPE_CHECKING:
    from bedrock_key_guard.scan.repository import Repository

Pairs = tuple[tuple[str, str], ...]
NAME = "bedrock-key-guard.json"
_VERSION = 1
_LARGEST = 64 << 20
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold what a scan has read, and what the next one has to read again.

    `again` are the objects with findings or gaps, `unread` those that could not be read, `absent`
    those that references reach and that are not here. `introduced` and, for notes, `noted` are
    pairs of an object and a commit that put it somewhere, an object's first commit first;
    `messages` are the commits and tags that hold a key and that references reach.
    """

    inventory: Inventory
    tips: Tips
    again: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    introduced: Pairs = ()
    noted: Pairs = ()
    messages: tuple[str, ...] = ()


def recall(repository: Repository, *, deep: bool) -> Memory | str:
    """Return what the last scan with these options left behind, or why it cannot be used."""
    text = _read(repository.common_dir / NAME)
    if text is None:
        return "no earlier scan is known"
    try:
        known = json.loads(text)
        if known["engine"] != _engine() or known["deep"] is not deep:
            return "the last scan was by another version of the guard, or with other options"
        return _memory(known["memory"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "what the last scan left behind is damaged"


def remember(repository: Repository, memory: Memory, *, deep: bool) -> bool:
    """Write what the next scan needs, in one step and for nobody else; tell whether it worked."""
    data = json.dumps({"engine": _engine(), "deep": deep, "memory": _plain(memory)})
    try:
        descriptor, name = mkstemp(prefix=f".{NAME}-", dir=repository.common_dir)
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(data)
        Path(name).replace(repository.common_dir / NAME)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        return False
    return True


def _read(path: Path) -> str | None:
    """Return a file's text, if it is a plain file that nobody but us can have written."""
    try:
        with os.fdopen(os.open(path, _OPEN), "rb") as file:
            state = os.fstat(file.fileno())
            ours = state.st_uid == getattr(os, "geteuid", lambda: state.st_uid)()
            if not (stat.S_ISREG(state.st_mode) and ours) or state.st_mode & _OTHERS_MAY_WRITE:
                return None
            data = file.read(_LARGEST + 1)
        return data.decode("ascii") if len(data) <= _LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None


def _engine() -> str:
    """Return a digest of all that decides what a scan finds: another one may find more."""
    digest = hashlib.sha256(f"{_VERSION} {__version__} {platform.python_version()}".encode())
    for folder in ("keys", "scan"):
        for source in sorted((_PACKAGE / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _plain(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON has it."""
    plain = asdict(memory)
    plain["inventory"]["packs"] = sorted(memory.inventory.packs)
    plain["tips"]["usual"] = sorted(memory.tips.usual)
    plain["tips"]["notes"] = sorted(memory.tips.notes)
    return plain


def _memory(plain: dict[str, Any]) -> Memory:
    """Read a memory again. Raises ValueError, TypeError or KeyError for one that is damaged."""
    inventory, tips = plain["inventory"], plain["tips"]
    return Memory(
        Inventory(
            frozenset(map(_text, inventory["packs"])),
            {_text(folder): _text(digest) for folder, digest in inventory["loose"].items()},
        ),
        Tips(
            frozenset(_ids(tips["usual"])), frozenset(_ids(tips["notes"])), _text(tips["shallow"])
        ),
        again=_ids(plain["again"]),
        unread=_ids(plain["unread"]),
        absent=_ids(plain["absent"]),
        introduced=_pairs(plain["introduced"]),
        noted=_pairs(plain["noted"]),
        messages=_ids(plain["messages"]),
    )


def _ids(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(_id, values))


def _pairs(values: list[Any]) -> Pairs:
    return tuple((_id(blob), _id(commit)) for blob, commit in values)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
