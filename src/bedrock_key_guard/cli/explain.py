"""Explain one key, offline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bedrock_key_guard.console.standard_streams import write
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    import argparse


def explain(_arguments: argparse.Namespace) -> int:
    """Say offline what the key on standard input is."""
    from bedrock_key_guard.report.details import describe
    from bedrock_key_guard.scan.containers.decoded import matches

    found = matches(_key_from_people())
    if not found:
        raise UsageError(
            "What came on standard input is no key of a known family, and no part of one.",
            remedy="Give the whole key, as it was downloaded, on standard input.",
        )
    write("".join("\n  ".join(describe(match.key)) + "\n" for match in found))
    return 0


def _key_from_people() -> bytes:
    """Read standard input; a key typed at a terminal is not echoed."""
    if sys.stdin.isatty():
        from getpass import getpass

        try:
            return getpass("Key: ", stream=sys.stderr).encode()
        except EOFError:
            return b""
    return sys.stdin.buffer.read(1 << 20)
