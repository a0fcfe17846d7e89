"""Spell a key in the ways in which the name of a file can hold one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import quote

from tests.needles import PIECE, secret_parts

Spelling = Callable[[str], str]


def split(text: str, size: int, by: str) -> str:
    """Put `by` between pieces of `size` characters."""
    return by.join(text[start : start + size] for start in range(0, len(text), size))


def _decoded(key: str) -> str:
    return base64.b64decode(_body(key)).decode().replace("/", "_")


def _body(key: str) -> str:
    return key.removeprefix("ABSK")


def _secret(key: str) -> str:
    return secret_parts(key)[0].replace("/", "_")


SPELLINGS: Mapping[str, Spelling] = {
    "plain": lambda key: key,
    "decoded": _decoded,
    "the secret alone": _secret,
    "half of the secret": lambda key: _secret(key)[30:],
    "in lower case": lambda key: _secret(key).lower(),
    "body without the prefix": _body,
    "lower-case prefix": lambda key: f"absk{_body(key)}",
    "the end of the body": lambda key: key[-40:],
    "base64url": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64url of the secret": lambda key: base64.urlsafe_b64encode(_secret(key).encode()).decode(),
    "base64url at another alignment": lambda key: base64.urlsafe_b64encode(
        f"x{key}".encode()
    ).decode(),
    "base64url twice": lambda key: base64.urlsafe_b64encode(
        base64.b64encode(key.encode())
    ).decode(),
    "base64url of UTF-16": lambda key: base64.urlsafe_b64encode(
        key[60:].encode("utf-16-le")
    ).decode(),
    "hex of the secret": lambda key: _secret(key).encode().hex(),
    "upper-case hex": lambda key: key[50:].encode().hex().upper(),
    "hex in pairs": lambda key: split(key[60:].encode().hex(), 2, "-"),
    "percent": lambda key: quote(secret_parts(key)[0], safe=""),
    "percent throughout": lambda key: "".join(f"%{byte:02x}" for byte in key[60:].encode()),
    "split by a slash": lambda key: f"{key[:70]}/{key[70:]}",
    "split by slashes": lambda key: split(key, 8, "/"),
    "split by dots": lambda key: split(_secret(key), 5, "."),
    "split by what nobody sees": lambda key: split(_secret(key), 6, "\u200b"),
}


def pieces(text: str) -> set[str]:
    """Return every twelve characters in a row of some text."""
    return {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}


def letters(text: str) -> str:
    """Return the letters and digits of some text, in lower case."""
    return "".join(letter for letter in text if letter.isascii() and letter.isalnum()).lower()
