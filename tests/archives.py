"""Write archives of the kinds that Python has no module for, in memory."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Mapping
from typing import Literal

Members = Mapping[str, bytes]


def ar(members: Members, *, names: Literal["GNU", "BSD"] = "GNU") -> bytes:
    """Write an archive, names of more than 15 characters in either of the two usual ways."""
    table = b"".join(f"{name}/\n".encode() for name in members if len(name) > 15)
    parts = [b"!<arch>\n"]
    if table and names == "GNU":
        parts.append(_ar_member(b"//", table))
    for name, data in members.items():
        if len(name) <= 15:
            parts.append(_ar_member(f"{name}/".encode(), data))
        elif names == "GNU":
            parts.append(_ar_member(b"/%d" % table.index(f"{name}/\n".encode()), data))
        else:
            parts.append(_ar_member(b"#1/%d" % len(name), name.encode() + data))
    return b"".join(parts)


def _ar_member(name: bytes, data: bytes) -> bytes:
    header = b"%-16s%-12d%-6d%-6d%-8d%-10d`\n" % (name, 0, 0, 0, 100644, len(data))
    return header + data + b"\n" * (len(data) % 2)


def deb(data: bytes) -> bytes:
    """Write a Debian package whose second archive is `data`."""
    return ar({"debian-binary": b"2.0\n", "data.tar.gz": data})


def cpio(members: Members, layout: Literal["newc", "odc", "little", "big"] = "newc") -> bytes:
    every = [*members.items(), ("TRAILER!!!", b"")]
    written = b"".join(_cpio_member(name.encode() + b"\0", data, layout) for name, data in every)
    return written + bytes(-len(written) % 512)


def _cpio_member(name: bytes, data: bytes, layout: str) -> bytes:
    if layout == "odc":
        return (
            b"070707"
            + b"%06o" * 7 % ((0o100644,) * 7)
            + b"%011o%06o%011o"
            % (
                0,
                len(name),
                len(data),
            )
            + name
            + data
        )
    if layout == "newc":
        fields = (0, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        header, padding = b"070701" + b"".join(b"%08X" % each for each in fields), 4
    else:
        size = (len(data) >> 16, len(data) & 0xFFFF)
        order = "<" if layout == "little" else ">"
        header = struct.pack(f"{order}13H", 0o070707, *[1] * 9, len(name), *size)
        padding = 2
    start = header + name
    return start + bytes(-len(start) % padding) + data + bytes(-len(data) % padding)


def rpm(members: Members) -> bytes:
    """Write a package: a lead, two headers of one entry, and an archive."""

    def header(store: bytes) -> bytes:
        entry = struct.pack(">4I", 1000, 6, 0, 1)
        return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">2I", 1, len(store)) + entry + store

    lead = b"\xed\xab\xee\xdb\x03\x00" + bytes(90)
    signature = header(b"name\0")
    payload = gzip.compress(cpio(members))
    return lead + signature + bytes(-len(signature) % 8) + header(b"1.0\0") + payload
