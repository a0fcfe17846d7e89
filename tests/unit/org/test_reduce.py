"""What shards tell is a claim: a key counts by its bytes, and a repository by the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard.model.findings import Finding, NotScanned
from bedrock_key_guard.model.origins import Blob, Location, Span
from bedrock_key_guard.org.reduce import Recovering, joined, scan_of
from bedrock_key_guard.org.rows import Found, Row
from bedrock_key_guard.org.state import state_of
from bedrock_key_guard.org.sweep_plan import Plan, Planned, Skipped
from tests.unit.report.samples import long_term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.findings import Scan

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
KEY = long_term()
THERE = Finding(KEY, "exact", Location(Blob("b" * 40, "a.env"), Span(1, 5)))
TOLD = Found(KEY.fingerprint, "exact", "blob", 1, 5, "a.env", "b" * 40)
NAMED = replace(TOLD, source="name", object=None)


def plan_of(*names: str) -> Plan:
    return Plan(NOW, (tuple(Planned(name, f"/srv/{name}") for name in names),))


def as_it_was(planned: Planned) -> Planned | Row:
    return planned


def renamed(planned: Planned) -> Planned | Row:
    return replace(planned, name=f"{planned.name}2", address=f"{planned.address}2")


def reduced(
    plan: Plan, *rows: Row, by_object: bool = True, by_repository: bool = True
) -> tuple[Scan, list[str]]:
    """Return the scan, and what was fetched."""
    asked: list[str] = []

    def of_object(planned: Planned, _object_id: str) -> Sequence[Finding]:
        asked.append(f"object of {planned.name}")
        return [THERE] if by_object else []

    def of_repository(planned: Planned) -> Sequence[Finding]:
        asked.append(f"all of {planned.name}")
        return [THERE] if by_repository else []

    return scan_of(joined(plan, rows, as_it_was), Recovering(of_object, of_repository)), asked


def test_a_key_in_several_repositories_is_fetched_once() -> None:
    rows = [Row(name, "read", found=(TOLD, TOLD)) for name in ("a", "b", "c")]
    scanned, asked = reduced(plan_of("a", "b", "c"), *rows)
    assert asked == ["object of a"]
    assert {each.location.repository for each in scanned.findings} == {"a", "b", "c"}
    assert scanned.complete


@pytest.mark.parametrize(
    ("found", "by_object", "asked"),
    [
        (TOLD, True, ["object of a"]),
        (TOLD, False, ["object of a", "all of a"]),
        (NAMED, True, ["all of a"]),
    ],
)
def test_what_no_object_gives_is_fetched_with_its_repository(
    found: Found, by_object: bool, asked: list[str]
) -> None:
    scanned, fetched = reduced(plan_of("a"), Row("a", "read", found=(found,)), by_object=by_object)
    assert fetched == asked
    assert [each.key for each in scanned.findings] == [KEY]


def test_a_key_that_is_not_found_again_is_no_finding_and_no_silence() -> None:
    row = Row("a", "read", found=(TOLD,))
    scanned, _ = reduced(plan_of("a"), row, by_object=False, by_repository=False)
    assert scanned.findings == ()
    (gap,) = scanned.not_scanned
    assert (gap.what, gap.counts) == ("a", True)


GAPS: list[tuple[Row | None, str]] = [
    (None, "no shard told"),
    (Row("a", "failed", "Git could not read it"), "Git could not read it"),
    (Row("a", "forbidden", "GitHub says: blocked"), "blocked"),
    (Row("a", "gone", "it was deleted"), "deleted"),
    (Row("a", "read", not_scanned=(NotScanned("x.7z", "unopened", "a 7z"),)), "a 7z"),
    (Row("elsewhere", "read", found=(TOLD,)), "the plan does not know it"),
]


@pytest.mark.parametrize(("row", "reason"), GAPS)
def test_whatever_was_not_read_leaves_the_sweep_incomplete(row: Row | None, reason: str) -> None:
    scanned, _ = reduced(plan_of("a"), *([row] if row else []))
    assert not scanned.complete
    assert any(reason in gap.reason for gap in scanned.not_scanned)
    assert scanned.findings == ()


def test_the_counts_add_up() -> None:
    plan = replace(plan_of("a", "b", "c", "d", "e"), skipped=(Skipped("f", "it is a fork"),))
    rows = [
        Row("a", "failed", "once"),
        Row("a", "read", now="a2"),
        Row("b", "failed", "x"),
        Row("c", "forbidden", "x"),
        Row("d", "gone", "x"),
    ]
    told = joined(plan, rows, renamed)
    assert dict(told.counts) == {
        "read": 1,
        "failed": 1,
        "forbidden": 1,
        "gone": 1,
        "missing": 1,
        "renamed": 1,
    }
    planned_at, note = reduced(plan, *rows)[0].notes
    assert planned_at == "The plan of this sweep was made at 2026-11-29 00:00 UTC."
    assert note == (
        "Of 5 repositories 1 read, 1 failed, 1 forbidden, 1 deleted meanwhile, 1 without an "
        "answer; 1 renamed meanwhile, 1 left out by the plan."
    )


def test_a_state_keeps_no_repository_that_has_to_be_read_again() -> None:
    gap = NotScanned("x", "missing", "it is not here")
    plan = plan_of("clean", "leaky", "partly", "listed only", "failed", "old")
    rows = [
        Row("clean", "read", id=1, tips=("t",)),
        Row("leaky", "read", found=(TOLD,)),
        Row("partly", "read", not_scanned=(gap,)),
        Row("listed only", "read", not_scanned=(replace(gap, kind="encrypted"),)),
        Row("failed", "failed", "x"),
        Row("old", "read", now="new"),
    ]
    told = joined(plan, rows, renamed)
    names = [each.name for each in state_of(told, (), NOW).repositories]
    assert names == ["clean", "listed only", "old2"]
    dead = state_of(told, {KEY.fingerprint}, NOW).repositories
    assert "leaky" in [each.name for each in dead]


def test_a_shard_chooses_no_repository() -> None:
    """The name that it tells of is asked of the server, and the key is fetched from there."""
    row = Row("a", "read", now="stranger/other", found=(TOLD,))
    asked: list[str] = []

    def of_object(planned: Planned, _object_id: str) -> Sequence[Finding]:
        asked.append(planned.address)
        return [THERE]

    told = joined(plan_of("a"), [row], renamed)
    scanned = scan_of(told, Recovering(of_object, lambda _: []))
    assert asked == ["/srv/a2"]
    assert {each.location.repository for each in scanned.findings} == {"a2"}
    gone = joined(plan_of("a"), [row], lambda planned: Row(planned.name, "gone", "deleted"))
    assert gone.counts["renamed"] == 0
    assert [each.name for each in gone.repositories.values()] == ["a"]


@pytest.mark.parametrize("deep", [True, False])
def test_a_sweep_is_deep_where_every_repository_was_read_so(deep: bool) -> None:
    rows = [Row("a", "read"), Row("b", "read", deep=deep)]
    assert reduced(plan_of("a", "b"), *rows)[0].scanned.deep is deep
