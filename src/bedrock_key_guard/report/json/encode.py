"""Turn the values of the model into those of JSON, and let no key into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timezone
from typing import Any

from bedrock_key_guard.text.redaction import redact

Json = dict[str, Any]
Shape = Callable[[Any], object]
"""Return what is written in place of a value of one type."""

_DIGESTS = frozenset(("fingerprint", "object", "commit", "primaryLocationLineHash"))


def encode(value: object, shapes: Mapping[type, Shape]) -> Any:
    """Return what JSON has for a value: for a dataclass its fields, unless its type has a shape.

    Times are in UTC, ISO 8601, to the second. No text holds a key, save for ids: they are digests,
    which nobody's text can choose or have blotted out. Raises TypeError for any other type, and for
    a Secret above all.
    """
    shape = shapes.get(type(value), members if is_dataclass(value) else None)
    if shape is not None:
        return encode(shape(value), shapes)
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _harmless(value)
        case datetime():
            return _timestamp(value)
        case tuple():
            return [encode(each, shapes) for each in value]
        case dict():
            return {
                name: each if name in _DIGESTS and isinstance(each, str) else encode(each, shapes)
                for name, each in value.items()
            }
        case _:
            message = f"a {type(value).__name__} is never written as JSON"
            raise TypeError(message)


def members(value: Any) -> Json:
    """Return the fields of a dataclass by their names."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def only(names: str) -> Callable[[Any], Json]:
    """Return the shape that has these attributes alone, in this order."""
    each = names.split()
    return lambda value: {name: getattr(value, name) for name in each}


def renamed(field: str, name: str) -> Shape:
    """Return the shape of a dataclass one of whose fields goes by another name."""
    return lambda value: {
        name if each == field else each: kept for each, kept in members(value).items()
    }


def _harmless(text: str) -> str:
    r"""Leave no key in a text, and write a file name's bytes that are no text as `\udcff`."""
    return redact(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _timestamp(when: datetime) -> str:
    return when.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
