"""Who put a key where others could read it, how long it was there, and who may be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.origins import Location
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.github.case_markdown import known
from tests.unit.report import rendered, samples, usages
from tests.unit.report.samples import NOW

LEAK = NOW - timedelta(days=2, hours=3)
ANN, BOB = "Ann <ann@example.com>", "Bob <bob@example.com>"
HER = "user BedrockAPIKey-ex4m"
SHORT = samples.short_term()
LIVE = samples.verdict("live")


def place(**git: object) -> Location:
    return samples.at("a.py", **{"commit": "5f1c" * 10, "author_time": LEAK, **git})  # type: ignore[arg-type]


def rows(case: Case, *, named: bool = True, lasting: bool = False) -> dict[str, str]:
    return dict(facts(case, named=named, lasting=lasting))


@pytest.mark.parametrize(
    ("git", "said"),
    [
        ({}, "2026-11-21 03:00 UTC in commit 5f1c5f1c5f1c"),
        ({"author": ANN}, f"2026-11-21 03:00 UTC in commit 5f1c5f1c5f1c, by {ANN}"),
        (
            {"author": ANN, "committer": ANN},
            f"2026-11-21 03:00 UTC in commit 5f1c5f1c5f1c, by {ANN}",
        ),
        (
            {"author": ANN, "committer": BOB},
            f"2026-11-21 03:00 UTC in commit 5f1c5f1c5f1c, by {BOB}, written by {ANN}",
        ),
        ({"commit": None}, None),
        ({"author_time": None, "author": ANN}, None),
    ],
)
def test_who_committed_a_key_and_when_is_said(git: dict[str, object], said: str | None) -> None:
    assert rows(samples.case(verdict=LIVE, locations=(place(**git),))).get("committed") == said


def test_the_earliest_commit_is_named() -> None:
    later = place(author_time=NOW, commit="7" * 40, author=BOB)
    told = rows(
        samples.case(verdict=LIVE, locations=(samples.at("b.py"), place(author=ANN), later))
    )
    assert ANN in told["committed"]


DONE = samples.done(refused_since=NOW)
EXPIRED = samples.short_term(expires_at=LEAK + timedelta(minutes=40))
GONE = samples.short_term(expires_at=LEAK - timedelta(hours=1))


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (samples.case(verdict=LIVE), "since 2026-11-21 03:00 UTC, 2 days 3 hours and counting"),
        (samples.case(), "since 2026-11-21 03:00 UTC, and still"),
        (
            samples.case(verdict=LIVE, outcome=DONE),
            "for 2 days 3 hours, 2026-11-21 03:00 UTC to 2026-11-23 06:00 UTC",
        ),
        (
            samples.case(EXPIRED, samples.verdict("dead", key=EXPIRED)),
            "for 40 minutes, 2026-11-21 03:00 UTC to 2026-11-21 03:40 UTC",
        ),
        (
            samples.case(GONE, samples.verdict("dead", key=GONE)),
            "never while it worked: it ended at 2026-11-21 02:00 UTC",
        ),
        (
            samples.case(verdict=samples.verdict("dead")),
            "since 2026-11-21 03:00 UTC; when that ended is not known",
        ),
        (samples.case(verdict=samples.verdict("rejected")), None),
        (samples.case(verdict=samples.verdict("foreign")), None),
    ],
)
def test_how_long_a_key_was_exposed_is_said(case: Case, said: str | None) -> None:
    leaked = replace(case, incident=replace(case.incident, locations=(place(),)))
    assert rows(leaked).get("exposed") == said


def test_an_exposure_ends_where_cloudtrail_shows_that_somebody_switched_the_key_off() -> None:
    usage = replace(usages.little(), responded_at=LEAK + timedelta(hours=5))
    found = replace(samples.case(verdict=samples.verdict("dead")), usage=usage)
    assert rows(found)["exposed"].startswith("for 5 hours, ")


def test_a_lasting_text_counts_no_days_that_are_not_over() -> None:
    case = samples.case(verdict=LIVE, locations=(place(),))
    assert rows(case, lasting=True)["exposed"] == "since 2026-11-21 03:00 UTC, and still"


def test_a_commit_of_the_future_exposes_nothing() -> None:
    future = place(author_time=NOW + timedelta(days=1))
    assert "exposed" not in rows(samples.case(verdict=LIVE, locations=(future,)))


def test_neither_commit_nor_author_nor_time_is_told_where_places_are_not() -> None:
    case = samples.case(verdict=LIVE, locations=(place(author=ANN, committer=BOB),))
    assert {"committed", "exposed"} <= set(rows(case))
    assert not {"committed", "exposed"} & set(rows(case, named=False))
    public = known(case, "public")
    for word in ("Ann", "Bob", "example", "2026-11-21", "5f1c"):
        assert word not in public
        assert word in known(case, "private")
    dead = replace(case, outcome=samples.done())
    assert "Ann" in known(dead, "public")


@pytest.mark.parametrize(
    ("case", "label", "said"),
    [
        (
            samples.case(verdict=LIVE),
            "opens",
            f"all that Amazon Bedrock allows {HER}, in every region, and no other service",
        ),
        (
            samples.case(SHORT, samples.verdict("live", key=SHORT)),
            "opens",
            "all that Amazon Bedrock allows who signed it, in us-east-1, and no other service",
        ),
        (
            samples.case(verdict=LIVE, outcome=samples.done()),
            "opened",
            f"all that Amazon Bedrock allows {HER}, in every region, and no other service",
        ),
        (
            samples.case(verdict=samples.verdict("contained")),
            "would open",
            f"all that Amazon Bedrock allows {HER}, in every region, and no other service",
        ),
        (samples.case(verdict=samples.verdict("dead")), "opens", None),
        (samples.case(samples.malformed()), "opens", None),
    ],
)
def test_what_a_key_opens_is_said(case: Case, label: str, said: str | None) -> None:
    assert rows(case).get(label) == said


def test_a_hostile_author_stays_text() -> None:
    evil = "<script>alert(1)</script> @everyone ::error::x"
    case = samples.case(verdict=LIVE, locations=(place(author=evil),))
    assert "script" not in rendered.tags(known(case, "private"))
    assert "@everyone" not in rendered.outside_code(known(case, "private"))


def test_a_manual_response_leaves_the_key_exposed() -> None:
    outcome = Outcome("manual", "refused", "user prod is protected")
    case = samples.case(verdict=LIVE, outcome=outcome, locations=(place(),))
    assert rows(case)["exposed"].endswith("and counting")
