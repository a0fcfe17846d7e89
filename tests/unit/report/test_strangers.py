"""Read all that a run publishes as a stranger does who wants a key that still works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.model.findings import NotScanned, Scan
from bedrock_key_guard.model.origins import Location
from bedrock_key_guard.pipeline.assembling import assemble
from bedrock_key_guard.report.github.annotations import as_annotations
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from bedrock_key_guard.report.github.issue import IssueContext, issue_title, rest_text
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.html.page import as_html
from bedrock_key_guard.report.json.json_report import as_json
from bedrock_key_guard.report.report import Report, Visibility
from bedrock_key_guard.report.terminal.text import as_text
from tests.rows import each
from tests.unit.report import samples
from tests.unit.report.rendered import issue_body

SOURCE = ScannedCode("https://github.com", "octo/app", "0" * 40)
FILES = ("deep/one.env", "deep/two.env", "deep/three.env")
COMMITS = ("a" * 40, "b" * 40)
OBJECTS = ("d" * 40, "e" * 40)

KILLED, DENIED = samples.done(), samples.done(action="quarantine")

places = st.builds(
    lambda path, line, commit, git_object: samples.at(path, line, commit=commit, object=git_object),
    st.sampled_from(FILES),
    st.integers(1000, 1005),
    st.none() | st.sampled_from(COMMITS),
    st.none() | st.sampled_from(OBJECTS),
)
found = st.tuples(
    st.none() | st.sampled_from(get_args(VerdictState)),
    st.sampled_from([None, KILLED, DENIED, samples.done(confirmed_at=None)]),
    st.lists(places, min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from([None, "excluded path"]),
)
Found = tuple[VerdictState | None, Outcome | None, tuple[Location, ...], str | None]


def run(keys: list[Found]) -> Report:
    """Return the report of a run that found these keys."""
    cases = [
        samples.case(
            samples.long_term(fingerprint=samples.fingerprint(number)),
            samples.verdict(state) if state else None,
            outcome,
            locations=locations,
            allowed=allowed,
        )
        for number, (state, outcome, locations, allowed) in enumerate(keys, 1)
    ]
    return assemble(Scan(), cases, include_malformed=False)


def published(report: Report, visibility: Visibility) -> Iterator[str]:
    """Yield what is written where the readers of a repository see it."""
    yield as_text(report, visibility=visibility)
    yield as_markdown(report, visibility=visibility, source=SOURCE)
    yield from as_annotations(report, visibility=visibility)
    context = IssueContext(visibility, SOURCE, "https://github.com/octo/app/actions/runs/1")
    for case in report.cases:
        yield issue_title(case)
        yield issue_body(case, context)


@given(st.lists(found, min_size=1, max_size=4), st.sampled_from(["public", "unknown"]))
def test_nothing_leads_a_stranger_to_a_key_that_may_work(
    keys: list[Found], visibility: Visibility
) -> None:
    read = "\n".join(published(run(keys), visibility))
    for state, outcome, locations, _ in keys:
        proven = state == "dead" or outcome == KILLED
        for place in () if proven else locations:
            assert place.path not in read
            assert (place.commit or "no commit")[:12] not in read
            assert (place.object or "no object")[:12] not in read


@pytest.mark.parametrize("visibility", ["private", "internal"])
def test_the_owners_are_told_every_place(visibility: Visibility) -> None:
    keys: list[Found] = [("live", None, tuple(samples.at(path) for path in FILES), None)]
    told = list(published(run(keys), visibility))
    for text in (told[0], told[1], told[-1]):
        assert all(f"{path}:12:18" in text for path in FILES)


def test_a_stranger_is_told_where_a_dead_key_stood() -> None:
    keys: list[Found] = [
        ("dead", None, (samples.at(FILES[0]),), None),
        ("live", None, (samples.at(FILES[1]),), None),
    ]
    assert f"{FILES[0]}:12:18" in "\n".join(published(run(keys), "public"))


# ── every text, for every reader, of a key of every verdict ─────────────────────────────────────

TEXTS: dict[str, Callable[[Report, Visibility], str]] = {
    "log": lambda report, seen_by: as_text(report, visibility=seen_by),
    "summary": lambda report, seen_by: as_markdown(report, visibility=seen_by, source=SOURCE),
    "annotations": lambda report, seen_by: "\n".join(as_annotations(report, visibility=seen_by)),
    "issue": lambda report, seen_by: "\n".join(
        issue_body(case, IssueContext(seen_by, SOURCE)) for case in report.cases
    ),
}
FOR_OWNERS: dict[str, Callable[[Report], str]] = {"report": as_json, "page": as_html}
"""What is written to a file of the person or the job that asked, and to nobody else."""
MISSED = (
    NotScanned("vendor/secrets.7z", "unopened", "it is in a format that this guard cannot open"),
    NotScanned("logs/huge.bin", "missing", "it is larger than a file may be"),
)
LISTS_MISSED = ("log", "summary")


def of_state(state: VerdictState | None, outcome: Outcome | None, allowed: str | None) -> Report:
    """Return the report of a run that could not read everything, and found one key."""
    place = samples.at(FILES[0], commit=COMMITS[0], object=OBJECTS[0])
    verdict = samples.verdict(state) if state else None
    case = samples.case(verdict=verdict, outcome=outcome, locations=(place,), allowed=allowed)
    return assemble(Scan(not_scanned=MISSED), [case], include_malformed=False)


@each("text", TEXTS)
@each("visibility", get_args(Visibility))
@each("outcome", [None, KILLED, DENIED])
@each("state", [None, *get_args(VerdictState)])
def test_which_text_names_a_place_to_whom(
    state: VerdictState | None, outcome: Outcome | None, visibility: Visibility, text: str
) -> None:
    said = TEXTS[text](of_state(state, outcome, None), visibility)
    named = visibility in ("private", "internal") or state == "dead" or outcome == KILLED
    assert (FILES[0] in said) is named
    if not named:
        assert COMMITS[0][:12] not in said
        assert OBJECTS[0][:12] not in said


@pytest.mark.parametrize("text", FOR_OWNERS)
@pytest.mark.parametrize("state", [None, *get_args(VerdictState)])
def test_what_stays_with_who_asked_names_everything(state: VerdictState | None, text: str) -> None:
    said = FOR_OWNERS[text](of_state(state, None, None))
    assert all(name in said for name in (FILES[0], *(missed.what for missed in MISSED)))


@pytest.mark.parametrize("state", [None, *get_args(VerdictState)])
def test_the_issue_that_keys_share_names_no_place_to_anybody(state: VerdictState | None) -> None:
    said = rest_text(of_state(state, None, None).cases)
    assert not any(name in said for name in (FILES[0], COMMITS[0][:12], OBJECTS[0][:12]))


@each("text", LISTS_MISSED)
@each("visibility", get_args(Visibility))
@each("allowed", [None, "baseline"])
@each("outcome", [None, KILLED, DENIED])
@each("state", [None, *get_args(VerdictState)])
def test_what_was_not_scanned_is_named_to_strangers_only_if_every_key_is_dead(
    state: VerdictState | None,
    outcome: Outcome | None,
    allowed: str | None,
    visibility: Visibility,
    text: str,
) -> None:
    said = " ".join(TEXTS[text](of_state(state, outcome, allowed), visibility).split())
    named = visibility in ("private", "internal") or state == "dead" or outcome == KILLED
    for missed in MISSED:
        assert (missed.what in said) is named
        assert (missed.reason in said) is named
    why = "2 things (1 missing, 1 unopened), not named here"
    assert (why in said and "a key of this run is not proven dead" in said) is not named


def test_what_was_not_scanned_is_named_where_there_is_no_key() -> None:
    for text in LISTS_MISSED:
        said = TEXTS[text](
            assemble(Scan(not_scanned=MISSED), [], include_malformed=False), "public"
        )
        assert all(missed.what in said for missed in MISSED)


@pytest.mark.parametrize("text", LISTS_MISSED)
def test_part_of_a_key_keeps_what_was_not_scanned_quiet(text: str) -> None:
    """The rest of it may stand in what could not be read."""
    part = samples.case(samples.malformed())
    report = assemble(Scan(not_scanned=MISSED), [part], include_malformed=False)
    assert not any(missed.what in TEXTS[text](report, "public") for missed in MISSED)
