"""Scan what comes through a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model import Location, Scan, Scanned
from bedrock_key_guard.scan.content import Content, Readable

if TYPE_CHECKING:
    from bedrock_key_guard.scan.allowlist import AllowList


def scan_stream(file: Readable, allow: AllowList) -> Scan:
    """Scan `file` to its end. Raises OSError where it cannot be read."""
    content = Content(Location("stdin", "<stdin>", 0, 0), allow)
    findings = tuple(content.findings(file))
    return Scan(findings, Scanned(("stdin",), 1, content.bytes_read))
