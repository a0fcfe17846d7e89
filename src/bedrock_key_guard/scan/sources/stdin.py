"""Scan what comes through a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.git.repository import search_outside_tree_of
from bedrock_key_guard.model.findings import Location, Scan, Scanned
from bedrock_key_guard.scan.containers.reading import read_file

if TYPE_CHECKING:
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.matching.windows import Readable


def scan_stream(file: Readable, allow: AllowList) -> Scan:
    """Scan `file` to its end. Raises OSError where it cannot be read."""
    search_outside_tree_of(Path())
    reading = read_file(file, Location("stdin", "<stdin>", 0, 0), allow)
    scanned = Scanned(("stdin",), 1, reading.bytes_read)
    return Scan(reading.findings, scanned, tuple(sorted(reading.missed)))
