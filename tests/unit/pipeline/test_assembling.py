from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from bedrock_key_guard.model.evidence import Verdict, VerdictState
from bedrock_key_guard.model.findings import NotScanned, Scan, Scanned
from bedrock_key_guard.model.origins import Location
from bedrock_key_guard.pipeline.assembling import assemble
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.json.json_report import as_json
from bedrock_key_guard.report.report import Report, counts, exit_code, may_name_places
from bedrock_key_guard.report.terminal.text import as_text
from bedrock_key_guard.scan.prefilter.literals import HISTORY_LITERALS
from bedrock_key_guard.scan.scan import INTERRUPTED
from tests.unit.report import samples


def assembled(scan: Scan) -> Report:
    return assemble(scan, (), include_malformed=False)


def ruled(**changes: Any) -> Verdict:
    """Return a verdict whose evidence has these fields."""
    found = samples.verdict("unverified")
    return replace(found, evidence=replace(found.evidence, **changes))


DEAD, LIVE = samples.verdict("dead"), samples.verdict("live")
COMMIT = samples.at("b.py", commit="c" * 40, object="d" * 40)


def judged(*found: tuple[Verdict | None, tuple[Location, ...], str | None]) -> Report:
    """Return the report on keys with these verdicts, places, and reasons to be hidden."""
    cases = [
        samples.case(
            samples.long_term(fingerprint=samples.fingerprint(number)),
            verdict,
            locations=places,
            allowed=allowed,
        )
        for number, (verdict, places, allowed) in enumerate(found)
    ]
    return assemble(Scan(), cases, include_malformed=True)


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (samples.at("other.py"), True),
        (samples.at("a.py", 99), False),
        (samples.at("c.py", commit="c" * 40, object="e" * 40), False),
        (samples.at("c.py", commit="e" * 40, object="d" * 40), False),
        (samples.at("", source="stdin"), True),
    ],
)
@pytest.mark.parametrize("other", [None, LIVE, DEAD])
@pytest.mark.parametrize("allowed", [None, "excluded path"])
def test_a_dead_key_does_not_lead_strangers_to_one_that_may_live(
    beside: Location, told: bool, other: Verdict | None, allowed: str | None
) -> None:
    places = (samples.at("a.py"), COMMIT, samples.at(""))
    dead, *_ = judged((DEAD, places, None), (other, (beside,), allowed)).cases
    assert may_name_places(dead, "public") is (told or other is DEAD)
    assert may_name_places(dead, "private")


@pytest.mark.parametrize(
    ("ahead", "note"),
    [
        (None, ()),
        (timedelta(minutes=-5), ()),
        (timedelta(minutes=62), "62 minutes ahead of the servers'"),
        (timedelta(hours=-30), "1,800 minutes behind the servers'"),
    ],
)
def test_a_clock_that_the_servers_show_to_be_wrong_is_told(
    ahead: timedelta | None, note: str | tuple[()]
) -> None:
    clock = replace(DEAD.evidence.clock, ahead=ahead)
    notes = judged((ruled(clock=clock), (samples.at("a.py"),), None)).notes
    assert notes == (note and (f"The clock of this machine is {note}: their time counts.",))


@pytest.mark.parametrize("state", [None, *get_args(VerdictState)])
def test_an_allow_listed_key_is_shown_only_if_it_is_proven_live(state: VerdictState | None) -> None:
    verdict = samples.verdict(state) if state else None
    hidden = judged((verdict, (samples.at("a.py"),), "baseline"))
    assert bool(hidden.cases) is (state in ("live", "contained"))
    live = (
        ("Keys that are allowed and live all the same: 000000000000.",) if state == "live" else ()
    )
    assert hidden.notes == ("1 key was allow-listed, and shown only if proven live.", *live)
    assert judged((verdict, (samples.at("a.py"),), None)).cases


@pytest.mark.parametrize("asked_for", [True, False])
@pytest.mark.parametrize("allowed", [None, "baseline"])
def test_part_of_a_key_is_shown_where_it_is_asked_for(asked_for: bool, allowed: str | None) -> None:
    part = samples.case(samples.malformed(), allowed=allowed)
    report = assemble(Scan(), [part], include_malformed=asked_for)
    assert bool(report.cases) is (asked_for and allowed is None)
    assert counts(report).malformed == (0 if allowed else 1)


def test_part_of_a_key_beside_a_dead_key_hides_nothing() -> None:
    cases = [samples.case(verdict=DEAD), samples.case(samples.malformed())]
    report = assemble(Scan(), cases, include_malformed=True)
    assert [may_name_places(case, "public") for case in report.cases] == [True, False]


def test_why_a_dead_keys_place_is_not_told_is_said() -> None:
    places = (samples.at("a.py"),)
    report = judged((DEAD, places, None), (LIVE, places, None))
    said = as_text(report, visibility="public"), as_markdown(report, visibility="public")
    for text in said:
        folded = " ".join(text.split())
        assert "a key in the same files or commits is not proven dead" in folded
        assert "and the key is not proven dead" in folded
        assert "a.py" not in text


UNDONE = samples.done(state="refused", confirmed_at=None)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (
            {"verdict": ruled(left_out_by="max-probes")},
            "1 key was not verified: the run met max-probes.",
        ),
        (
            {"outcome": replace(UNDONE, left_out_by="max-responses")},
            "1 key was not answered: it met max-responses.",
        ),
        ({"verdict": ruled(notes=("not asked: it is somebody's (max-probes)",))}, None),
        ({"outcome": replace(UNDONE, reason="user a is b (max-responses)")}, None),
    ],
)
def test_what_a_bound_left_out_makes_a_run_incomplete_whatever_its_reasons_say(
    left: dict[str, Any], said: str | None
) -> None:
    cases = [replace(samples.case(), **left), samples.case(samples.short_term())]
    report = assemble(Scan(), cases, include_malformed=True)
    assert report.incomplete == ((said,) if said else ())
    assert report.complete is (said is None)


@pytest.mark.parametrize("deep", [False, True])
def test_a_search_for_less_than_all_says_so_to_people_and_to_programs(deep: bool) -> None:
    report = assembled(Scan(scanned=Scanned(("history",), deep=deep)))
    said = [as_text(report), as_markdown(report, visibility="private")]
    assert all(("--deep" in text) is not deep for text in said)
    assert json.loads(as_json(report))["scanned"]["deep"] is deep


def test_the_number_that_people_are_told_is_right() -> None:
    report = assembled(Scan(scanned=Scanned(("history",), deep=False)))
    assert "the ten most common ways" in as_text(report)
    assert "for what is compressed inside other files" in as_text(report)
    assert len(HISTORY_LITERALS) == 10


def test_what_a_scan_has_to_say_is_said() -> None:
    report = assembled(Scan(notes=("All is new.",)))
    assert "Note: All is new." in as_text(report)


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("working-tree", "Name a file or a folder"),
        ("index", "git add"),
        ("range", "main..HEAD"),
        ("history", "Commit or fetch"),
    ],
)
@pytest.mark.parametrize("fail_on", ["any", "live", "none"])
def test_a_run_that_read_nothing_is_incomplete_and_says_what_to_do(
    source: str, remedy: str, fail_on: str
) -> None:
    accepted = NotScanned("a", "missing", "accepted by the allow-list", accepted=True)
    for scan in (Scan(scanned=Scanned((source,))), Scan((), Scanned((source,)), (accepted,))):
        report = assembled(scan)
        assert exit_code(report, fail_on) == 4  # type: ignore[arg-type]
        data = json.loads(as_json(report))
        assert (data["complete"], "INCOMPLETE" in as_text(report)) == (False, True)
        (reason,) = (each["reason"] for each in data["not_scanned"] if each["what"] == "the run")
        assert remedy in reason


@pytest.mark.parametrize(
    "scanned",
    [
        Scanned(("range", "working-tree"), objects=1),
        Scanned(("stdin",), objects=1),
    ],
)
def test_what_holds_little_is_complete_once_it_is_read(scanned: Scanned) -> None:
    assert exit_code(assembled(Scan(scanned=scanned)), "any") == 0


def test_why_there_was_nothing_to_read_is_said_and_never_called_complete() -> None:
    report = assembled(Scan(notes=("A branch was deleted.",)))
    assert exit_code(report, "any") == 0
    text = as_text(report)
    assert "No keys found; there was nothing to read." in text
    assert "Note: A branch was deleted." in text
    assert "complete" not in text.lower()


@pytest.mark.parametrize("fail_on", ["any", "live", "none"])
def test_an_interrupted_scan_is_incomplete_and_exits_as_the_shell_expects(fail_on: str) -> None:
    report = assembled(Scan(not_scanned=(INTERRUPTED,), interrupted=True))
    assert exit_code(report, fail_on) == 130  # type: ignore[arg-type]
    assert not report.complete
    assert "interrupted" in as_text(report)


def test_a_scan_that_was_not_interrupted_but_missed_something_is_incomplete() -> None:
    report = assembled(Scan(not_scanned=(NotScanned("a", "missing", "x"),)))
    assert exit_code(report, "any") == 4
