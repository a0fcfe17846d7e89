"""What one step writes the next one reads, and nothing of another shape."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.org.rows import Found, Row
from bedrock_key_guard.org.state import as_json, from_json
from bedrock_key_guard.org.sweep_plan import Plan, Planned, Skipped
from tests.keysmith import long_term

FILE = Path("file")
NOW = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)
ROW = Row(
    "acme/app",
    "read",
    tips=("a" * 40,),
    objects=3,
    seconds=0.5,
    found=(Found("f" * 64, "exact", "blob", 1, 5, "a.env", "b" * 40, author_time=NOW),),
    not_scanned=(NotScanned("a.7z", "unopened", "it is a 7z archive"),),
)
PLAN = Plan(NOW, ((Planned("acme/app", "https://x/app.git", 5, 1, "private"),),), (
    Skipped("acme/old", "it is archived"),
))  # fmt: skip


@pytest.mark.parametrize("value", [ROW, PLAN, replace(ROW, state="gone", found=())])
def test_what_is_written_is_read_again(value: Any) -> None:
    assert from_json(as_json(value), type(value), FILE) == value


def test_no_text_that_is_written_holds_a_key() -> None:
    key = long_term()
    assert key[4:] not in as_json(replace(ROW, name=key, reason=key))


BROKEN: list[dict[str, Any]] = [
    {"state": "fine"},
    {"objects": "3"},
    {"objects": True},
    {"found": [{"fingerprint": "f"}]},
    {"found": {}},
    {"tips": [1]},
    {"not_scanned": [None]},
    {"name": None},
]


@pytest.mark.parametrize("change", BROKEN)
def test_another_shape_is_one_clear_sentence(change: dict[str, Any]) -> None:
    text = json.dumps({**json.loads(as_json(ROW)), **change})
    with pytest.raises(UsageError, match="is no row of a sweep"):
        from_json(text, Row, FILE)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_other_json_is_refused(value: object) -> None:
    with pytest.raises(UsageError):
        from_json(json.dumps(value), Row, FILE)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        from_json(text, Plan, FILE)
