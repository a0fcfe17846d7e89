"""Lay many forged keys about a live one: it is probed, answered and reported all the same."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import keysmith

MANY = 230
NOBODY = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")


def write(folder: Path, name: str, keys: Iterable[str]) -> None:
    text = "".join(f"TOKEN={key}\n" for key in keys)
    (folder / name).write_text(text, encoding="utf-8")


def of_many_aliases(_: LongTermKey) -> list[str]:
    return [keysmith.long_term(f"user-{number}") for number in range(MANY)]


def of_one_alias(_: LongTermKey) -> list[str]:
    return [keysmith.long_term("one-user", seed=str(number)) for number in range(MANY)]


def of_another_credential(sandbox: Sandbox) -> list[str]:
    return []
