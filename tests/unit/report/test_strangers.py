"""Read all that a run publishes as a stranger does who wants a key that still works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_key_guard.model import Incident, Location, Outcome, Scan, Verdict, VerdictState
from bedrock_key_guard.report.annotations import as_annotations
from bedrock_key_guard.report.assemble import assemble
from bedrock_key_guard.report.case_markdown import Source
from bedrock_key_guard.report.issue import IssueContext, issue_body, issue_title
from bedrock_key_guard.report.report import Report, Visibility
from bedrock_key_guard.report.summary import as_markdown
from bedrock_key_guard.report.text import as_text
from tests.unit.report import samples

SOURCE = Source("https://github.com", "octo/app", "0" * 40)
FILES = ("deep/one.env", "deep/two.env", "deep/three.env")
COMMITS = ("a" * 40, "b" * 40)
OBJECTS = ("d" * 40, "e" * 40)
HARMLESS = ("dead", "contained")

places = st.builds(
    lambda path, line, commit, git_object: replace(
        samples.at(path, line), commit=commit, object=git_object
    ),
    st.sampled_from(FILES),
    st.integers(1000, 1005),
    st.none() | st.sampled_from(COMMITS),
    st.none() | st.sampled_from(OBJECTS),
)
found = st.tuples(
    st.none() | st.sampled_from(get_args(VerdictState)),
    st.sampled_from([None, samples.done(), samples.done(confirmed_dead=False)]),
    st.lists(places, min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from([None, "excluded path"]),
)
Found = tuple[VerdictState | None, Outcome | None, tuple[Location, ...], str | None]


def run(keys: list[Found]) -> Report:
    """Return the report of a run that found these keys."""
    key = samples.long_term()
    incidents = [
        Incident(samples.fingerprint(number), key, "exact", locations, allowed)
        for number, (_, _, locations, allowed) in enumerate(keys, 1)
    ]
    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}
    for incident, (state, outcome, *_) in zip(incidents, keys, strict=True):
        if state:
            verdicts[incident.fingerprint] = samples.verdict(state)
        if outcome:
            outcomes[incident.fingerprint] = outcome
    return assemble(Scan(), incidents, verdicts, outcomes, include_malformed=False)


def published(report: Report, visibility: Visibility) -> Iterator[str]:
    """Yield what is written where the readers of a repository see it."""
    yield as_text(report, visibility=visibility)
    yield as_markdown(report, visibility=visibility, source=SOURCE)
    yield from as_annotations(report, visibility=visibility)
    context = IssueContext(visibility, SOURCE, "https://github.com/octo/app/actions/runs/1")
    for case in report.cases:
        yield issue_title(case)
        yield issue_body(case, context)


@settings(max_examples=150)
@given(st.lists(found, min_size=1, max_size=4), st.sampled_from(["public", "unknown"]))
def test_nothing_leads_a_stranger_to_a_key_that_may_work(
    keys: list[Found], visibility: Visibility
) -> None:
    read = "\n".join(published(run(keys), visibility))
    for state, outcome, locations, _ in keys:
        proven = state in HARMLESS or (outcome is not None and outcome.confirmed_dead)
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
