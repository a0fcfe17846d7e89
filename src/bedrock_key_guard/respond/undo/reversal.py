"""Define how a change is reversed, and when CloudTrail shows that it is the guard's to reverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.model.response import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bedrock_key_guard.respond.change_events import PolicyEvent

LATE = "it may come up to 15 minutes late, and keeps 90 days"


@dataclass(frozen=True, slots=True)
class Reversal:
    """Hold how one change is undone; `promise` follows `would`, `result` says what is then."""

    subject: str
    promise: str
    result: str
    write: Callable[[], None]


def refused(reason: str) -> Outcome:
    """Return that something is not given back."""
    return Outcome("restore", "refused", reason)


def not_needed(reason: str) -> Outcome:
    """Return that there is nothing to give back."""
    return Outcome("restore", "not-needed", reason)


def is_same_actor(arn: str, other: str) -> bool:
    """Tell whether both are one user or one role: each run of a role has a session of its own."""
    return _role_of(arn) == _role_of(other)


def not_shown(verb: str, actor: str | None, events: Sequence[PolicyEvent]) -> str | None:
    """Return why `events`, of one policy, do not show that the guard's `verb` is the last of them.

    `actor` is whom the ledger names, None where there is no ledger.
    """
    done = [event for event in events if not event.failed]
    if not done:
        return f"CloudTrail does not show that the guard did it ({LATE})"
    last = done[-1]
    if not last.name.startswith(verb):
        return f"somebody has changed it since: {last.name} by {last.actor}"
    by_another = actor is not None and not is_same_actor(last.actor, actor)
    if not last.is_of_a_guard or by_another:
        return f"it was not the guard that did it, but {last.actor}"
    return None


def _role_of(arn: str) -> tuple[str, str]:
    """Return an assumed role's ARN without the session's name, in its two parts."""
    head, _, rest = arn.partition(":assumed-role/")
    return head, rest.partition("/")[0]
