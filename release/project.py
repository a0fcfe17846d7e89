"""Know where the project's name, version and changelog stand, and whether they agree.

The owner and the version stand in `src/bedrock_key_guard/__init__.py`. Where a file of another kind
has to repeat one of them, `rename` fills it in and `disagreements` looks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "bedrock-key-guard"
PLACEHOLDER = "OWNER"
SOURCE = "src/bedrock_key_guard/__init__.py"
# What an owner has: the repository, and the teams that CODEOWNERS names.
OWNED = rf"(?={NAME}\b|maintainers\b|security\b)"
_VERSIONED = re.compile(r"(?:\brev: |[?]ref=|[0-9a-f]{40} # |refs/tags/)v(\d+\.\d+\.\d+)\b")


def stated(root: Path, name: str) -> str:
    """Return a constant of the package without importing it."""
    text = (root / SOURCE).read_text(encoding="utf-8")
    (value,) = re.findall(rf'(?m)^{name} = "(.*)"$', text)
    return str(value)


def owner(root: Path) -> str:
    """Return the owner whose name stands in the project now."""
    return stated(root, "REPOSITORY").partition("/")[0]


def rename(root: Path, paths: Iterable[str], new: str) -> Iterator[str]:
    """Put a new owner wherever the present one stands, and yield the paths that changed."""
    present = re.compile(rf"\b{re.escape(owner(root))}/{OWNED}")
    for name, text in _texts(root, paths):
        renamed = present.sub(f"{new}/", text)
        if renamed != text:
            (root / name).write_text(renamed, encoding="utf-8", newline="")
            yield name


def disagreements(root: Path, paths: Iterable[str], tag: str, repository: str) -> list[str]:
    """Return one sentence for each thing that does not agree with a tag in a repository."""
    version = stated(root, "__version__")
    wrong = [] if tag == f"v{version}" else [f"The tag is {tag}, and the version {version}."]
    if stated(root, "REPOSITORY") != repository:
        wrong.append(f"The project is {stated(root, 'REPOSITORY')}, and not {repository}.")
    if notes(root, tag) == "":
        wrong.append(f"CHANGELOG.md says nothing of {tag}.")
    return wrong + list(_stale(root, paths, version))


def notes(root: Path, tag: str) -> str:
    """Return what the changelog says of a version, without its heading; empty if nothing."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"(?ms)^## \[{re.escape(tag[1:])}\] - \d{{4}}-\d\d-\d\d$(.*?)(?=^## |^\[|\Z)"
    found = re.search(heading, text)
    return "" if found is None else found[1].strip()


def _stale(root: Path, paths: Iterable[str], version: str) -> Iterator[str]:
    """Name the documents that tell people to use another version of this project."""
    for name, text in _texts(root, paths):
        for line in text.splitlines():
            found = _VERSIONED.findall(line) if NAME in line or "rev: " in line else []
            if name.endswith((".md", ".yml")) and any(each != version for each in found):
                yield f"{name} names another version than {version}: {line.strip()}"


def _texts(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in paths:
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            yield name, path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
