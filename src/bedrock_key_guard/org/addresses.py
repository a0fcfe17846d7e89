"""Read a list of the addresses of repositories, on whatever server they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.org.json_files import text_of
from bedrock_key_guard.org.sweep_plan import Planned, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Git runs a program for `ext::` and its like, and a host or path may begin with a dash.
_SCHEMES = ("https", "http", "ssh", "file")
_SCP_LIKE = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!/)[^-:\s][^:\s]*")


def in_file(file: Path) -> tuple[tuple[Planned, ...], tuple[Skipped, ...]]:
    """Return the repositories that a file names, an address a line; `#` begins a comment.

    Raises UsageError for what is no address, and for a file that names none.
    """
    repositories: dict[str, Planned] = {}
    skipped: list[Skipped] = []
    for number, address in _lines(file):
        if not _is_address(address):
            raise UsageError(
                f"Line {number} of {str(file)!r} is no address of a repository.",
                remedy="Write https://…, http://…, ssh://…, file://…, user@host:path, or an "
                "absolute path; a token goes into GIT_TOKEN, never into an address.",
            )
        name = _name(address)
        if name in repositories:
            skipped.append(Skipped(name, "it is listed twice"))
        else:
            repositories[name] = Planned(name, address, _size(address))
    if not repositories:
        raise UsageError(f"{str(file)!r} names no repository.", remedy="Write an address a line.")
    return tuple(repositories.values()), tuple(skipped)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text_of(file).splitlines(), 1):
        address = line.partition(" #")[0].strip()
        if address and not address.startswith("#"):
            yield number, address


def _is_address(text: str) -> bool:
    if any(not letter.isprintable() for letter in text) or text.startswith("-"):
        return False
    if Path(text).is_absolute() or _SCP_LIKE.fullmatch(text):
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    host = parts.hostname or ""
    is_named = parts.scheme == "file" or (host and not host.startswith("-"))
    shows_token = parts.scheme != "ssh" and "@" in parts.netloc
    return parts.scheme in _SCHEMES and bool(is_named and parts.path) and not shows_token


def _name(address: str) -> str:
    """Return what people know a repository by: its address without scheme, user and `.git`."""
    named = address.partition("://")[2] or address
    host, slash, path = named.rpartition("@")[2].partition("/")
    return f"{host}{slash}{path}".strip("/").removesuffix(".git").rstrip("/") or address


def _size(address: str) -> int:
    """Return how large a repository on this machine is, in KB, 0 for any other."""
    path = Path(address.removeprefix("file://"))
    if not path.is_absolute() or not path.is_dir():
        return 0
    return sum(_lengths(path.rglob("*.pack"))) // 1000


def _lengths(files: Iterable[Path]) -> Iterator[int]:
    return (each.stat().st_size for each in files)
