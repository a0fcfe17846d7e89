"""Read files with containers in them, and say where a key was found."""

from __future__ import annotations

import io

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from tests.keysmith import fingerprint_of, long_term

KEY = long_term("bob")
Place = tuple[tuple[str, ...], int, int]


def read(data: bytes, *, seekable: bool = True) -> Reading:
    """Read a file, or what comes through a pipe, to its end."""

    class Pipe:
        def __init__(self) -> None:
            self._data = io.BytesIO(data)

        def read(self, size: int, /) -> bytes:
            return self._data.read(size)

    reading = read_file(io.BytesIO(data) if seekable else Pipe(), WorkTree("box"))
    assert reading.bytes_read == len(data)
    return reading


def places(reading: Reading, key: str = KEY) -> list[Place]:
    """Return where a key is: in which containers, line and column."""
    return [
        (finding.location.containers, finding.location.line, finding.location.column)
        for finding in reading.findings
        if finding.key.fingerprint == fingerprint_of(key)
    ]
