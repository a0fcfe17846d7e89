"""List what only looks like a key: a new case is one row.

Nothing here is a key, or a part of one that anybody had: all of it is generated, or is text that
people write about keys.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import marshal
import re
import struct
import tarfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256, sha512
from random import Random

from tests import boxes, typeset
from tests.hiding import packed_lookalikes
from tests.hiding.alterations import altered
from tests.hiding.dumps import DUMPS
from tests.hiding.hidden import SEED, SHORT, Hidden, key_of

_NOISE = Random(f"{SEED}, look-alikes")  # noqa: S311  # noise, no secret
_KEY, _TOKEN = key_of("a look-alike's model"), key_of("a look-alike's model", SHORT)


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Hold one case: its name, its path in a tree, and what the file holds."""

    name: str
    path: str
    data: bytes


def noise(size: int) -> bytes:
    return _NOISE.randbytes(size)


def base64_of(data: str | bytes) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def lines(form: str, times: int) -> str:
    """Write a line so many times, with noise of every kind in it."""
    return "\n".join(
        form.format(
            n=number,
            hex=noise(32).hex(),
            base64=base64_of(noise(48)),
            long=base64_of(noise(120)),
            uuid=uuid.UUID(bytes=noise(16)),
        )
        for number in range(times)
    )


def presigned(host: str, query: str, service: str) -> str:
    """Write a presigned URL of another service, or of another action."""
    scope = f"AKIAIOSFODNN7EXAMPLE%2F20261102%2Fus-east-1%2F{service}%2Faws4_request"
    signed = f"X-Amz-Date=20261102T093000Z&X-Amz-Expires=3600&X-Amz-Signature={noise(32).hex()}"
    head = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}"
    return f"{host}/?{query}{head}&{signed}"


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    pixels = b"".join(b"\0" + noise(192) for _ in range(64))
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels))


def _symlinked_tar() -> bytes:
    box = io.BytesIO()
    with tarfile.open(fileobj=box, mode="w") as archive:
        for name in ("ABSK", "bedrock-api-key-"):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, f"../{name}"
            archive.addfile(info)
    return box.getvalue()


_EXAMPLE = base64_of("BedrockAPIKey-ex4m-at-111122223333:EXAMPLE")
_REDACTED = f"ABSK{base64_of('BedrockAPIKey-ex4m-at-111122223333:')}"
# What people write where a key belongs.
PLACEHOLDERS = (
    "ABSK",
    "ABSKxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "ABSK" + "X" * 128,
    "ABSK" + "0" * 128,
    "ABSK" + "a1b2c3d4" * 16,
    "ABSK...",
    "ABSK…",
    "ABSK-YOUR-KEY-HERE",
    "ABSK_EXAMPLE_KEY_DO_NOT_USE",
    "ABSK<your key>",
    "ABSK************************",
    "ABSKEXAMPLEEXAMPLEEXAMPLEEXAMPLE" * 4,
    f"ABSK{_EXAMPLE}",
    f"{_REDACTED}****************",
    f"{_REDACTED}...",
    f"{_REDACTED}<secret>",
    "ABSKQmVkcm9ja0FQSUtleS1",
    "ABSKQmVkcm9ja0FQSUtleS1...",
    "${api-key}",
    "${AWS_BEARER_TOKEN_BEDROCK}",
    "{{ .Values.bedrock.apiKey }}",
    "$(aws secretsmanager get-secret-value --secret-id bedrock)",
    "bedrock-api-key-",
    "bedrock-api-key-...",
    "bedrock-api-key-<token>",
    "bedrock-api-key-${TOKEN}",
    "bedrock-api-key-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t",
    "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29tLz9BY3Rpb249Q2FsbFdpdGhCZWFyZXJUb2tlbg",
    "bedrock-api-key-rotation-lambda",
    "bedrock-api-key-manager-1.2.3.tar.gz",
    "aws-external-anthropic-api-key-...",
    "AEAA",
    "ACWL" + "A" * 100,
    "APIAACWM",
)
# How scanners look for keys. The expressions are those that are published, or much like them.
RULES = (
    r"regex = '''\b(ABSK[A-Za-z0-9+/]{109,269}={0,2})(?:[\x60'\"\s;]|\\[nr]|$)'''",
    r"keywords = ['absk', 'ABSK', 'bedrock-api-key-']",
    r"(?<![A-Za-z0-9+/=])ABSK[A-Za-z0-9+/]{109,269}={0,2}(?![A-Za-z0-9+/=])",
    r"ABSK[A-Za-z0-9+/]{109,}=*",
    r"\b(bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t)\b",
    r"denylist = [re.compile(r'ABSK[A-Za-z0-9+/]{80,400}={0,2}')]",
    r"pattern: '(?xi)\b(ABSK[a-z0-9+/]{109,269}={0,2})'",
    r"grep -rE 'ABSK[A-Za-z0-9]{20,}|bedrock-api-key-[A-Za-z0-9]+' .",
    r"^[A-Za-z0-9_+=,.@-]+-at-[0-9]{12}:[A-Za-z0-9+/]{58}==$",
    'if key.startswith("ABSK") or key.startswith("bedrock-api-key-"): mask(key)',
)
# Where the letters stand for something else.
PROSE = (
    "TABS KEEP, TABSKEYS, ABSKY, FABSKI and ABSKANSAS are words with ABSK in them.",
    "CRABSKIN = LABSKAUS + GRABSKI  # 1234567890abcdefghijklmnopqrstuvwxyz",
    "See you at the look-at-me-now party, or stay-at-home parents-at-large.",
    "https://look-at-123456789012.example.com/:path",
    "alice-at-111122223333:short",
    "alice-at-111122223333: see the wiki for how to get one",
    "git clone https://alice-at-111122223333:" + base64_of(noise(33)) + "@git-codecommit.x/v1/a",
    "arn:aws:iam::111122223333:user/alice-at-work",
    "user-at-11112222333:" + base64_of(noise(44)),
    "user-at-1111222233334:" + base64_of(noise(44)),
    "user-at-111122223333:" + base64_of(noise(44))[:-3] + "é==",
    "user-at-111122223333:" + base64_of(noise(66)) + "X",
    "user-at-111122223333:" + noise(30).hex(),
    "user-at-111122223333:" + "x" * 60,
    "user at 111122223333:" + base64_of(noise(44)),
    "rate-at-000000000000:" + "-" * 60,
    "AEAA AEAAAA AEAABBCC ACWL ACWLX APIAACWM",
    "//" + "AEAA" * 40,
    "THE SOFTWARE IS PROVIDED AS IS WITHOUT WARRANTY OF ANY KIND " * 20,
)
_FRAME = "-----BEGIN {0}-----\n{1}-----END {0}-----\n"


def _pem(kind: str, size: int) -> str:
    return _FRAME.format(kind, base64.encodebytes(noise(size)).decode())


# Secrets and identifiers of others, and what tools write.
OTHERS: dict[str, str] = {
    "access key": "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "session token": f"aws_session_token = IQoJb3JpZ2luX2VjE{base64_of(noise(600))}",
    "presigned URL of S3": presigned("https://b.s3.amazonaws.com", "", "s3"),
    "presigned URL of STS": presigned(
        "https://sts.amazonaws.com", "Action=GetCallerIdentity&Version=2011-06-15&", "sts"
    ),
    "presigned URL of Bedrock, plain": presigned(
        "bedrock.amazonaws.com", "Action=CallWithBearerToken&", "bedrock"
    ),
    "presigned URL of STS, in base64": base64_of(
        presigned("sts.amazonaws.com", "Action=GetCallerIdentity&", "sts")
    ),
    "token of EKS": "k8s-aws-v1."
    + base64_of(
        presigned("https://sts.us-east-1.amazonaws.com", "Action=GetCallerIdentity&", "sts")
    ),
    "presigned URL of S3, as a short-term key": "bedrock-api-key-"
    + base64_of(presigned("b.s3.amazonaws.com", "", "s3")),
    "password of ECR": base64_of(json.dumps({"payload": base64_of(noise(900)), "version": "2"})),
    "Docker config": json.dumps({"auths": {"x": {"auth": base64_of(f"AWS:{noise(60).hex()}")}}}),
    "JSON web token": ".".join(
        (
            base64_of('{"alg":"RS256","typ":"JWT"}').rstrip("="),
            base64_of(json.dumps({"sub": "user-at-111122223333", "jti": noise(20).hex()})),
            base64.urlsafe_b64encode(noise(256)).decode().rstrip("="),
        )
    ),
    "certificate": _pem("CERTIFICATE", 1200),
    "private key": _pem("PRIVATE KEY", 1190),
    "key of OpenSSH": _pem("OPENSSH PRIVATE KEY", 400),
    "public key of SSH": f"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{base64_of(noise(260))} a@b",
    "PGP": _pem("PGP PUBLIC KEY BLOCK", 1800),
    "token of GitHub": "ghp_" + base64_of(noise(27)).replace("+", "A").replace("/", "B"),
    "token of Slack": f"xoxb-123456789012-123456789012-{noise(12).hex()}",
    "key of Anthropic": f"sk-ant-api03-{base64.urlsafe_b64encode(noise(70)).decode()}",
    "key of OpenAI": f"sk-proj-{base64.urlsafe_b64encode(noise(90)).decode()}",
    "connection string of Azure": f"AccountKey={base64_of(noise(64))};EndpointSuffix=core",
    "hashes": lines("{hex}  file-{n}.txt", 60),
    "base64 lines": lines("{long}", 60),
    "base64 lines with the prefix": lines("ABSK{long}", 60),
    "short-term prefix and noise": lines("bedrock-api-key-{long}", 30),
    "other prefixes and noise": lines("AEAA{long} ACWL{long} APIAACWM{long}", 30),
    "UUIDs": lines("{uuid}", 200),
    "UUIDs in a list": lines('"{uuid}",', 200),
    "lock file of npm": lines('"integrity": "sha512-{base64}{base64}==",', 60),
    "lock file of Poetry": lines('{{file = "a-{n}.whl", hash = "sha256:{hex}"}},', 60),
    "sums of Go": lines("example.com/mod v1.{n}.0 h1:{base64}=", 60),
    "lock file of Cargo": lines('checksum = "{hex}"', 60),
    "subresource integrity": lines('<script integrity="sha384-{base64}"></script>', 40),
    "source map": json.dumps({"version": 3, "mappings": "AAAA,SAASA,KAAKC," * 400}),
    "minified JavaScript": "".join(f"function a{n}(b){{return b*{n}}}" for n in range(2000)),
    "data URI": f"<img src='data:image/png;base64,{base64_of(noise(3000))}'>",
    "numbers": ", ".join(str(_NOISE.randrange(30, 256)) for _ in range(4000)),
    "bytes of text in decimal": ", ".join(str(byte) for byte in b"the quick brown fox " * 60),
    "bytes of noise in hex": ", ".join(f"0x{byte:02x}" for byte in noise(2000)),
    "hex of text": (b"nothing to see here, really nothing. " * 20).hex(),
    "hex of noise": noise(2000).hex(),
    "percent": "".join(f"%{byte:02X}" for byte in noise(1000)),
    "escapes": "".join(f"\\x{byte:02x}" for byte in noise(1000)),
    "entities": "".join(f"&#{byte};" for byte in b"nothing to see here " * 40),
    "JSON escapes": "".join(f"\\u{ord(letter):04x}" for letter in "ABSK nothing here " * 40),
    "base64 of prose": base64_of("Look at me, stay-at-home, and nothing else. " * 40),
    "base64 of -at-": base64_of("user-at-111122223333:EXAMPLE\n" * 40),
    "base64 of base64": base64_of(base64_of(base64_of(noise(500)))),
    "gzip of prose": base64_of(gzip.compress(b"ABSK is a prefix. " * 99, mtime=0)),
    "zlib of noise": base64_of(zlib.compress(noise(3000))),
    "beginning of gzip": "H4sI" + "A" * 4000,
    "beginning of zlib": "eJ" + "A" * 4000,
    "quoted-printable": "=41=42=53=4B=51=6D" * 60 + "=\n" * 20,
    "split strings": '"AB" + "SK" + "Qm" + key + "="' * 30,
    "list of short strings": json.dumps(["ABSK", "bedrock-api-key-", "AEAA", "ACWL"] * 20),
    "wrapped prose": "ABSK\nis\na\nprefix\n" * 100,
    "dump of noise": "\n".join(
        f"{at:08x}: {noise(16).hex(' ', 2)}  ................" for at in range(0, 4000, 16)
    ),
    "spreadsheet": lines("{n},ABSK-{n},{uuid},{hex}", 100),
    "log": lines("2026-11-02 INFO request {uuid} signed {hex}", 100),
    "SQL": lines("INSERT INTO t VALUES ({n}, '{base64}', x'{hex}');", 100),
    "FASTA": "\n".join("".join(_NOISE.choices("ACGT", k=70)) for _ in range(100)),
    "DNS": lines('a{n}._domainkey IN TXT "v=DKIM1; p={long}{long}"', 20),
    "encoded words of noise": lines("Subject: =?utf-8?B?{base64}?=\n =?utf-8?Q?ABSK{hex}?=", 40),
    "XML signature": f"<ds:SignatureValue>\n{_pem('X', 512)}</ds:SignatureValue>",
    "bcrypt": "$2b$12$" + base64_of(noise(39)).replace("+", ".")[:53],
    "magnet": f"magnet:?xt=urn:btih:{sha1(b'a').hexdigest()}&dn=ABSK",  # noqa: S324  # no secret
    "digests of every length": " ".join(make(b"a").hexdigest() for make in (sha1, sha256, sha512)),
}
# Exports, and lines with keys, as reports have published them: altered so that none is whole.
PUBLISHED: dict[str, str] = {
    "a console's download, cut": f"API key name,API key\nBedrockAPIKey-ex4m,{_KEY[:64]}\n",
    "a short-term key, cut in its token": f"set A={_TOKEN[:520]}",
    "a short-term key, cut, a letter changed": f"set A={_TOKEN[:300]}WhwY{_TOKEN[310:520]}",
    "two commands with a key, letters left out": (
        f"C:\\Users>set A={_KEY[:30]}{_KEY[31:50]} C:\\Users>echo %A% {_KEY[:36]}{_KEY[38:52]}"
    ),
    "a short-term key in Python, cut in its scope": f"os.environ['A'] = \"{_TOKEN[:240]}\"",
}


def _binaries() -> Iterator[tuple[str, bytes]]:
    yield "noise", noise(40_000)
    yield "noise with prefixes", b"".join(noise(50) + b"ABSK" + noise(90) for _ in range(200))
    yield "picture", _png()
    yield "photograph", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise(20_000) + b"\xff\xd9"
    yield "font", b"wOF2\0\x01\0\0" + noise(20_000)
    yield "film", b"\0\0\0\x18ftypmp42" + noise(20_000)
    yield "program", b"\x7fELF\x02\x01\x01" + bytes(9) + noise(9000) + b"\0ABSK\0bedrock-api-key-\0"
    yield "strings of a program", b"\0".join(rule.encode() for rule in (*RULES, *PLACEHOLDERS))
    code = compile("PREFIXES = ('ABSK', 'bedrock-api-key-', '-at-')", "a.py", "exec")
    yield "compiled Python", b"\xa7\r\r\n" + bytes(12) + marshal.dumps(code)
    yield "UTF-16", "\n".join((*PLACEHOLDERS, *PROSE)).encode("utf-16")
    yield "UTF-32", "\n".join((*PLACEHOLDERS, *PROSE)).encode("utf-32")
    yield "zip of noise", boxes.zipped({"a": noise(9000)})
    yield "encrypted zip", boxes.encrypted({"a.txt": _KEY.encode()})
    yield "zip with names alone", boxes.zipped({f"ABSK{n}": b"" for n in range(20)})
    yield "stored zip", boxes.zipped({"a": "\n".join(PLACEHOLDERS).encode()}, zipfile.ZIP_STORED)
    yield "docx", boxes.docx("ABSK", "Qm", "...")
    yield "tar of links", _symlinked_tar()
    yield "gzip", gzip.compress("\n".join(PROSE).encode(), mtime=0)
    yield "bzip2", bz2.compress("\n".join(RULES).encode())
    yield "xz", lzma.compress("\n".join(PLACEHOLDERS).encode())
    yield "PDF", boxes.pdf(b"BT (ABSK) Tj (bedrock-api-key-...) Tj ET")
    text = " ".join(PLACEHOLDERS)
    codes = typeset.font(text)
    yield "PDF in codes", typeset.document(typeset.shown(text, codes), typeset.of_chars(codes))
    yield "SQLite", boxes.sqlite(*PLACEHOLDERS)
    for style, dump in DUMPS.items():
        yield f"dump of noise: {style}", dump(Hidden(noise(3000))).data
        yield f"dump of prefixes: {style}", dump(Hidden("\n".join(PLACEHOLDERS).encode())).data
    yield "empty", b""


def _encoded() -> Iterator[tuple[str, bytes]]:
    """Yield some look-alikes in encodings and boxes, where decoding could make more of them."""
    text = "\n".join((*PLACEHOLDERS, *PROSE, *PUBLISHED.values())).encode()
    yield "base64", base64.b64encode(text)
    yield "MIME", base64.encodebytes(text)
    yield "hex", text.hex().encode()
    yield "percent", "".join(f"%{byte:02x}" for byte in text).encode()
    yield "gzip in base64", base64.b64encode(gzip.compress(text, mtime=0))
    yield "UTF-16", text.decode().encode("utf-16-le")
    yield "zip", boxes.zipped({"a.txt": text})
    broken = "\n".join(each for name, each in altered() if "part" in name).encode()
    yield "base64 of broken keys", base64.b64encode(broken)
    yield "broken keys in a zip", boxes.zipped({"a.txt": broken})
    yield "broken keys in lines", b"\n".join(re.findall(rb".{1,60}", broken))
    yield "broken keys in JSON", json.dumps(broken.decode()).encode()


def _rows() -> Iterator[tuple[str, bytes]]:
    for group, texts in (("placeholder", PLACEHOLDERS), ("rule", RULES), ("prose", PROSE)):
        for number, text in enumerate(texts, 1):
            yield f"{group} {number}", f"key: '{text}'\n".encode()
    for group, named in (("other", OTHERS), ("published", PUBLISHED), ("altered", dict(altered()))):
        for name, text in named.items():
            yield f"{group}: {name}", f"first line\nkey = {text}\nlast line\n".encode()
    packed = packed_lookalikes.rows((*PLACEHOLDERS, *PROSE), RULES)
    for group, binaries in (("binary", _binaries()), ("encoded", _encoded()), ("packed", packed)):
        for name, data in binaries:
            yield f"{group}: {name}", data


LOOK_ALIKES: tuple[LookAlike, ...] = tuple(
    LookAlike(name, f"{number:03}.txt", data) for number, (name, data) in enumerate(_rows(), 1)
)
