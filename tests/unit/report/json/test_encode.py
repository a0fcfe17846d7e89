from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.keys.key import Key, Secret
from bedrock_key_guard.report.json.encode import encode, members, only, renamed
from bedrock_key_guard.report.json.json_report import SHAPES
from tests.unit.report import samples
from tests.unit.report.arbitrary import SECRET


@dataclass(frozen=True, slots=True)
class Pair:
    one: Any
    two: Any = None


NOON = datetime(2026, 11, 23, 14, 0, 0, 999_999, timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (3.2, 3.2),
        ("text", "text"),
        (NOON, "2026-11-23T12:00:00Z"),
        ((1, (2, None)), [1, [2, None]]),
        (Pair(1, Pair("a", NOON)), {"one": 1, "two": {"one": "a", "two": "2026-11-23T12:00:00Z"}}),
        ({"a": Pair((), "x")}, {"a": {"one": [], "two": "x"}}),
        ("odd\udcffname", r"odd\udcffname"),
    ],
)
def test_a_value_is_written_by_its_type_and_a_dataclass_by_its_fields(
    value: object, written: object
) -> None:
    assert encode(value, {}) == written


@pytest.mark.parametrize(
    ("shape", "written"),
    [
        (only("two one"), {"two": 2, "one": 1}),
        (only("two"), {"two": 2}),
        (renamed("one", "first"), {"first": 1, "two": 2}),
        (members, {"one": 1, "two": 2}),
        (lambda pair: (pair.one, pair.two), [1, 2]),
    ],
)
def test_a_type_that_has_a_shape_is_written_in_it_wherever_it_stands(
    shape: Any, written: object
) -> None:
    found = encode((Pair(1, 2), {"in": Pair(1, 2)}), {Pair: shape})
    assert found == [written, {"in": written}]
    assert repr(found) == repr([written, {"in": written}])  # in the same order


@pytest.mark.parametrize(
    "around",
    [
        lambda secret: secret,
        lambda secret: (1, (secret,)),
        lambda secret: {"key": secret},
        lambda secret: {"fingerprint": secret},
        lambda secret: Pair(1, Pair(secret)),
    ],
)
def test_a_secret_is_never_written(around: Any) -> None:
    with pytest.raises(TypeError, match=r"^a Secret is never written as JSON$"):
        encode(around(Secret(SECRET)), SHAPES)


@pytest.mark.parametrize("key", [samples.long_term(), samples.short_term(), samples.malformed()])
def test_a_key_is_written_in_its_shape_or_not_at_all(key: Key) -> None:
    assert key.secret.unseal() not in str(encode(key, SHAPES))
    with pytest.raises(TypeError, match="never written"):
        encode(key, {})


@pytest.mark.parametrize("value", [b"bytes", Path("a"), {1}, frozenset("a"), [1], object(), Pair])
def test_what_json_has_no_word_for_is_an_error(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value, {})


@pytest.mark.parametrize("name", ["path", "one", "fingerprints"])
def test_no_text_holds_a_key(name: str) -> None:
    assert encode({name: (f"keys/{SECRET}.txt",)}, {}) == {name: ["keys/ABSK[redacted].txt"]}


@pytest.mark.parametrize("name", ["fingerprint", "object", "commit"])
def test_an_id_is_a_digest_that_is_never_blotted_out(name: str) -> None:
    assert encode({name: SECRET}, {}) == {name: SECRET}
    assert encode({name: None}, {}) == {name: None}
