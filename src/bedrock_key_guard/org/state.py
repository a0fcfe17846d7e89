"""Keep what one step or sweep leaves for the next, and take nothing that is not of its shape.

What a sweep has read whole is kept, so that the next one reads only what is new.
"""

from __future__ import annotations

import json
import types
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime  # JSON is read by it
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from bedrock_key_guard import __version__
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.report.json.encode import encode
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


Value = TypeVar("Value")


class _MisshapenError(ValueError):
    """Say which member of a file has not the shape that it should have."""


def as_json(value: object) -> str:
    """Return a dataclass as one line of JSON; no text in it holds a key."""
    return json.dumps(encode(value, {}), separators=(",", ":"))


def text_of(file: Path) -> str:
    """Return the text of a file. Raises UsageError where it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{str(file)!r} cannot be read: {reason}.") from None


def from_json(text: str, shape: type[Value], file: Path) -> Value:
    """Return the dataclass that a line of JSON holds. Raises UsageError where it holds another."""
    try:
        read: Value = _read(json.loads(text), shape, shape.__name__.lower())
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, _MisshapenError) else "it is no JSON"
        raise UsageError(
            f"{str(file)!r} is no {shape.__name__.lower()} of a sweep: {what}.",
            remedy="Give the file that the step before this one wrote, as it is.",
        ) from None
    return read


def _read(value: Any, shape: Any, where: str) -> Any:
    """Return a value of JSON as the shape that a field's annotation names."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in (Union, types.UnionType):
        kind = next((each for each in arguments if each is not type(None)), None)
        return None if value is None and type(None) in arguments else _read(value, kind, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(each, arguments[0], where) for each in value)
    if origin is Literal and value in arguments:
        return value
    if is_dataclass(shape) and isinstance(value, dict):
        hints = get_type_hints(shape)
        known = (each.name for each in fields(shape) if each.name in value)
        members = {name: _read(value[name], hints[name], f"{where}.{name}") for name in known}
        try:
            return shape(**members)  # type: ignore[operator]  # a class is what it is called for
        except TypeError:
            raise _MisshapenError(f"{where} lacks a member") from None
    if shape is datetime and isinstance(value, str):
        return read_time(value)
    if origin is None and isinstance(shape, type) and type(value) is shape:
        return value
    raise _MisshapenError(f"{where} is not what it should be")
