from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.doctor.drill.leftovers import why_foreign
from bedrock_key_guard.doctor.drill.operator import Credential, DrillUser
from bedrock_key_guard.doctor.drill.traces import PATH, Traces, as_record, read_record

BEGUN = datetime(2026, 11, 29, 13, 0, tzinfo=timezone.utc)
ID = "0123456789abcdef"
FOLDER = Path("/tmp").absolute() / f"bedrock-key-guard-drill-{ID}"
TRACES = Traces(ID, "111122223333", FOLDER, BEGUN, True, "AIDAEXAMPLE", "ACCAEXAMPLE")
SOON = BEGUN + timedelta(seconds=3)
KEY = Credential("ACCAEXAMPLE", "bedrock.amazonaws.com", SOON)
USER = DrillUser("AIDAEXAMPLE", PATH, ID, SOON, (KEY,), ())


def credentials(**changes: Any) -> DrillUser:
    return replace(USER, credentials=(replace(KEY, **changes),))


@pytest.mark.parametrize(
    ("traces", "user"),
    [
        (TRACES, USER),
        (TRACES, replace(USER, credentials=())),
        (replace(TRACES, user_id="", credential_id=""), USER),
        (replace(TRACES, credential_id=""), credentials(id="ACCAOTHER")),
        (TRACES, credentials(created=BEGUN + timedelta(days=1))),
        (TRACES, replace(USER, created=BEGUN - timedelta(minutes=4))),
    ],
)
def test_what_a_drill_made_is_its_own(traces: Traces, user: DrillUser) -> None:
    assert why_foreign(traces, user) == ""


@pytest.mark.parametrize(
    "user",
    [
        replace(USER, path="/"),
        replace(USER, tag=""),
        replace(USER, tag="another"),
        replace(USER, id="AIDAOTHER"),
        replace(USER, created=BEGUN - timedelta(minutes=6)),
        replace(USER, others=("the policy X",)),
        credentials(id="ACCAOTHER", service="codecommit.amazonaws.com"),
        credentials(id="ACCAOTHER", created=BEGUN + timedelta(minutes=16)),
        credentials(id="ACCAOTHER", created=BEGUN - timedelta(minutes=6)),
    ],
)
def test_what_it_cannot_be_shown_to_have_made_is_not(user: DrillUser) -> None:
    assert why_foreign(TRACES, user)


def test_what_is_written_down_is_read_again() -> None:
    assert read_record(as_record(TRACES)) == TRACES


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../etc"},
        {"id": "0123"},
        {"account_id": "all"},
        {"folder": "/"},
        {"folder": f"/home/{'x' * 16}"},
        {"folder": f"bedrock-key-guard-drill-{ID}"},
        {"begun": "yesterday"},
    ],
    ids=str,
)
def test_what_no_drill_writes_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of any kind
        read_record({**as_record(TRACES), **changes})


def test_a_record_that_lacks_something_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        read_record({"id": ID})
