"""List the places in files where a key can hide: a new case is one row.

A row is a name, a file name, and the steps that hide the key, the innermost first. Where it has to
be found follows from the steps. Every row has keys of its own, by which a report is told apart.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from zlib import crc32

from tests.hiding.dumps import ARRAYS, DUMPS, dump
from tests.hiding.encodings import (
    BLOCKS,
    CONCATENATED,
    ESCAPES,
    FEW,
    MARKS,
    PACKED,
    PREFIX_SPLITS,
    SPECIAL,
    SPLITS,
    WIDES,
    WORDS,
    WRAPPED,
    based,
    letters,
    split,
    wide,
)
from tests.hiding.files import ALONE, BOXES, FILES
from tests.hiding.hidden import BOTH, FAMILIES, LONG, Hidden, Step, hide, key_of, text
from tests.hiding.streams import IN_FILES, IN_TEXT, LINES

Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Hold one case: what it is called, its path in a tree, its key, and how that is hidden."""

    name: str
    path: str
    key: str
    steps: Steps

    def hidden(self) -> Hidden:
        return hide(self.key, *self.steps)


def place(name: str, file: str, steps: Steps, family: str = LONG) -> Place:
    name = name if family == LONG else f"{name}, {family.removeprefix('bedrock-')}"
    folder = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    path = f"{folder}-{crc32(name.encode()):08x}/{file}"
    return Place(name, path, key_of(name, family), steps)


def decoded(hidden: Hidden) -> Hidden:
    """Decode a long-term key, as people do who look into it."""
    plain = base64.b64decode(hidden.data[len("ABSK") :])
    return replace(hidden, data=plain, encodings=("decoded",))


_YAML = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n"
_MAIL = "From: a@example.com\nMIME-Version: 1.0\nContent-Transfer-Encoding: "
_NOTEBOOK = '{"cells": [{"cell_type": "code", "source": [\n  "import os\\n",\n  "'
# As people and programs write files.
WRITTEN: tuple[tuple[str, str, Steps], ...] = (
    ("environment file", ".env", (text("REGION=us-east-1\nAWS_BEARER_TOKEN_BEDROCK="),)),
    ("hidden file", ".config/.hidden", (text("token "),)),
    ("shell export", "run.sh", (text("#!/bin/sh\nexport A='", "'; run\n"),)),
    ("batch file", "set.bat", (text("@echo off\r\nset A=", "\r\n"),)),
    ("Python", "settings.py", (text('import os\n\nKEY = "', '"\n'),)),
    ("call without a space", "lone.py", (text('client = Client(api_key="', '")\n'),)),
    ("JavaScript", "client.js", (text("new Client({ apiKey: `", "` });\n"),)),
    ("minified JavaScript", "app.min.js", (text(f"var a={'[0,1],' * 20_000}k='", "',b=1\n"),)),
    ("source map", "app.js.map", (text('{"version":3,"sourcesContent":["k=\\"', '\\""]}\n'),)),
    ("lock file", "poetry.lock", (text('[[package]]\ntoken = "', '"\n'),)),
    ("style sheet", "style.css", (text("/* ", " */\n"),)),
    ("picture in XML", "logo.svg", (text("<svg><desc>", "</desc></svg>\n"),)),
    ("YAML", "config.yaml", (text("app:\n  keys:\n    - "),)),
    ("YAML comment", "old.yaml", (text("a: b\n# old: "),)),
    (
        "YAML literal block",
        "block.yaml",
        (text("run: |\n  set -e\n\n  curl -H 'k: ", "'\nb: c\n"),),
    ),
    (
        "YAML folded block",
        "folded.yaml",
        (split(WRAPPED, "\n    ", 60), text("token: >-\n    ", "\nb: c\n")),
    ),
    (
        "YAML literal block of lines",
        "lines.yaml",
        (split(WRAPPED, "\n    ", 60), text("token: |-\n    ", "\nb: c\n")),
    ),
    (
        "YAML quoted and continued",
        "quoted.yaml",
        (split(WRAPPED, "\\\n    ", 60), text('token: "', '"\nb: c\n')),
    ),
    ("YAML quoted and folded", "flow.yaml", (split(WRAPPED, "\n    ", 60), text('t: "', '"\n'))),
    ("JSON", "config.json", (text('{"region": "us-east-1", "apiKey": "', '"}\n'),)),
    ("JSON in JSON", "event.json", (text('{"body": "{\\"apiKey\\": \\"', '\\"}"}\n'),)),
    ("JSON with escaped slashes", "slash.json", (text('{"a": "https:\\/\\/x\\/', '"}\n'),)),
    ("notebook", "demo.ipynb", (text(_NOTEBOOK + 'os.environ[\\"A\\"] = \\"', '\\"\\n"]}]}\n'),)),
    ("notebook's output", "out.ipynb", (text('{"outputs": [{"text": ["a\\n", "', '\\n"]}]}\n'),)),
    ("TOML", "pyproject.toml", (text("[tool.app]\n# "),)),
    ("INI", "app.ini", (text("[app]\n; before: "),)),
    ("properties", "app.properties", (text("app.token="),)),
    ("console's download", "key.csv", (text("API key name,API key\r\nkey-1,", "\r\n"),)),
    ("Dockerfile", "Dockerfile", (text("FROM python:3\nENV A=", " B=c\n"),)),
    (
        "Dockerfile, continued",
        "Dockerfile",
        (text("FROM x\nENV A=b \\\n    C=", " \\\n    D=e\n"),),
    ),
    ("Makefile", "Makefile", (text("run:\n\tTOKEN="),)),
    ("Terraform", "main.tf", (text('variable "token" {\n  default = "', '"\n}\n'),)),
    (
        "Terraform here-document",
        "user.tf",
        (text("user_data = <<-EOT\n    a\n    k=", "\n    EOT\n"),),
    ),
    (
        "Terraform here-document, continued",
        "user.tf",
        (split(WRAPPED, "\\\n", 50), text("user_data = <<-EOT\n    export k=", "\n    EOT\n")),
    ),
    ("here-document", "deploy.sh", (text("cat > .env <<'EOF'\nA=b\nTOKEN=", "\nEOF\n"),)),
    ("indented here-document", "deploy.sh", (text("cat <<-EOF\n\tA=b\n\tTOKEN=", "\n\tEOF\n"),)),
    (
        "here-document, continued",
        "deploy.sh",
        (split(WRAPPED, "\\\n", 40), text("cat > .env <<EOF\nTOKEN=", "\nEOF\n")),
    ),
    (
        "here-document of base64",
        "deploy.sh",
        (text("TOKEN="), based(line=76), text("base64 -d <<EOF\n", "\nEOF\n")),
    ),
    ("HTTP request", "a.http", (text("GET / HTTP/1.1\r\nAuthorization: Bearer ", "\r\n\r\n"),)),
    ("URL", "url.txt", (text("https://example.com/?token=", "%3D&region=x\n"),)),
    ("HTML", "page.html", (text("<p data-key=", "&#61;>&quot;</p>\n"),)),
    ("XML comment", "config.xml", (text("<config>\n\t<!--", "-->\n</config>\n"),)),
    ("Markdown", "notes.md", (text("Use **", "** please.\n"),)),
    ("diff", "change.diff", (text("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-KEY="),)),
    ("log", "app.log", (text("2026-11-02 09:30 DEBUG token=", "; user=bob\n"),)),
    ("SQL dump", "dump.sql", (text("INSERT INTO t VALUES (1,'", "'),(2,'x');\n"),)),
    ("no line break at all", "key", ()),
    ("UTF-8 with a mark", "bom.txt", (text("\ufeffkey="),)),
    ("UTF-8 beyond ASCII", "ja.txt", (text("日本語のキー: ", "、以上\n"),)),
    ("Latin-1", "latin-1.txt", (text("clé=".encode("latin-1")),)),
    ("text of Windows", "crlf.txt", (text("one\r\ntwo\r\nkey: ", "\r\n"),)),
    ("program", "program", (text(b"\x7fELF\x02\x01\0\xff\xfe", b"\0\x80\n\xff"),)),
    ("memory image", "core", (text(bytes(5000) + b"\n\xff", bytes(5000)),)),
    (
        "program for Windows",
        "a.exe",
        (wide("utf-16-le"), text(b"MZ\x90\0\x03\0" + bytes(40), bytes(9))),
    ),
    ("UTF-16 LE with a mark", "a.txt", (text("a=b\r\nk="), wide("utf-16-le", mark=True))),
    ("UTF-16 BE with a mark", "a.txt", (text("a=b\r\nk="), wide("utf-16-be", mark=True))),
    ("UTF-16 LE", "a.txt", (text("a=b\n\nk="), wide("utf-16-le"))),
    ("UTF-16 BE", "a.txt", (text("a=b\n\nk="), wide("utf-16-be"))),
    ("UTF-32 LE with a mark", "a.txt", (text("a=b\nk="), wide("utf-32-le", mark=True))),
    ("UTF-32 BE", "a.txt", (text("a=b\nk="), wide("utf-32-be"))),
    ("Kubernetes Secret", "secret.yaml", (based(), text(f"{_YAML}data:\n  token: "))),
    ("Kubernetes Secret, a line", "secret.yaml", (text(), based(), text(f"{_YAML}data:\n  t: "))),
    ("Kubernetes Secret, plain", "plain.yaml", (text(f"{_YAML}stringData:\n  token: "),)),
    (
        "Docker config",
        "config.json",
        (text("AWS:", ""), based(), text('{"auths": {"x": {"auth": "', '"}}}\n')),
    ),
    (
        "Docker config in a Secret",
        "pull.yaml",
        (
            text("AWS:", ""),
            based(),
            text('{"auths": {"x": {"auth": "', '"}}}'),
            based(),
            text(f"{_YAML}data:\n  .dockerconfigjson: "),
        ),
    ),
    (
        "Authorization: Basic",
        "call.sh",
        (text("user:", ""), based(), text("curl -H 'Authorization: Basic ", "' x\n")),
    ),
    (
        "JSON web token",
        "jwt.txt",
        (text('{"k":"', '"}'), based(), text("eyJhbGciOiJub25lIn0.", ".c2ln\n")),
    ),
    ("data URI", "page.html", (text("k="), based(), text('<a href="data:a/b;base64,', '">\n'))),
    (
        "Helm release",
        "release.yaml",
        (
            text('{"config":{"token":"', '"}}'),
            *PACKED["gzip in base64"][1:],
            based(),
            text(f"{_YAML}data:\n  release: "),
        ),
    ),
    (
        "cloud-init",
        "main.tfstate",
        (
            text("#cloud-config\nk: "),
            *PACKED["gzip in base64"][1:],
            text('{\n  "user_data_base64": "', '"\n}\n'),
        ),
    ),
    (
        "PowerShell command",
        "run.cmd",
        (text("$k='", "'"), wide("utf-16-le"), based(), text("powershell -enc ")),
    ),
    (
        "mail in base64",
        "mail.eml",
        (text("Dear all,\r\n\r\nkey: ", "\r\n"), based(line=76), text(f"{_MAIL}base64\n\n")),
    ),
    (
        "mail, quoted-printable",
        "mail.eml",
        (*SPECIAL["quoted-printable"], text(f"{_MAIL}quoted-printable\n\n")),
    ),
    ("escaped twice", "twice.url", (letters("percent", "%{:02x}"), letters("percent", "%{:02x}"))),
    (
        "registry export",
        "keys.reg",
        (
            wide("utf-16-le"),
            ARRAYS["registry value"],
            text('Windows Registry Editor\r\n\r\n"k"=hex(1):', "\r\n"),
        ),
    ),
)
_DECODED: tuple[tuple[str, str, Steps], ...] = (
    ("decoded", "a.txt", (decoded, text("key: "))),
    ("decoded, quoted", "a.py", (decoded, text('KEY = "', '"\n'))),
    ("decoded, in UTF-16", "a.txt", (decoded, text("key: "), wide("utf-16-le"))),
    ("decoded, in base64", "a.txt", (decoded, text("password: "), based(), text("data: "))),
    ("decoded, in a zip", "a.zip", (decoded, text("key: "), BOXES["zip"])),
    ("decoded, in percent", "a.txt", (decoded, letters("percent", "%{:02x}"), text("key: "))),
)


def _headers() -> Iterator[Place]:
    before = text("From: a@example.com\r\nSubject: ", "\r\n\r\n")
    for (name, step), family in product(WORDS.items(), BOTH):
        yield place(name, "mail.eml", (text("key: ", ""), step, before), family)


def _rows() -> Iterator[Place]:
    for (name, file, steps), family in product(WRITTEN, BOTH):
        yield place(name, file, steps, family)
    for name, file, steps in _DECODED:
        yield place(name, file, steps)
    for family in FAMILIES:
        yield place("every family", "a.env", (text("A="),), family)
        yield place("every family, in base64", "a.env", (based(), text("A=")), family)
        yield place("every family, in a zip", "a.zip", (BOXES["zip"],), family)
    yield from _alone(
        {**ESCAPES, **WIDES, **BLOCKS, **ARRAYS, **SPLITS, **MARKS, **PACKED, **SPECIAL, **IN_TEXT}
    )
    for name, family in product(DUMPS, BOTH):
        yield place(name, "a.txt", (text("key="), dump(name), text("$ dump key\n")), family)
        if "-p" not in name and "-An" not in name:
            yield place(f"{name}, in a comment", "a.py", (text("k="), dump(name, "#  ")), family)
    for name in (*FEW, *PREFIX_SPLITS):
        steps = ((FEW | PREFIX_SPLITS)[name], text('first\nkey = "', '"\n'))
        yield from (place(name, "a.txt", steps, family) for family in BOTH)
    for (name, step), family in product((FILES | IN_FILES).items(), BOTH):
        before: Steps = () if name in ALONE else (text("first\nkey = "),)
        yield place(f"file: {name}", "box", (*before, step), family)
    for (name, step), outer in product(IN_FILES.items(), ("zip", "tar", "gzip")):
        yield place(f"file: {name} in {outer}", "box", (text(LINES), step, BOXES[outer]))


def _alone(table: Mapping[str, Step | Steps]) -> Iterator[Place]:
    for (name, step), family in product(table.items(), BOTH):
        steps = step if isinstance(step, tuple) else (step,)
        around = (text("first\n\n  key = "),) if name not in WIDES else ()
        yield place(name, "a.txt", (*steps, *around), family)


_INNER: dict[str, Steps] = {
    **{name: (ESCAPES[name],) for name in ("percent", "hex entities", "JSON escapes")},
    **{name: (ESCAPES[name],) for name in ("hex escapes", "octal escapes")},
    **{name: (BLOCKS[name],) for name in ("base64", "base64 two further", "base64url", "hex")},
    **{name: (SPLITS[name],) for name in ("continued lines", "Python, implicit", "PHP and Perl")},
    "utf-16-le": (text("k=", ""), wide("utf-16-le")),
    "gzip in base64": PACKED["gzip in base64"],
    "MIME": SPECIAL["MIME"],
}
_OUTER: dict[str, Steps] = {
    **{name: (ESCAPES[name],) for name in ("percent", "decimal entities", "JSON escapes")},
    **{
        name: (BLOCKS[name],) for name in ("base64", "base64 one further", "hex", "hex with spaces")
    },
    # So wide that no escape is cut in two.
    "lines": (split(WRAPPED, "\n", 60),),
    "added strings": (split(CONCATENATED, '" + "', 60, '"'),),
    "utf-16-le": (text("k: "), wide("utf-16-le")),
    "utf-16-be": (text("k: "), wide("utf-16-be")),
    "zlib in base64": PACKED["zlib in base64"],
}
# What a box holds in a pair: what files are encoded in, and what hides a key in them.
_IN_BOX: dict[str, Steps] = {
    "UTF-16": (text("a\nk="), wide("utf-16-le", mark=True)),
    "a Secret": (based(), text(f"{_YAML}data:\n  token: ")),
    "MIME": (based(b"Dear all,\n", line=76), text("a: b\n\n")),
    "hex": (BLOCKS["hex"], text("a\nk=")),
    "percent": (ESCAPES["percent"], text("a\nk=")),
    "split strings": (SPLITS["Python, implicit"], text("a = b\nk = ")),
    "continued lines": (SPLITS["continued lines"], text("a\nk=")),
    "gzip in base64": (*PACKED["gzip in base64"], text("a\nk=")),
}


# Strings in strings are nobody's, and lines of hex are hex.
_CUTS, _NOT_CUT = {"lines", "added strings"}, {*SPLITS, "hex", "MIME"}


# A key far from where the encoding begins, in a text that no compression makes small.
_FAR = text("".join(f"{sha256(b'%d' % at).hexdigest()}\n" for at in range(900)) + "key: ")
_FAR_INSIDE: dict[str, Steps] = {
    "base64": (based(),),
    "MIME": (based(line=76),),
    "hex": (BLOCKS["hex"],),
    "hex in lines": (BLOCKS["hex"], split("", "\n", 64)),
    "xxd": (dump("xxd"), text("\n")),
    "Python list": (ARRAYS["Python list"],),
    "UTF-16 in base64": (wide("utf-16-le"), based()),
    "gzip in base64": PACKED["gzip in base64"][1:],
    "gzip in MIME": PACKED["gzip in MIME"][1:],
    "zlib in base64": PACKED["zlib in base64"][1:],
    "zlib in lines": PACKED["zlib in lines"][1:],
    "Helm release": (*PACKED["gzip in base64"][1:], based()),
    "zip": (BOXES["zip"],),
    "percent": (ESCAPES["percent"],),
}


def _pairs() -> Iterator[Place]:
    for (inner, first), (outer, second), family in product(_INNER.items(), _OUTER.items(), BOTH):
        too_deep = {inner, outer} == {"gzip in base64", "zlib in base64"}
        if too_deep or {inner, outer} <= WIDES.keys() or (outer in _CUTS and inner in _NOT_CUT):
            continue
        around = () if outer in WIDES else (text("first\n  key: "),)
        yield place(f"{inner} in {outer}", "a.txt", (*first, *second, *around), family)
    for (name, steps), family in product(_FAR_INSIDE.items(), BOTH):
        around = () if name == "zip" else (text("a: b\nc: "),)
        yield place(f"far inside: {name}", "a.txt", (_FAR, *steps, *around), family)
    for (inner, inside), (outer, box), family in product(_IN_BOX.items(), BOXES.items(), BOTH):
        yield place(f"{inner} in a file: {outer}", "box", (*inside, box), family)
    for inner, outer in product(BOXES, BOXES):
        if (inner, outer) == ("zlib", "SQLite"):
            # Two bytes begin zlib's streams and much else: in a database they are no clue.
            continue
        steps = (text("first\nkey = "), BOXES[inner], BOXES[outer])
        yield place(f"file: {inner} in {outer}", "box", steps)
    for (name, step), outer in product(FILES.items(), ("zip", "tar", "gzip", "SQLite")):
        if name not in BOXES:
            before: Steps = () if name in ALONE else (text("first\nkey = "),)
            yield place(f"file: {name} in {outer}", "box", (*before, step, BOXES[outer]))


PLACES: tuple[Place, ...] = (*_rows(), *_headers(), *_pairs())
