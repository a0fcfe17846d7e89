"""State what has to hold for any bytes at all: of the matcher, and of what opens containers.

What has to be found in them is stated in planted.py.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan import prefilter
from bedrock_key_guard.scan.containers import between_members, extractor, kinds
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.containers.formats import pack
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.limits import STEP, UNPACKED, Limits
from bedrock_key_guard.scan.matching import windows
from bedrock_key_guard.scan.matching.matcher import LONGEST, Match
from bedrock_key_guard.scan.matching.windows import LONGEST_LINE
from tests.fuzz.planted import check_planted, check_words

# What a whole key says once its base64 is undone.
_LONG_TERM = re.compile(rb"[\w+=,.@-]+-at-\d{12}:[A-Za-z0-9+/=]{40,100}", re.ASCII)
_SHORT_TERM = re.compile(
    rb"[a-z.-]+/\?(?=.*X-Amz-Credential=A[A-Z0-9]{15})(?=.*X-Amz-Expires=\d)"
    rb"(?=.*X-Amz-Signature=[0-9a-f]{64}).*",
    re.DOTALL,
)
AT = WorkTree("box")
# Small, so that a bomb is soon over.
LIMITS = Limits(work=1 << 20, effort=1 << 8, held=1 << 20, dictionary=16 << 20)
# How often the same byte may be searched: as it is, as a text, and once for each of two filters, in
# windows that overlap; in a file that is scanned in one piece, its last window once more.
_TIMES = 8
_EDGES = 4 * (LONGEST + LONGEST_LINE)


def check_matches(data: bytes) -> None:
    """Hold the matcher to its word."""
    found = matches(data)
    assert not found or prefilter.may_hold_key(data), (
        "the prefilter would keep this from the matcher"
    )
    assert found == sorted(found, key=lambda match: match.offset)
    for match in found:
        assert 0 <= match.offset < match.end <= len(data)
        if match.confidence == "exact":
            _check_whole(match, data)


def _check_whole(match: Match, data: bytes) -> None:
    """Check a key by what it says, apart from the product's parsers, and that it reads itself."""
    text, prefix = match.key.secret.unseal(), match.key.family.prefix
    assert text.startswith(prefix)
    payload = base64.b64decode(text.removeprefix(prefix), validate=True)
    shape = _LONG_TERM if match.key.family.kind == "long-term" else _SHORT_TERM
    assert shape.fullmatch(payload), "it is no key"
    again = [each for each in matches(text.encode()) if each.confidence == "exact"]
    assert [each.key.fingerprint for each in again] == [match.key.fingerprint]
    if not match.encodings:
        # Padding may be missing, and the last digit may have slack bits.
        written = data[match.offset : match.end].decode("ascii")
        assert text.rstrip("=")[:-1] in written


def check_reading(data: bytes) -> None:
    """Hold the readers of containers to theirs: nothing raised, all read, all work bounded."""
    file = _File(data)
    with _searched() as sizes, patch.dict(kinds.READERS, _WITHOUT_GIT):
        reading = read_file(file, AT, LIMITS)
    assert reading.bytes_read == len(data)
    work = LIMITS.work + LIMITS.effort * len(data)
    most = len(data) + work // UNPACKED
    assert file.reads <= 1000 + most // 400, "it was read too often"
    assert sum(sizes) <= _TIMES * most + _EDGES * (1 + work // STEP), "it was searched too often"
    for gap in reading.missed:
        assert gap.what.startswith("box")
        assert gap.kind in {"missing", "unopened", "encrypted"}
        assert gap.reason
    for finding in reading.findings:
        at = finding.location
        assert at.line >= 1
        assert at.column >= 1
        # A text is one step more than its member.
        assert len(at.containers) <= LIMITS.depth + 1


# Git is another program, and too slow to be asked a thousand times in a second.
_WITHOUT_GIT = {"pack": pack.pieces, "bundle": pack.pieces}


class _File(io.BytesIO):
    """Count how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


@contextmanager
def _searched() -> Iterator[list[int]]:
    """Note how many bytes were searched each time."""
    sizes: list[int] = []

    def may_hold_key(data: bytes) -> bool:
        sizes.append(len(data))
        return prefilter.may_hold_key(data)

    with (
        patch.object(windows, "may_hold_key", may_hold_key),
        patch.object(between_members, "may_hold_key", may_hold_key),
        patch.object(extractor, "may_hold_key", may_hold_key),
    ):
        yield sizes


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "matcher": check_matches,
    "containers": check_reading,
    "planted": check_planted,
    "words": check_words,
}
