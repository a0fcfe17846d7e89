"""Define what is wanted of issues, what GitHub says of them, and what can be changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.github.marker import is_fingerprint
from bedrock_key_guard.model.remembered import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.model.actions import Told

State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class WantedIssue:
    """Say what the issue of one fingerprint should be.

    The fingerprint has 64 hex digits. `open` is the state it should have; `create` whether it is
    worth a new issue if there is none; `live` whether the credential is known to be accepted,
    which overrides any close, once. `told` says what the text is about: a `doubt`, the `state` of
    the credential, a `response`, or its `aftermath`, a state that a response may have led to;
    `withheld` that it keeps to itself what strangers may not read now. `where` writes the last part
    of the text, of what was `seen` and of what the issue remembers: all of it where it `remembers`,
    and an outline where strangers read.

    Without the key there is no new text: a `banner` alone takes the place of the text's own, and
    where it is "" nothing does.
    """

    fingerprint: str
    title: str
    body: str
    open: bool
    create: bool
    live: bool
    told: Told = "state"
    withheld: bool = False
    seen: Memory = field(default_factory=Memory)
    where: Callable[[Memory], str] | None = None
    remembers: bool = False
    banner: str | None = None

    def __post_init__(self) -> None:
        if not is_fingerprint(self.fingerprint):
            raise ValueError(f"not a fingerprint of 64 hex digits: {self.fingerprint!r}")


@dataclass(frozen=True, slots=True)
class ExistingIssue:
    """Hold what GitHub says of an issue; `author` is a login, "" for a deleted account."""

    number: int
    title: str
    body: str
    open: bool
    state_reason: str | None
    author: str
    url: str


@dataclass(frozen=True, slots=True)
class Create:
    """Open an issue."""

    fingerprint: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Change what is not None of an issue, all at once, and then comment.

    The title is people's: it says which key it is, and they may say it better.
    """

    fingerprint: str
    number: int
    body: str | None
    state: State | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class CloseDuplicate:
    """Close an issue because another one, with a lower number, stands for the same thing."""

    fingerprint: str
    number: int
    comment: str


IssueChange = Create | Edit | CloseDuplicate
