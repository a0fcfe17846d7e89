from __future__ import annotations

import itertools
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry, read_ledger, settle
from bedrock_key_guard.respond.ledger.records import RECORDS, read_record
from tests.unit.respond.doubles import RECORD, WHAT, What
from tests.unit.verify.doubles import ACCOUNT, NOW

texts = st.text(max_size=30)


def changes(action: str) -> st.SearchStrategy[What]:
    """Give what a ledger is told of a change of this kind."""
    times = st.datetimes(timezones=st.just(timezone.utc)).map(datetime.isoformat)
    values: dict[str, st.SearchStrategy[object]] = {
        "kind": st.sampled_from(("user", "role")),
        "until": times,
        "policies": st.lists(texts, max_size=3).map(tuple),
        "was_attached": st.booleans(),
    }
    record = RECORDS[action]
    given_values: Any = {field.name: values.get(field.name, texts) for field in fields(record)}
    what = {
        "action": st.just(action),
        "actor": texts,
        "account": st.builds(Account, texts, texts),
        "fingerprint": texts,
        "record": st.builds(record, **given_values),
    }
    return st.fixed_dictionaries(what)  # type: ignore[return-value]


slow_fixtures_are_fine = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class Clock:
    """Tell a later second each time."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.jsonl"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    return Ledger(path, Clock())


def test_each_phase_of_a_change_is_a_line(ledger: Ledger, path: Path) -> None:
    entry = ledger.open_change(**WHAT)
    ledger.close_change(entry, "done")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["phase"] for line in lines] == ["intent", "done"]
    assert {line["change"] for line in lines} == {entry.change}
    assert [line["time"] for line in lines] == [
        "2026-11-23T06:00:01+00:00",
        "2026-11-23T06:00:02+00:00",
    ]
    for line in lines:
        assert line["record"] == asdict(RECORD)
        assert (line["account_id"], line["partition"]) == (ACCOUNT, "aws")
        for name in ("action", "actor", "fingerprint"):
            assert line[name] == WHAT[name]


def test_an_intent_is_on_disk_before_the_change_begins(ledger: Ledger, path: Path) -> None:
    entry = ledger.open_change(**WHAT)
    assert read_ledger(path) == [entry]


def test_the_latest_phase_of_each_change_is_read_in_the_order_of_the_changes(
    ledger: Ledger, path: Path
) -> None:
    first, second = ledger.open_change(**WHAT), ledger.open_change(**WHAT)
    ledger.close_change(second, "failed")
    ledger.close_change(first, "done")
    ledger.close_change(first, "restored")
    known = read_ledger(path)
    assert [(entry.change, entry.phase) for entry in known] == [
        (first.change, "restored"),
        (second.change, "failed"),
    ]


def test_changes_have_names_of_their_own(ledger: Ledger) -> None:
    names = {ledger.open_change(**WHAT).change for _ in range(50)}
    assert len(names) == 50


def test_only_the_owner_may_read_it(ledger: Ledger, path: Path) -> None:
    ledger.open_change(**WHAT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_times_are_written_in_utc(path: Path) -> None:
    tokyo = timezone(timedelta(hours=9))
    ledger = Ledger(path, lambda: datetime(2026, 11, 23, 8, 59, tzinfo=tokyo))
    assert ledger.open_change(**WHAT).time == "2026-11-22T23:59:00+00:00"


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "ledger.jsonl"):
        with pytest.raises(OSError, match=r"directory|exists"):
            Ledger(path).open_change(**WHAT)


def test_a_disk_that_is_full_is_an_oserror() -> None:
    with pytest.raises(OSError, match="No space left"):
        Ledger(Path("/dev/full")).open_change(**WHAT)


@pytest.mark.parametrize("link", [False, True])
def test_what_is_no_ledger_is_never_written_to(link: bool, path: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes\n")
    path.parent.mkdir()
    ledger = Ledger(notes)
    if link:
        path.symlink_to(notes)
        ledger = Ledger(path)
    with pytest.raises(OSError, match="no entry of a ledger"):
        ledger.open_change(**WHAT)
    assert notes.read_text() == "# Notes\n"


def test_a_ledger_may_be_a_link_to_one(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    entry = ledger.open_change(**WHAT)
    (tmp_path / "link").symlink_to(path)
    Ledger(tmp_path / "link").close_change(entry, "done")
    assert [known.phase for known in read_ledger(path)] == ["done"]


def test_a_ledger_of_a_later_version_says_so(ledger: Ledger, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(f"{edited()}\n{edited(schema_version=3)}\n")
    with pytest.raises(UsageError, match="a later version of the guard wrote it"):
        read_ledger(path)
    with pytest.raises(OSError, match="a later version"):
        ledger.open_change(**WHAT)


def test_threads_do_not_mix_their_lines(path: Path) -> None:
    ledger = Ledger(path)
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: ledger.open_change(**WHAT), range(80)))
    assert {entry.change for entry in read_ledger(path)} == {entry.change for entry in entries}


def test_a_ledger_holds_nothing_but_its_columns(ledger: Ledger, path: Path) -> None:
    """No column of it is for a key."""
    ledger.open_change(**WHAT)
    (line,) = path.read_text().splitlines()
    assert set(json.loads(line)) == {*GOOD}
    assert set(json.loads(line)["record"]) == {*GOOD["record"]}
    assert {field.name for field in fields(LedgerEntry)} == set(json.loads(line))


# ── cut short ───────────────────────────────────────────────────────────────────────────────────


def test_a_line_that_a_kill_cut_short_is_left_out(ledger: Ledger, path: Path) -> None:
    whole = ledger.open_change(**WHAT)
    begin = path.stat().st_size
    cut = ledger.open_change(**WHAT)
    text = path.read_bytes()
    for end in range(begin, len(text) - 1):
        path.write_bytes(text[:end])
        assert read_ledger(path) == [whole]
    path.write_bytes(text[:-1])  # all of it but the line's end
    assert read_ledger(path) == [whole, cut]


def test_a_ledger_goes_on_after_a_line_that_a_kill_cut_short(ledger: Ledger, path: Path) -> None:
    whole = ledger.open_change(**WHAT)
    begin = path.stat().st_size
    ledger.open_change(**WHAT)
    text = path.read_bytes()
    for end in range(begin, len(text) - 1, 7):
        path.write_bytes(text[:end])
        later = ledger.open_change(**WHAT)
        ledger.close_change(whole, "done")
        assert [entry.change for entry in read_ledger(path)] == [whole.change, later.change]


def test_a_ledger_that_was_never_begun_is_empty(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert read_ledger(path) == []


# ── hostile ─────────────────────────────────────────────────────────────────────────────────────

GOOD: dict[str, Any] = {
    "account_id": ACCOUNT,
    "action": "disable",
    "actor": f"arn:aws:iam::{ACCOUNT}:user/bedrock-key-guard",
    "change": "1",
    "fingerprint": "0" * 64,
    "partition": "aws",
    "phase": "done",
    "record": asdict(RECORD),
    "schema_version": 2,
    "time": "2026-11-23T06:00:00+00:00",
}
FIRST_VERSION: dict[str, Any] = {
    **{name: value for name, value in GOOD.items() if name != "record"},
    **asdict(RECORD),
    "schema_version": 1,
}


def edited(**changes: object) -> str:
    return json.dumps({**GOOD, **changes}, sort_keys=True)


@pytest.mark.parametrize(
    "line",
    [
        "fingerprint 0123456789ab",
        "{}",
        "[]",
        "null",
        "7",
        '"account_id"',
        "{" * 10_000,
        "[" * 200_000,
        "9" * 10_000,
        edited(extra="x"),
        edited(schema_version=1),
        edited(schema_version="2"),
        edited(schema_version=True),
        edited(schema_version=None),
        json.dumps({**FIRST_VERSION, "extra": "x"}),
        json.dumps({**FIRST_VERSION, "schema_version": 2}),
        json.dumps({**FIRST_VERSION, "action": "quarantine"}),
        json.dumps({k: v for k, v in FIRST_VERSION.items() if k != "alias"}),
        edited(action="grant"),
        edited(action=["disable"]),
        edited(record=None),
        edited(record=[]),
        edited(record={}),
        edited(action="quarantine"),
        edited(phase="begun"),
        edited(phase=""),
        edited(time="yesterday"),
        edited(time=""),
        edited(time=7),
        edited(time="2026-11-23T06:00:00"),
        edited(actor={"arn": "x"}),
        edited(record={**GOOD["record"], "credential_id": None}),
        edited(record={**GOOD["record"], "alias": ["x"]}),
        edited(record={**GOOD["record"], "user_name": True}),
        edited(record={**GOOD["record"], "extra": "x"}),
        json.dumps({name: value for name, value in GOOD.items() if name != "actor"}),
        edited() + edited(),
        " " + edited()[:40],
        "\ufeff" + edited(),
        "\0",
    ],
    ids=itertools.count(),
)
def test_a_file_that_is_no_ledger_is_refused(line: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(f"{edited()}\n{line}\n{edited()}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="holds a line that is no entry of a ledger"):
        read_ledger(path)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda _: None, "No such file or directory"),
        (lambda path: path.mkdir(parents=True), "Is a directory"),
        (lambda path: _write(path, b"\xff\xfe\x00"), "holds a line that is no entry"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    make: Callable[[Path], None], why: str, path: Path
) -> None:
    make(path)
    with pytest.raises(UsageError, match=why) as refused:
        read_ledger(path)
    assert repr(str(path)) in str(refused.value)
    assert "--ledger" in refused.value.remedy


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


@slow_fixtures_are_fine
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_file_does_more_than_be_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(content)
    with suppress(UsageError):
        assert read_ledger(path) == []


@slow_fixtures_are_fine
@given(change=st.sampled_from(sorted(RECORDS)).flatmap(changes))
def test_whatever_is_written_is_read_again(change: What, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.unlink(missing_ok=True)
    entry = Ledger(path).open_change(**change)
    assert read_ledger(path) == [entry]


def test_a_line_of_the_first_version_is_still_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps(FIRST_VERSION, sort_keys=True) + "\n")
    (entry,) = read_ledger(path)
    assert (entry.record, entry.action, entry.schema_version) == (RECORD, "disable", 2)
    assert entry.account == Account(ACCOUNT)


@pytest.mark.parametrize("kind", ["quarantine", "revoke-sessions", "hold"])
@pytest.mark.parametrize(
    "wrong", [{"kind": "group"}, {"until": "soon"}, {"until": "2026-11-23"}, {"name": 7}]
)
def test_a_record_with_a_value_of_the_wrong_kind_is_refused(
    kind: str, wrong: dict[str, object], path: Path
) -> None:
    good = {
        "kind": "role",
        "name": "ml-pipeline",
        "unique_id": "AROAEXAMPLE",
        "policy": "p",
        "document": "{}",
        "until": "2026-11-23T06:00:00+00:00",
        "was_attached": False,
    }
    names = {field.name for field in fields(RECORDS[kind])}
    record = {name: value for name, value in good.items() if name in names}
    assert read_record(kind, dict(record)).title == "role ml-pipeline"
    with pytest.raises((ValueError, TypeError)):
        read_record(kind, {**record, **wrong})


# ── what became of a change ─────────────────────────────────────────────────────────────────────


def test_settling_writes_the_phase_and_changes_nothing_else(ledger: Ledger, path: Path) -> None:
    outcome = Outcome("disable", "done", "it is Inactive")
    entry = ledger.open_change(**WHAT)
    assert settle(outcome, ledger, entry, "done") is outcome
    assert [known.phase for known in read_ledger(path)] == ["done"]


def test_a_ledger_that_fails_after_the_change_is_told_beside_it(ledger: Ledger, path: Path) -> None:
    outcome = Outcome("disable", "done", "it is Inactive", confirmed_at=NOW)
    entry = ledger.open_change(**WHAT)
    path.unlink()
    path.mkdir()
    settled = settle(outcome, ledger, entry, "done")
    assert settled == replace(outcome, reason="it is Inactive (the ledger: Is a directory)")
