"""Write small files that would cost whoever opens them dearly, in time, memory or depth."""

from __future__ import annotations

import base64
import gzip
import struct
import zipfile
from hashlib import shake_256

from tests import boxes

_ESCAPED = b"\\A\\B\\S\\K"


def keys_in_one_stream(count: int) -> bytes:
    """Compress made-up keys together: each of them stands where all the others do."""
    return base64.b64encode(gzip.compress(b"\n".join(map(_made_up, range(count))), 9))


def _made_up(number: int) -> bytes:
    secret = "A" * 54 + base64.b64encode(struct.pack(">I", number << 8))[:5].decode() + "="
    return b"ABSK" + base64.b64encode(f"u-at-111122223333:{secret}".encode())


def escapes(megabytes: int, streams: int = 1) -> bytes:
    """Compress letters that are all escaped, no two megabytes alike, and write that as base64."""
    size = (1 << 20) // len(_ESCAPED)
    return b"\n!\n".join(
        base64.b64encode(
            gzip.compress(
                b"".join(
                    shake_256(b"%d %d" % (stream, each)).hexdigest(8).encode() + _ESCAPED * size
                    for each in range(megabytes)
                ),
                9,
            )
        )
        for stream in range(streams)
    )


def zip_of_zips(count: int = 4) -> bytes:
    """Pack zips full of what unpacks to escapes: 50 KB would grow to 480 MB."""
    text = escapes(1, streams=3)
    inner = boxes.zipped({f"{each}.txt": text for each in range(40)})
    return boxes.zipped({f"{each}.zip": inner for each in range(count)}, zipfile.ZIP_STORED)


def filters_upon_filters() -> bytes:
    """Write a document in which a stream has as many filters as fit: each is a call in a call."""
    filters = b"/RL" * 170
    head = b"%PDF-1.7\n1 0 obj\n<< /Filter [" + filters + b"] >>\nstream\n"
    return head + b"-" * 99 + b"\nendstream\nendobj\n%%EOF\n"
