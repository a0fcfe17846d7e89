"""Keep what a sweep has read whole, so that the next one reads only what is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # JSON is read by it
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.org.json_files import as_json, from_json, text_of
from bedrock_key_guard.system import write_whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bedrock_key_guard.org.reduce import Joined
    from bedrock_key_guard.org.rows import Row


@dataclass(frozen=True, slots=True)
class Tips:
    """Say up to where a repository has been read whole."""

    name: str
    id: int
    tips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Hold the tips of all that was read whole, and by which version of the guard.

    `api` is the server's, as in a plan. The operator keeps it; whoever can change it can hide keys.
    """

    made_at: datetime
    repositories: tuple[Tips, ...] = ()
    api: str = ""
    engine: str = __version__


def state_of(told: Joined, dead: Collection[str], now: datetime) -> State:
    """Return the state after a sweep.

    What has a gap, or holds a key whose fingerprint is not among the `dead`, is read whole again.
    """
    whole = (row for row in told.rows.values() if row.state == "read" and _is_settled(row, dead))
    each = ((told.repositories[row.name], row.tips) for row in whole)
    return State(now, tuple(Tips(at.name, at.id, tips) for at, tips in each), told.plan.api)


def _is_settled(row: Row, dead: Collection[str]) -> bool:
    keys = {found.fingerprint for found in row.found if found.confidence == "exact"}
    return keys <= set(dead) and not any(gap.counts for gap in row.not_scanned)


def known_tips(file: Path, api: str) -> tuple[dict[tuple[str, int], tuple[str, ...]], str]:
    """Return the tips that a state tells of, and why it tells of none that count.

    Raises UsageError for a file that is no state.
    """
    state = from_json(text_of(file), State, file)
    if state.engine != __version__:
        return {}, f"The state is of version {state.engine}: all is read whole."
    if state.api != api:
        return {}, "The state is of another server: all is read whole."
    return {(each.name, each.id): each.tips for each in state.repositories}, ""


def write_state(file: Path, state: State) -> None:
    """Write a state whole, or leave the one before it."""
    write_whole(file, f"{as_json(state)}\n".encode(), 0o600)
