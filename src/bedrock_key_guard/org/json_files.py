"""Read what one step of a sweep wrote for the next, and take nothing that is not of its shape."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.report.json.encode import encode

if TYPE_CHECKING:
    from pathlib import Path

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
