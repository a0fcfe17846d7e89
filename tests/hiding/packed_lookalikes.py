"""List what only looks like a key and is compressed, or only looks as if it were."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import shake_256

from tests import records
from tests.hiding.hidden import hide, text
from tests.hiding.streams import IN_FILES, PACKERS

_SIGNATURES: Mapping[str, bytes] = {
    "zip": b"PK\x03\x04",
    "gzip": b"\x1f\x8b\x08\0",
    "bzip2": b"BZh91AY&SY",
    "xz": b"\xfd7zXZ\0\0\x04",
    "zstd": b"\x28\xb5\x2f\xfd\x24",
    "zlib": b"x\x9c",
    "LZMA": b"]\0\0\x80\0" + b"\xff" * 8 + b"\0",
    "PDF": b"%PDF-1.7\n",
    "SQLite": b"SQLite format 3\0",
    "ar": b"!<arch>\n",
    "wasm": b"\0asm\1\0\0\0",
    "woff": b"wOFF\0\1\0\0",
    "HDF5": b"\x89HDF\r\n\x1a\n",
    "pcap": b"\xd4\xc3\xb2\xa1\2\0\4\0",
    "LZ4": b"\x04\x22\x4d\x18\x60\x40\x82",
    "Snappy": b"\xff\x06\0\0sNaPpY",
    "LZF": b"ZV\1\0\x20\0\x40",
    "Avro": b"Obj\1\0",
    "ORC": b"ORC\0\0\0",
    "Parquet": b"PAR1\x15\0",
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
}
_RECORDS: Mapping[str, records.Encode] = {
    "Avro": records.avro,
    "ORC": records.orc,
    "Parquet": records.parquet,
    "LevelDB": records.leveldb,
    "LZF": records.lzf_blocks,
}
_WORDS = ("<diagram id='a'>", "SAMLRequest=", "gzinflate(base64_decode('", "DeflateStream('")


def _noise(name: str, size: int) -> bytes:
    return shake_256(name.encode()).digest(size)


def _contents(prose: Sequence[str], rules: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield texts of each kind, as the peers of a key."""
    many = [_noise(f"many {each}", 64) for each in range(40)]
    yield "prose", "\n".join(prose).encode()
    yield "rules", "\n".join(rules).encode()
    yield "certificate", base64.encodebytes(_noise("certificate", 1200))
    signed = "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261102%2Fus-east-1%2Fs3%2Faws4_request"
    yield (
        "presigned",
        b"\n".join(
            f"https://b.s3.amazonaws.com/?{signed}&X-Amz-Signature={each[:32].hex()}".encode()
            for each in many
        ),
    )
    yield "minified", b"".join(b"function a%d(b){return'ABSK'+b*%d}" % (n, n) for n in range(500))
    yield "log", b"\n".join(b"DEBUG key=ABSK... signed %b" % each.hex().encode() for each in many)
    sums = [base64.b64encode(each).decode() for each in many]
    locked = {"packages": [{"integrity": f"sha512-{each}"} for each in sums]}
    yield "lock file", json.dumps(locked).encode()
    yield "noise", _noise("noise", 5000)


def rows(prose: Sequence[str], rules: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield cases: what packers make of each kind of text, and what only begins as they do."""
    contents = dict(_contents(prose, rules))
    for kind, content in contents.items():
        for name, (_, pack) in PACKERS.items():
            packed = pack(content)
            yield f"{kind} in {name} in base64", b"data: " + base64.b64encode(packed) + b"\n"
            yield f"{kind} in {name} in a file", b"\0\1\2\3" + _noise(name, 900) + packed
        for name, step in IN_FILES.items():
            yield f"{kind}: {name}", hide("ABSK", text(content), step).data
        for name, write in _RECORDS.items():
            yield f"{kind} in {name}", write(content)
        lines = content.replace(b"\n", b"\x1b[m\n\x1b[32m+ ABSK")
        yield f"{kind} in coloured lines", b"\x1b[32m+ " + lines
        yield f"{kind} in colours", content.replace(b"A", b"\x1b[31mA\x1b[m")
    for name, signature in _SIGNATURES.items():
        noise = signature + _noise(name, 3000)
        yield f"noise that begins as {name}, inside", b"\0" + _noise("before", 500) + noise
        yield f"noise that begins as {name}, in base64", base64.b64encode(noise)
        yield f"noise that begins as {name}, in lines", base64.encodebytes(noise)
        yield f"{name} again and again", b"\0" + (signature + b"\0") * 300
    for word in _WORDS:
        yield f"noise behind {word}", word.encode() + base64.b64encode(_noise(word, 900))
        yield f"zeros behind {word}", word.encode() + b"A" * 900
    yield "patch of noise", b"GIT binary patch\nliteral 52\nz" + b"c$|ee" * 13 + b"\n\n"
    yield (
        "wasm with streams",
        b"\0asm\1\0\0\0"
        + b"".join(struct.pack("<I", n) + zlib.compress(_noise(str(n), 99)) for n in range(40)),
    )
