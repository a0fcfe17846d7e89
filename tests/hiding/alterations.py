"""Break keys, one rule of their layout at a time: each alteration is one row of a table."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable, Iterator
from random import Random

from tests.hiding.hidden import FAMILIES, LONG_FAMILIES, SEED, key_of

Alter = Callable[[str], str]
_NOISE = Random(SEED)  # noqa: S311  # noise, no secret


def prefix_of(key: str) -> str:
    """Return what a key begins with, whatever its family."""
    longest = sorted((*LONG_FAMILIES.values(), *_SHORT_PREFIXES), key=len, reverse=True)
    return next(prefix for prefix in longest if key.startswith(prefix))


_SHORT_PREFIXES = ("bedrock-api-key-", "aws-external-anthropic-api-key-")
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _body(key: str) -> str:
    return key.removeprefix(prefix_of(key))


def _at(part: int, of: int, change: Callable[[str], str]) -> Alter:
    """Change one letter, in the middle of one of so many parts of the body."""

    def alter(key: str) -> str:
        begin = len(prefix_of(key))
        at = begin + (len(key) - begin) * (2 * part + 1) // (2 * of)
        return key[:at] + change(key[at]) + key[at + 1 :]

    return alter


def _cut(numerator: int, denominator: int, tail: str = "...") -> Alter:
    return lambda key: key[: len(key) * numerator // denominator] + tail


def _chopped(between: str, width: int) -> Alter:
    return lambda key: between.join(
        key[begin : begin + width] for begin in range(0, len(key), width)
    )


def _random_body(key: str) -> str:
    return prefix_of(key) + "".join(_NOISE.choices(_BASE64, k=len(_body(key))))


# What is done to the text of a key of any family.
TEXTS: dict[str, Alter] = {
    "a quarter of it": _cut(1, 4),
    "half of it": _cut(1, 2),
    "a third of it, masked": _cut(1, 3, "*" * 40),
    "half of it, with an ellipsis": _cut(1, 2, "…"),
    "nothing but its prefix": prefix_of,
    "its prefix and a few letters": lambda key: key[: len(prefix_of(key)) + 20] + "...",
    "without its prefix": _body,
    "a prefix cut by one": lambda key: key[1:],
    "a prefix with another letter": lambda key: f"X{key[1:]}",
    "all small": str.lower,
    "all capitals": str.upper,
    "cases swapped": str.swapcase,
    "backwards": lambda key: key[::-1],
    "ROT13": lambda key: codecs.encode(key, "rot13"),
    "its halves in the wrong order": lambda key: key[len(key) // 2 :] + key[: len(key) // 2],
    "in groups with spaces": _chopped(" ", 8),
    "in groups with hyphens": _chopped("-", 12),
    "in groups with dots": _chopped(".", 20),
    "in groups with thin spaces": _chopped("\N{THIN SPACE}", 16),
    "masked in the middle": lambda key: f"{key[:12]}{'*' * 80}{key[-4:]}",
    "crossed out in the middle": lambda key: f"{key[:12]}{'x' * 80}{key[-4:]}",
    "redacted in the middle": lambda key: f"{key[:40]}[REDACTED]{key[60:]}",
    "words in a tag in the middle": lambda key: f"{key[:50]}<b>and so on</b>{key[50:]}",
    "a variable in the middle": lambda key: f'"{key[:40]}" + rest + "{key[60:]}"',
    "another body": _random_body,
    "one letter only": lambda key: prefix_of(key) + "A" * 128,
    "the alphabet": lambda key: prefix_of(key) + _BASE64 * 2,
    "a placeholder": lambda key: prefix_of(key) + "x" * 60,
    "a name for it": lambda key: f"{prefix_of(key)}<your-key-here>",
    **{f"a star in part {part + 1} of 8": _at(part, 8, lambda _: "*") for part in range(6)},
    **{
        f"a letter beyond ASCII in part {part + 1} of 4": _at(part, 4, lambda _: "é")
        for part in range(3)
    },
    **{f"a letter less in part {part + 1} of 8": _at(part, 8, lambda _: "") for part in range(6)},
    **{
        f"a letter more in part {part + 1} of 4": _at(part, 4, lambda letter: f"{letter}q")
        for part in range(3)
    },
}

_USER, _ACCOUNT = "BedrockAPIKey-ex4m", "111122223333"
_SECRET = base64.b64encode(_NOISE.randbytes(44)).decode()
# What a long-term key must not decode to.
PAYLOADS: dict[str, str | bytes] = {
    "no account": f"{_USER}:{_SECRET}",
    "an account too short": f"{_USER}-at-11112222333:{_SECRET}",
    "an account too long": f"{_USER}-at-1111222233334:{_SECRET}",
    "an account with a letter": f"{_USER}-at-11112222333x:{_SECRET}",
    "an account with hyphens": f"{_USER}-at-1111-2222-3333:{_SECRET}",
    "an empty account": f"{_USER}-at-:{_SECRET}",
    "another word for at": f"{_USER}_at_{_ACCOUNT}:{_SECRET}",
    "at in capitals": f"{_USER}-AT-{_ACCOUNT}:{_SECRET}",
    "no user": f"-at-{_ACCOUNT}:{_SECRET}",
    "a user with a space": f"Bedrock API-at-{_ACCOUNT}:{_SECRET}",
    "a user with brackets": f"API (Bedrock)-at-{_ACCOUNT}:{_SECRET}",
    "a user with a slash": f"a/b-at-{_ACCOUNT}:{_SECRET}",
    "a user beyond ASCII": f"clé-at-{_ACCOUNT}:{_SECRET}",
    "a user longer than IAM's": f"{'u' * 65}-at-{_ACCOUNT}:{_SECRET}",
    "no colon": f"{_USER}-at-{_ACCOUNT}{_SECRET}",
    "another colon behind the first": f"{_USER}-at-{_ACCOUNT}::{_SECRET}",
    "another colon in the secret": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:30]}:{_SECRET[30:]}",
    "a semicolon": f"{_USER}-at-{_ACCOUNT};{_SECRET}",
    "no secret": f"{_USER}-at-{_ACCOUNT}:",
    "a word for a secret": f"{_USER}-at-{_ACCOUNT}:EXAMPLE",
    "a short secret": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:36]}",
    "a secret of odd length": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:46]}",
    "a secret of stars": f"{_USER}-at-{_ACCOUNT}:{'*' * 60}",
    "a secret with a star": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:20]}*{_SECRET[21:]}",
    "a secret with a hyphen": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:20]}-{_SECRET[21:]}",
    "a secret with a space": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:20]} {_SECRET[21:]}",
    "a secret beyond ASCII": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:20]}é{_SECRET[21:]}",
    "a secret with a zero byte": f"{_USER}-at-{_ACCOUNT}:{_SECRET[:20]}\0{_SECRET[21:]}",
    "a secret that is too long": f"{_USER}-at-{_ACCOUNT}:{'=' * 3}{_SECRET * 3}",
    "JSON": f'{{"user":"{_USER}","account":"{_ACCOUNT}","key":"{_SECRET}"}}',
    "a line break": f"{_USER}-at-{_ACCOUNT}\n:{_SECRET}",
    "UTF-16": f"{_USER}-at-{_ACCOUNT}:{_SECRET}".encode("utf-16-le"),
    "noise": _NOISE.randbytes(95),
}

Replace = tuple[str, str]
# What in the URL of a short-term key is replaced, and by what; `%s` is the family's service.
URLS: dict[str, Replace] = {
    "another host": ("%s.amazonaws.com/?", "s3.amazonaws.com/?"),
    "a host of somebody else": ("%s.amazonaws.com/?", "%s.amazonaws.com.example.com/?"),
    "a path": (".com/?", ".com/bucket/object?"),
    "no question": ("/?", "/"),
    "another action": ("Action=CallWithBearerToken", "Action=ListFoundationModels"),
    "no action": ("Action=CallWithBearerToken&", ""),
    "another algorithm": ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    "no credential": ("X-Amz-Credential=", "X-Amz-Nothing="),
    "a credential without a region": ("%%2Fus-east-1%%2F", "%%2F"),
    "a region that is none": ("us-east-1", "everywhere"),
    "another service": ("%%2F%s%%2Faws4_request", "%%2Fs3%%2Faws4_request"),
    "another ending of the scope": ("aws4_request", "aws5_request"),
    "an access key that is none": ("X-Amz-Credential=A", "X-Amz-Credential=x"),
    "a date that is none": ("X-Amz-Date=20", "X-Amz-Date=x"),
    "no date": ("X-Amz-Date=", "X-Amz-When="),
    "no end": ("X-Amz-Expires=", "X-Amz-Nothing="),
    "an end too far": ("X-Amz-Expires=", "X-Amz-Expires=9"),
    "an end that is none": ("X-Amz-Expires=", "X-Amz-Expires=x"),
    "no signature": ("X-Amz-Signature=", "X-Amz-Nothing="),
    "a signature too long": ("X-Amz-Signature=", "X-Amz-Signature=0"),
    "a signature that is none": ("X-Amz-Signature=", "X-Amz-Signature=z"),
    "a space": ("&X-Amz-Date", " &X-Amz-Date"),
    "a letter beyond ASCII": ("&X-Amz-Date", "é&X-Amz-Date"),
}


def altered() -> Iterator[tuple[str, str]]:
    """Yield every alteration of every family, with its name."""
    for family in FAMILIES:
        for name, alter in TEXTS.items():
            yield f"{family}: {name}", alter(key_of(f"altered: {name}", family))
        is_long = family in LONG_FAMILIES
        yield from _payloads(family) if is_long else _urls(family)


def _payloads(family: str) -> Iterator[tuple[str, str]]:
    for name, payload in PAYLOADS.items():
        data = payload.encode() if isinstance(payload, str) else payload
        yield f"{family}: {name}", LONG_FAMILIES[family] + base64.b64encode(data).decode()


def _urls(family: str) -> Iterator[tuple[str, str]]:
    key = key_of("altered URL", family)
    prefix = prefix_of(key)
    service = prefix.removesuffix("-api-key-")
    url = base64.b64decode(_body(key)).decode()
    for name, replacement in URLS.items():
        old, new = (part.replace("%s", service).replace("%%", "%") for part in replacement)
        assert old in url, name
        broken = url.replace(old, new, 1).encode()
        yield f"{family}: {name}", prefix + base64.b64encode(broken).decode()
