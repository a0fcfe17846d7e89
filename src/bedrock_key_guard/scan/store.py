"""Know where a repository keeps its objects, and lend Git on those that are new.

A pack is named after what it holds, and a loose object after itself, so two inventories tell what
came in between, reachable or not, whatever became of references, and without trusting a clock. The
layout is in gitrepository-layout(5), that of alternates too.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bedrock_key_guard.scan.repository import Git

_PACK_FILES = (".pack", ".idx", ".rev")
_PACK = re.compile(r"pack-[0-9a-f]{40,64}")
_FAN_OUT = re.compile(r"[0-9a-f]{2}")
_LOOSE = re.compile(r"[0-9a-f]{38}|[0-9a-f]{62}")
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Inventory:
    """Name the packs with their sizes, and give a digest of the loose objects of each folder."""

    packs: frozenset[str]
    loose: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Store:
    """Know the files of all objects: packs by name and size, loose ones by folder and name."""

    packs: Mapping[str, Path]
    loose: Mapping[str, Mapping[str, Path]]

    def inventory(self) -> Inventory:
        """Return what is enough to know what is new the next time."""
        return Inventory(
            frozenset(self.packs), {folder: _digest(names) for folder, names in self.loose.items()}
        )


def find_store(objects: Path) -> Store | None:
    """Look through an object directory and its alternates; None where they cannot be known."""
    folders = _with_alternates(objects)
    if folders is None:
        return None
    packs: dict[str, Path] = {}
    loose: dict[str, dict[str, Path]] = {}
    try:
        for folder in folders:
            packs |= _packs(folder / "pack")
            for name, file in _loose(folder):
                loose.setdefault(name, {})[file.name] = file
    except OSError:
        return None
    return Store(packs, loose)


def new_files(store: Store, known: Inventory) -> dict[str, Path]:
    """Return the files that are not `known`, by their place in an object directory.

    Where one loose object of a folder is new, all of that folder count as new.
    """
    packs = (pack for name, pack in store.packs.items() if name not in known.packs)
    loose = (
        (f"{folder}/{name}", file)
        for folder, files in store.loose.items()
        if known.loose.get(folder) != _digest(files)
        for name, file in files.items()
    )
    parts = (pack.with_suffix(suffix) for pack in packs for suffix in _PACK_FILES)
    return {f"pack/{part.name}": part for part in parts if part.exists()} | dict(loose)


@contextmanager
def git_on(git: Git, files: Mapping[str, Path]) -> Iterator[Git]:
    """Lend a Git that knows the objects in these files and no others."""
    with TemporaryDirectory(prefix="bedrock-key-guard-") as objects:
        for place, file in files.items():
            link = Path(objects, place)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(file)
        yield git.over(Path(objects))


def _with_alternates(objects: Path) -> list[Path] | None:
    """Return the folder and those that it borrows from; None where one is written in quotes."""
    found = [objects.absolute()]
    for folder in found:
        for line in _alternates(folder):
            if line.startswith(b'"'):
                return None
            borrowed = folder / os.fsdecode(line)
            if borrowed.is_dir() and borrowed not in found:
                found.append(borrowed)
    return found


def _alternates(folder: Path) -> list[bytes]:
    try:
        lines = (folder / "info" / "alternates").read_bytes().split(b"\n")
    except OSError:
        return []
    return [line for line in lines if line and not line.startswith(b"#")]


def _packs(folder: Path) -> dict[str, Path]:
    """Return the packs that have an index: Git knows no others."""
    if not folder.is_dir():
        return {}
    packs = (index.with_suffix(".pack") for index in folder.glob("pack-*.idx"))
    return {
        f"{pack.stem}:{pack.stat().st_size}": pack
        for pack in packs
        if _PACK.fullmatch(pack.stem) and pack.exists()
    }


def _loose(objects: Path) -> Iterator[tuple[str, Path]]:
    for folder in objects.iterdir():
        if _FAN_OUT.fullmatch(folder.name) and folder.is_dir():
            for file in folder.iterdir():
                if _LOOSE.fullmatch(file.name):
                    yield folder.name, file


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:_DIGEST]
