"""Make what fuzzing starts from: made-up keys in every hiding place, and what looks like one."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from functools import cache

from bedrock_key_guard.scan.prefilter.signatures import container_kind
from tests import archives, boxes
from tests.fuzz.planted import recipes
from tests.keysmith import long_term

KEY = long_term("bob").encode()
WORDS = (
    b"# ours\nfingerprint 0123456789ab path=docs/*.md until=2027-01-31  # shown\n"
    b"missing 5555555555555555555555555555555555555555\nunread vendor/*.7z packed so\n"
)
TEXT = b"first\nkey = " + KEY + b"\n"


def seeds(target: str) -> Iterator[bytes]:
    """Yield files for a target: every place for the matcher, containers for their readers.

    What has to be found is planted by recipes, in which little stands around it at first.
    """
    if target == "matcher":
        yield from _everything()
    elif target == "planted":
        yield from recipes()
    elif target == "words":
        yield from (WORDS, *_everything())
    else:
        yield from filter(container_kind, _everything())
        yield from _archives()


@cache
def _everything() -> list[bytes]:
    from tests.hiding.lookalikes import LOOK_ALIKES  # which are made when they are imported
    from tests.hiding.places import PLACES

    return [place.hidden().data for place in PLACES] + [each.data for each in LOOK_ALIKES]


def _archives() -> Iterator[bytes]:
    members = {"first": b"-" * 99, "a/long/name/of/a/member": TEXT}
    yield archives.ar(members)
    yield archives.ar(members, names="BSD")
    yield archives.deb(boxes.tarred(members, "w:gz"))
    yield archives.cpio(members)
    yield archives.cpio(members, "odc")
    yield archives.cpio(members, "little")
    yield archives.cpio(members, "big")
    yield archives.rpm(members)
    yield lzma.compress(TEXT, lzma.FORMAT_ALONE)
    yield b"MZ" + bytes(99) + boxes.zipped(members)
    yield boxes.encrypted(members)
    yield boxes.pdf(TEXT, filters="[/ASCIIHexDecode /LZWDecode]")
    yield boxes.pdf(TEXT, filters="[/ASCII85Decode /RunLengthDecode]")
    yield boxes.pack(TEXT)
    yield boxes.pack(TEXT, "sha256")
    yield boxes.bundle(TEXT, since=True)
    yield boxes.sqlite("-" * 2000 + KEY.decode(), TEXT, page_size=512)
