"""Write text in every encoding that the scanner undoes, each by a public library or by hand."""

from __future__ import annotations

import base64
import gzip
import quopri
import zlib
from collections.abc import Callable
from urllib.parse import quote

Encoder = Callable[[bytes], bytes]


def every(form: str) -> Encoder:
    """Write every byte in the same way."""
    return lambda data: "".join(form.format(byte) for byte in data).encode()


def split(separator: str, width: int, *, around: str = "") -> Encoder:
    """Cut into parts of `width`."""

    def encode(data: bytes) -> bytes:
        parts = (data[at : at + width] for at in range(0, len(data), width))
        edge = around.encode()
        return edge + separator.encode().join(parts) + edge

    return encode


def based(before: bytes = b"") -> Encoder:
    """Encode with something before it, so that it has another alignment."""
    return lambda data: base64.b64encode(before + data)


# The name in the report, and how to write it.
ENCODERS: dict[str, tuple[str, Encoder]] = {
    "utf-16-le": ("utf-16-le", lambda data: data.decode("latin-1").encode("utf-16-le")),
    "utf-16-be": ("utf-16-be", lambda data: data.decode("latin-1").encode("utf-16-be")),
    "utf-32-le": ("utf-32-le", lambda data: data.decode("latin-1").encode("utf-32-le")),
    "utf-32-be": ("utf-32-be", lambda data: data.decode("latin-1").encode("utf-32-be")),
    "percent throughout": ("percent", every("%{:02X}")),
    "percent in lower case": ("percent", every("%{:02x}")),
    "decimal entities": ("html", every("&#{};")),
    "padded decimal entities": ("html", every("&#{:04};")),
    "hex entities": ("html", every("&#x{:x};")),
    "JSON escapes": ("unicode-escape", every("\\u{:04x}")),
    "long escapes": ("unicode-escape", every("\\U{:08x}")),
    "braced escapes": ("unicode-escape", every("\\u{{{:x}}}")),
    "hex escapes": ("hex-escape", every("\\x{:02x}")),
    "octal escapes": ("octal-escape", every("\\{:03o}")),
    "quoted-printable throughout": ("quoted-printable", every("={:02X}")),
    "base64": ("base64", based()),
    "base64 shifted by one": ("base64", based(b"u")),
    "base64 shifted by two": ("base64", based(b"u:")),
    "base64 of a file": ("base64", based(b"a: b\nkey: ")),
    "URL-safe base64": ("base64url", lambda data: base64.urlsafe_b64encode(b"~~~ ???" + data)),
    "hex": ("hex", lambda data: data.hex().encode()),
    "upper-case hex": ("hex", lambda data: data.hex().upper().encode()),
    "hex with colons": ("hex", lambda data: data.hex(":").encode()),
    "hex with hyphens": ("hex", lambda data: data.hex("-").encode()),
    "hex with spaces": ("hex", lambda data: data.hex(" ").encode()),
    "hex array": ("hex", lambda data: ", ".join(f"0x{byte:02x}" for byte in data).encode()),
}
# What cuts text into parts.
SPLITTERS: dict[str, tuple[str, Encoder]] = {
    "lines": ("wrapped", split("\n", 64)),
    "indented lines": ("wrapped", split("\n    ", 40)),
    "Windows lines": ("wrapped", split("\r\n", 50)),
    "lines of comment": ("wrapped", split("\n# ", 50)),
    "lines of shell": ("wrapped", split("\\\n", 40)),
    "lines of a diff, removed": ("wrapped", split("\n-", 70)),
    "lines of a diff": ("wrapped", split("\n+", 70)),
    "strings of Python": ("concatenated", split('"\n    "', 30, around='"')),
    "bytes of Python": ("concatenated", split("'\n  b'", 21, around="'")),
    "strings added": ("concatenated", split("' + '", 3, around="'")),
    "strings added over lines": ("concatenated", split('" +\n  "', 33, around='"')),
    "strings of Perl": ("concatenated", split("' . '", 25, around="'")),
    "strings of Lua": ("concatenated", split('" .. "', 25, around='"')),
    "strings of Basic": ("concatenated", split('" & _\r\n  "', 25, around='"')),
    "strings of SQL": ("concatenated", split("' || '", 25, around="'")),
    "strings in a list": ("concatenated", split('", "', 50, around='"')),
    "strings of shell": ("concatenated", split("''", 1, around="'")),
    "strings in a template": ("concatenated", split('"}${"', 25, around='"')),
    "strings of a builder": ("concatenated", split('");\nkey.append("', 40, around='"')),
    "strings pushed": ("concatenated", split("');\nkey.push('", 40, around="'")),
    "strings appended": ("concatenated", split('"\nkey += "', 50, around='"')),
    "strings in JSON": ("concatenated", split('\\"\\n",\n   "   \\"', 50, around='\\"')),
}
# What takes two steps, or leaves letters as they are.
OTHERS: dict[str, tuple[tuple[str, ...], Encoder]] = {
    "gzip": (
        ("base64", "gzip"),
        lambda data: base64.b64encode(gzip.compress(b"k=" + data, mtime=0)),
    ),
    "zlib": (("base64", "zlib"), lambda data: base64.b64encode(zlib.compress(b"k=" + data))),
    "fast zlib": (("base64", "zlib"), lambda data: base64.b64encode(zlib.compress(data, 1))),
    "MIME": (("wrapped", "base64"), lambda data: base64.encodebytes(b"Dear all,\n" + data)),
    "MIME, indented": (
        ("wrapped", "base64"),
        lambda data: base64.encodebytes(b"Dear all,\n" + data).replace(b"\n", b"\n    "),
    ),
    "MIME of gzip": (
        ("base64", "gzip"),
        lambda data: base64.encodebytes(gzip.compress(b"k=" + data, mtime=0)),
    ),
    "hex of gzip": (
        ("hex", "gzip"),
        lambda data: gzip.compress(b"k=" + data, mtime=0).hex().encode(),
    ),
    "numbers": (("decimal",), lambda data: ", ".join(map(str, data)).encode()),
    "numbers in lines": (("decimal",), lambda data: ",\n    ".join(map(str, data)).encode()),
    "hex in lines": (("hex",), lambda data: split("\n", 64)(data.hex().encode())),
    "quoted-printable": (("quoted-printable",), lambda data: quopri.encodestring(b"key=" + data)),
    "percent": (("percent",), lambda data: quote(b'"' + data[:9] + b'" + "' + data[9:]).encode()),
    "Docker config": (
        ("base64", "base64"),
        lambda data: base64.b64encode(
            b'{"auths":{"x":{"auth":"' + base64.b64encode(b"AWS:" + data) + b'"}}}'
        ),
    ),
    "PowerShell": (
        ("base64", "utf-16-le"),
        lambda data: base64.b64encode(f'$k="{data.decode()}"'.encode("utf-16-le")),
    ),
}
