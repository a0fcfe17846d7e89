"""Write bytes in every encoding that the scanner undoes: each a step that keeps track of the key.

A new encoding is one row of a table here; `places.py` then pairs it with others by itself.
"""

from __future__ import annotations

import base64
import gzip
import quopri
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from tests.hiding.hidden import Hidden, Step, text

Encode = Callable[[bytes], bytes]
WRAPPED, CONCATENATED = "wrapped", "concatenated"
# These are undone together, in one pass, and then named in the order in which they stand.
_ONE_PASS = frozenset(
    "percent html unicode-escape hex-escape octal-escape backslash quoted-printable".split()
)


def letters(name: str, form: str) -> Step:
    """Write every byte in the same form."""
    return by_letter(name, lambda data: "".join(form.format(byte) for byte in data).encode())


def by_letter(name: str, encode: Encode) -> Step:
    """Encode so that what stands before the key does not depend on what follows."""

    def step(hidden: Hidden) -> Hidden:
        begun = hidden.data[: hidden.at + 1]
        return replace(
            hidden,
            data=encode(hidden.data),
            at=len(encode(begun)) - len(encode(begun[-1:])),
            encodings=(name, *hidden.encodings),
        )

    return step


def only(name: str, form: str, *at: int) -> Step:
    """Escape some bytes of the key and leave the others."""

    def step(hidden: Hidden) -> Hidden:
        escaped = {hidden.at + index for index in at}
        parts = (
            form.format(byte).encode() if index in escaped else bytes([byte])
            for index, byte in enumerate(hidden.data)
        )
        return replace(hidden, data=b"".join(parts), encodings=(name, *hidden.encodings))

    return step


def wide(codec: str, *, mark: bool = False) -> Step:
    """Write in UTF-16 or UTF-32, with a byte order mark or without."""
    width = 2 if "16" in codec else 4
    bom = "\ufeff".encode(codec) if mark else b""
    return lambda hidden: replace(
        hidden,
        data=bom + hidden.data.decode("latin-1").encode(codec),
        at=len(bom) + width * hidden.at,
        encodings=(codec, *hidden.encodings),
    )


def based(before: bytes = b"", *, line: int = 0, name: str = "base64", newline: str = "\n") -> Step:
    """Write in base64, with something before it for another alignment, or in lines."""
    encode = base64.urlsafe_b64encode if name == "base64url" else base64.b64encode

    def step(hidden: Hidden) -> Hidden:
        encoded, at = encode(before + hidden.data), (len(before) + hidden.at) * 4 // 3
        names = (name, *hidden.encodings)
        if line:
            lines = (encoded[begin : begin + line] for begin in range(0, len(encoded), line))
            encoded, at = newline.encode().join(lines), at + at // line * len(newline)
            names = (WRAPPED, *names)
        return replace(hidden, data=encoded, at=at, encodings=names)

    return step


def packed(name: str, compress: Encode) -> Step:
    """Compress: all of it stands where the stream begins."""
    return lambda hidden: replace(
        hidden, data=compress(hidden.data), at=0, encodings=(name, *hidden.encodings)
    )


def _stored(hidden: Hidden) -> Hidden:
    """Let zlib store without compressing: it can be read as it stands."""
    data = zlib.compress(hidden.data, 0)
    return replace(hidden, data=data, at=data.index(hidden.data) + hidden.at)


def split(name: str, separator: str, width: int, around: str = "") -> Step:
    """Cut into parts of `width`, and put `around` all of it what begins and ends a part.

    Without a name it goes unmentioned: lines of hex are hex.
    """
    between, edge = separator.encode(), around.encode()

    def step(hidden: Hidden) -> Hidden:
        parts = (hidden.data[begin : begin + width] for begin in range(0, len(hidden.data), width))
        outer, inner = hidden.encodings[:1], hidden.encodings[1:]
        together = bool(set(outer) & _ONE_PASS)
        names = (*outer, name, *inner) if together else (name, *hidden.encodings)
        return replace(
            hidden,
            data=edge + between.join(parts) + edge,
            at=len(edge) + hidden.at + hidden.at // width * len(between),
            encodings=tuple(filter(None, names)),
        )

    return step


def split_at(name: str, separator: str, *at: int) -> Step:
    """Cut the key after so many letters."""

    def step(hidden: Hidden) -> Hidden:
        edges = (0, *at, len(hidden.data))
        parts = (hidden.data[begin:end] for begin, end in pairwise(edges))
        return replace(
            hidden, data=separator.encode().join(parts), encodings=(name, *hidden.encodings)
        )

    return step


def _quoted_printable(hidden: Hidden) -> Hidden:
    return replace(
        hidden,
        data=quopri.encodestring(hidden.data),
        at=len(quopri.encodestring(hidden.data[: hidden.at])),
        encodings=("quoted-printable", *hidden.encodings),
    )


def words(kind: str, size: int, fold: str) -> Step:
    """Write encoded words of a mail's header, each for so many bytes."""

    def encoded(data: bytes) -> bytes:
        if kind == "B":
            return base64.b64encode(data)
        return quopri.encodestring(data, header=True).replace(b"=\n", b"").replace(b"?", b"=3F")

    def joined(data: bytes) -> bytes:
        parts = (data[begin : begin + size] for begin in range(0, len(data), size))
        return fold.encode().join(b"=?utf-8?%b?%b?=" % (kind.encode(), encoded(p)) for p in parts)

    def step(hidden: Hidden) -> Hidden:
        first, column = divmod(hidden.at, size)
        begun = hidden.data[first * size : hidden.at]
        before = len(joined(hidden.data[: first * size])) + len(fold) * bool(first)
        inside = column * 4 // 3 if kind == "B" else len(encoded(begun + b"A")) - 1
        return replace(
            hidden,
            data=joined(hidden.data),
            at=before + len("=?utf-8?B?") + inside,
            encodings=("encoded-word", *hidden.encodings),
        )

    return step


# A key in a header of a mail.
WORDS: dict[str, Step] = {
    f"encoded words, {kind}, {name}": words(kind, size, fold)
    for kind in "BQ"
    for name, size, fold in (("folded", 45, "\r\n "), ("in a line", 40, " "))
}
# What stands for single letters, each of them written so.
ESCAPES: dict[str, Step] = {
    "percent": letters("percent", "%{:02X}"),
    "percent in lower case": letters("percent", "%{:02x}"),
    "decimal entities": letters("html", "&#{};"),
    "padded entities": letters("html", "&#{:04};"),
    "hex entities": letters("html", "&#x{:x};"),
    "JSON escapes": letters("unicode-escape", "\\u{:04x}"),
    "JSON escapes in capitals": letters("unicode-escape", "\\u{:04X}"),
    "braced escapes": letters("unicode-escape", "\\u{{{:x}}}"),
    "long escapes": letters("unicode-escape", "\\U{:08x}"),
    "hex escapes": letters("hex-escape", "\\x{:02x}"),
    "octal escapes": letters("octal-escape", "\\{:03o}"),
    "quoted-printable throughout": letters("quoted-printable", "={:02X}"),
}
WIDES: dict[str, Step] = {
    codec: wide(codec) for codec in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
}
# What encodes a text as a whole.
BLOCKS: dict[str, Step] = {
    "base64": based(),
    "base64 one further": based(b"u"),
    "base64 two further": based(b"u:"),
    "base64 of a file": based(b"user: x\npassword: "),
    "base64url": based(b"~~~ ???", name="base64url"),
    "hex": by_letter("hex", lambda data: data.hex().encode()),
    "hex in capitals": by_letter("hex", lambda data: data.hex().upper().encode()),
    "hex with colons": by_letter("hex", lambda data: data.hex(":").encode()),
    "hex with hyphens": by_letter("hex", lambda data: data.hex("-").encode()),
    "hex with spaces": by_letter("hex", lambda data: data.hex(" ").encode()),
}
PACKED: dict[str, tuple[Step, ...]] = {
    "gzip in base64": (
        text("k="),
        packed("gzip", lambda data: gzip.compress(data, mtime=0)),
        based(),
    ),
    "zlib in base64": (text("k="), packed("zlib", zlib.compress), based()),
    "fast zlib in base64": (packed("zlib", lambda data: zlib.compress(data, 1)), based()),
    "stored zlib in base64": (_stored, based()),
    "gzip in MIME": (
        text("k="),
        packed("gzip", lambda data: gzip.compress(data, mtime=0)),
        based(line=76),
    ),
    "gzip in short lines": (
        text("k="),
        packed("gzip", lambda data: gzip.compress(data, mtime=0)),
        based(line=40, newline="\n  "),
    ),
    "zlib in lines": (text("k="), packed("zlib", zlib.compress), based(line=64)),
    "gzip in hex": (
        text("k="),
        packed("gzip", lambda data: gzip.compress(data, mtime=0)),
        BLOCKS["hex"],
    ),
}
# What cuts a text into parts.
SPLITS: dict[str, Step] = {
    "lines": split(WRAPPED, "\n", 64),
    "indented lines": split(WRAPPED, "\n      ", 40),
    "Windows lines": split(WRAPPED, "\r\n", 50),
    "lines of comment": split(WRAPPED, "\n# ", 50),
    "lines of a block comment": split(WRAPPED, "\n * ", 50),
    "lines of a diff": split(WRAPPED, "\n+", 70),
    "lines of a diff, removed": split(WRAPPED, "\n-", 70),
    "lines of a quoted mail": split(WRAPPED, "\n> ", 60),
    "continued lines": split(WRAPPED, "\\\n", 40),
    "continued and indented": split(WRAPPED, "\\\n    ", 40),
    "continued in a batch file": split(WRAPPED, "^\r\n", 40),
    "soft line breaks": split("quoted-printable", "=\n", 70),
    "Python, implicit": split(CONCATENATED, '"\n    "', 30, '"'),
    "Python, implicit, one line": split(CONCATENATED, "' '", 30, "'"),
    "Python, bytes": split(CONCATENATED, "'\n  b'", 21, "'"),
    "Python, raw": split(CONCATENATED, '" r"', 30, '"'),
    "Python, templates": split(CONCATENATED, '" f"', 30, '"'),
    "Python, continued": split(CONCATENATED, '" \\\n    "', 30, '"'),
    "Python, added": split(CONCATENATED, "' + '", 9, "'"),
    "Python, appended": split(CONCATENATED, '"\nkey += "', 50, '"'),
    "JavaScript, added": split(CONCATENATED, '" +\n  "', 33, '"'),
    "JavaScript, added in front": split(CONCATENATED, "'\n  + '", 33, "'"),
    "JavaScript, templates": split(CONCATENATED, "` + `", 33, "`"),
    "JavaScript, concat": split(CONCATENATED, '".concat("', 33, '"'),
    "Java, a builder": split(CONCATENATED, '");\n    key.append("', 33, '"'),
    "Java, a chain": split(CONCATENATED, '").append("', 33, '"'),
    "JavaScript, pushed": split(CONCATENATED, "');\nkey.push('", 33, "'"),
    "Python, literals in a template": split(CONCATENATED, "'}{'", 33, "'"),
    "Jinja": split(CONCATENATED, "' ~ '", 33, "'"),
    "JavaScript, literals in a template": split(CONCATENATED, '"}${"', 33, '"'),
    "in a list": split(CONCATENATED, '", "', 50, '"'),
    "in a list, line by line": split(CONCATENATED, "',\n  '", 50, "'"),
    "with comments between": split(CONCATENATED, '"  # one\n  "', 50, '"'),
    "PHP and Perl": split(CONCATENATED, "' . '", 25, "'"),
    "Lua": split(CONCATENATED, '" .. "', 25, '"'),
    "Basic": split(CONCATENATED, '" & _\r\n  "', 25, '"'),
    "SQL": split(CONCATENATED, "' || '", 25, "'"),
    "Haskell": split(CONCATENATED, '" ++ "', 25, '"'),
    "Elixir": split(CONCATENATED, '" <> "', 25, '"'),
    "R, OCaml": split(CONCATENATED, '" ^ "', 25, '"'),
    "C++ streams": split(CONCATENATED, '" << "', 25, '"'),
    "Kotlin, Swift": split(CONCATENATED, '"\n    + "', 25, '"'),
    "Ruby, appended": split(CONCATENATED, '"\nkey << "', 25, '"'),
    "PHP, appended": split(CONCATENATED, "';\n$key .= '", 25, "'"),
    "shell, quotes in a word": split(CONCATENATED, "''", 1, "'"),
    "shell, quotes of both kinds": split(CONCATENATED, "'\"\"'", 20, "'"),
    "shell, quoted in parts": split(CONCATENATED, '"\\\n"', 40, '"'),
    "PowerShell": split(CONCATENATED, '" +`\r\n "', 40, '"'),
    "JSON of a notebook": split(CONCATENATED, '\\"\\n",\n   "   \\"', 50, '\\"'),
    "C, joined": split(CONCATENATED, '"\n\t"', 60, '"'),
    "C, wide": split(CONCATENATED, '" L"', 60, '"'),
    "Go, added": split(CONCATENATED, '" +\n\t\t"', 60, '"'),
    "Terraform, join": split(CONCATENATED, '",\n    "', 40, '"'),
}
# What nobody sees between the parts of a key.
MARKS: dict[str, Step] = {
    "colours of a terminal": split("terminal", "\x1b[m\x1b[K", 30),
    "links of a terminal": split("terminal", "\x1b]8;;\x1b\\", 30),
    "bold letters of HTML": split("html", "</b><b>", 30),
    "places to break in HTML": split("html", "<wbr>", 20),
    "spans of a highlighter": split("html", '</span><span class="s1">', 40),
    "comments of HTML": split("html", "<!-- -->", 40),
    "soft hyphens of HTML": split("html", "&shy;", 20),
    "zero-width spaces of HTML": split("html", "&#8203;", 20),
    "soft hyphens": split("invisible", "\N{SOFT HYPHEN}", 20),
    "zero-width spaces": split("invisible", "\N{ZERO WIDTH SPACE}", 20),
    "zero-width spaces of JSON": split("unicode-escape", "\\u200b", 20),
    "no-break spaces": split("invisible", "\N{NO-BREAK SPACE}", 20),
    "tabs": split("invisible", "\t", 20),
    "bold letters of Markdown": split("markdown", "**", 20),
    "hyphenation of LaTeX": split("latex", "\\-", 20),
    "places to break in LaTeX": split("latex", "\\allowbreak{}", 20),
}
# Two in a row, or one with letters left as they are.
SPECIAL: dict[str, tuple[Step, ...]] = {
    "quoted-printable": (text("key=", ""), _quoted_printable),
    "MIME": (based(b"Dear all,\n\nthe key is ", line=76),),
    "MIME with Windows lines": (based(b"Dear all,\n", line=76, newline="\r\n"),),
    "PEM": (based(b"Dear all,\n", line=64),),
    "hex in lines": (BLOCKS["hex"], split("", "\n", 64)),
    "in the middle of a PowerShell command": (
        text('$k="', '"'),
        wide("utf-16-le"),
        based(),
    ),
}
# One letter of the prefix, or a few anywhere.
FEW: dict[str, Step] = {
    "one letter as a JSON escape": only("unicode-escape", "\\u{:04x}", 0),
    "one letter as an entity": only("html", "&#{};", 0),
    "one letter in percent": only("percent", "%{:02X}", 1),
    "one letter as a hex escape": only("hex-escape", "\\x{:02x}", 2),
    "one letter in octal": only("octal-escape", "\\{:03o}", 3),
    "a letter of the body": only("unicode-escape", "\\u{:04x}", 77),
    "three letters anywhere": only("percent", "%{:02x}", 2, 31, 90),
    "the prefix in entities": only("html", "&#x{:x};", 0, 1, 2, 3),
    "the prefix in percent": only("percent", "%{:02X}", 0, 1, 2, 3),
    "the prefix in JSON escapes": only("unicode-escape", "\\u{:04X}", 0, 1, 2, 3),
    "every ninth letter": only("percent", "%{:02x}", *range(0, 100, 9)),
}
PREFIX_SPLITS: dict[str, Step] = {
    f"{glue!r} after {at}": split_at(CONCATENATED, glue, *at)
    for glue in ('" + "', "' '", '" "', '".concat("', "'\n  + '", '" .. "', "' || '")
    for at in ((1,), (2,), (3,), (1, 2, 3), (4,))
}
