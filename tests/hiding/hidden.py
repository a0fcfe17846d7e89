"""Hide a key step by step, and know at each step where its first letter stands.

Nothing here is learnt from the scanner: where a key has to be found, and what has to be undone to
read it, follows from how it was hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from tests import keysmith

SEED = "hiding places, first edition"
LONG, SHORT = "bedrock-long-term", "bedrock-short-term"
BOTH = (LONG, SHORT)
LONG_FAMILIES = {
    LONG: keysmith.BEDROCK_LONG_TERM,
    "claude-platform-long-term": keysmith.CLAUDE_PLATFORM_LONG_TERM,
    "cloudwatch-logs": keysmith.CLOUDWATCH_LOGS,
    "cloudwatch-metrics": keysmith.CLOUDWATCH_METRICS,
}
FAMILIES = (*LONG_FAMILIES, SHORT, "claude-platform-short-term")
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_USERS = ("bob", "BedrockAPIKey-ex4m", "ci.deploy@build", "alice+2", "a-at-b", "x" * 64)
_ISSUED_AT = datetime(2026, 11, 2, 9, 30, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hold bytes that hide a key, and where: its first letter is at `at` of `data`.

    `encodings` and `containers` name what was done, the outermost first. Once it lies in a
    container, `spot` is its line and column in the innermost member.
    """

    data: bytes
    at: int = 0
    encodings: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    spot: tuple[int, int] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Return the line and the column, in characters, both from 1."""
        return self.spot or _place(self.data, self.at, next(iter(self.encodings), ""))


Step = Callable[[Hidden], Hidden]


def _place(data: bytes, at: int, outermost: str) -> tuple[int, int]:
    codec = outermost if outermost in WIDE else "utf-8"
    try:
        before = data[:at].decode(codec)
    except UnicodeDecodeError:
        before = data[:at].decode("latin-1")
    # A byte order mark is no character of the first line.
    before = before.removeprefix("\ufeff")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def hide(key: str, *steps: Step) -> Hidden:
    """Take a key through the steps, the innermost first."""
    hidden = Hidden(key.encode())
    for step in steps:
        hidden = step(hidden)
    return hidden


def text(before: str | bytes = "", after: str | bytes = "\n") -> Step:
    """Write something before it and behind."""
    head = before.encode() if isinstance(before, str) else before
    tail = after.encode() if isinstance(after, str) else after
    return lambda hidden: replace(hidden, data=head + hidden.data + tail, at=len(head) + hidden.at)


def key_of(name: str, family: str = LONG) -> str:
    """Forge the key of one case: the same for the same name, and another for any other."""
    number = int.from_bytes(sha256(f"{SEED} {name} {family}".encode()).digest()[:4], "big")
    if family in LONG_FAMILIES:
        user = _USERS[number % len(_USERS)]
        return keysmith.long_term(user, prefix=LONG_FAMILIES[family], seed=f"{SEED} {name}")
    issued_at = _ISSUED_AT + timedelta(seconds=number % 10_000_000)
    if family == SHORT:
        signer = keysmith.made_up_credentials(
            kind="AKIA" if number % 2 else "ASIA", seed=f"{SEED} {name}"
        )
        return keysmith.short_term(credentials=signer, issued_at=issued_at)
    return keysmith.claude_platform_short_term(issued_at=issued_at)
