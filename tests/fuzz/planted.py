"""State what has to be found: a key that a recipe hides, whatever stands around it.

Each input is a recipe: a row of the table of hiding places, what the file is put into, and what
stands before and behind. So the fuzzer learns which surroundings hide a key that is whole.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.allowlist import entries_of
from bedrock_key_guard.scan.containers.reading import Reading, read_file
from bedrock_key_guard.scan.prefilter.protocol import read_chosen, write_chosen
from bedrock_key_guard.scan.prefilter.signatures import container_kind
from tests import archives, boxes
from tests.hiding.places import PLACES
from tests.keysmith import fingerprint_of

AT = WorkTree("box")
# What is larger is slow to read, and what is fuzzed are the surroundings.
_LARGEST = 1 << 14
_PUT: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    lambda data: boxes.zipped({"a": b"-", "b": data}),
    lambda data: boxes.zipped_as_stream({"a": data}),
    lambda data: boxes.tarred({"a": data}),
    gzip.compress,
    lambda data: archives.ar({"a": data}),
    lambda data: archives.cpio({"a": data}),
)
_RECIPE = 4


def recipes() -> Iterator[bytes]:
    """Yield a recipe for each hiding place, in each way to put it."""
    for number in range(len(PLACES)):
        yield number.to_bytes(2, "big") + bytes((number % len(_PUT), 128)) + b"one\ntwo\n"


def check_planted(recipe: bytes) -> None:
    """Find the key of a recipe, or say what was not read; and give the same answer twice."""
    if len(recipe) < _RECIPE:
        return
    place = PLACES[int.from_bytes(recipe[:2], "big") % len(PLACES)]
    hidden = place.hidden().data
    if len(hidden) > _LARGEST:
        return
    put, cut, rest = _PUT[recipe[2] % len(_PUT)], recipe[3], recipe[_RECIPE:]
    before, behind = rest[: len(rest) * cut // 255], rest[len(rest) * cut // 255 :]
    file = _beside(put(hidden), before, behind)
    reading = _read(file)
    assert _read(file) == reading, "the same file gave another answer"
    found = {each.key.fingerprint for each in reading.findings if each.confidence == "exact"}
    said = any(gap.counts or gap.kind == "encrypted" for gap in reading.missed)
    assert fingerprint_of(place.key) in found or said, f"{place.name} was passed in silence"


def _beside(file: bytes, before: bytes, behind: bytes) -> bytes:
    """Put bytes around a file: before one that is no text none, for then it is another file."""
    if container_kind(file) or b"\0" in file:
        return file + behind
    return b"\n".join((before, file, behind))


def _read(file: bytes) -> Reading:
    return read_file(io.BytesIO(file), AT)


def check_words(data: bytes) -> None:
    """Hold parsers of what people and processes write: among any lines a sound entry counts."""
    text = data.decode("utf-8", "replace")
    entry, blob = "0123456789ab" * 2, "5" * 40
    allow, others = entries_of(f"{text}\nfingerprint {entry}  # why\nmissing {blob}  # lost\n")
    assert entry in {each.fingerprint for each in allow.keys}
    assert blob in allow.missing
    assert all(0 < number <= len(text.splitlines()) + 1 for number in others)
    answer = io.BytesIO()
    write_chosen(answer, data[:8], size=len(data))
    assert read_chosen(io.BytesIO(answer.getvalue()), 256) == ([*data[:8]], len(data))
    try:
        chosen = read_chosen(io.BytesIO(data), 9)
    except ValueError:
        return
    assert chosen is None or all(number < 9 for number in chosen[0])
