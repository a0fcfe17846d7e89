from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.report.github.annotations import MOST_ANNOTATIONS, as_annotations
from bedrock_key_guard.report.report import Report, Visibility, may_name_places
from tests.unit.report import arbitrary, runner, samples

visibilities = st.sampled_from(get_args(Visibility))
PLACE = {"file", "line", "col"}


def command(case: Case, visibility: Visibility = "private") -> runner.Command:
    (line,) = as_annotations(samples.report(case), visibility=visibility)
    found = runner.command_in(line)
    assert found is not None
    return found


@given(arbitrary.reports, visibilities)
def test_each_line_is_one_annotation_and_nothing_else(
    report: Report, visibility: Visibility
) -> None:
    for line in as_annotations(report, visibility=visibility):
        assert line.isprintable()
        found = runner.command_in(line)
        assert found is not None
        assert found.name in {"error", "warning"}
        assert {"title"} <= set(found.properties) <= PLACE | {"title"}
        assert "\n" not in found.message


@given(arbitrary.cases(), visibilities)
def test_a_place_is_in_the_annotation_only_where_it_may_be_told(
    case: Case, visibility: Visibility
) -> None:
    found = command(case, visibility)
    assert PLACE.issubset(found.properties) == may_name_places(case, visibility)


@given(arbitrary.reports)
def test_no_annotation_holds_a_key(report: Report) -> None:
    assert arbitrary.PIECE not in "".join(as_annotations(report, visibility="private"))


def test_an_annotation_says_what_the_key_is_and_where() -> None:
    found = command(samples.case(verdict=samples.verdict("live")))
    assert found.properties == {
        "file": "src/app.py",
        "line": "12",
        "col": "18",
        "title": "Amazon Bedrock long-term API key, live",
    }
    assert found.message == (
        "Bedrock accepts this key: whoever has read it can use it. "
        "Amazon Bedrock long-term API key of account 111122223333; user BedrockAPIKey-ex4m, "
        "alias BedrockAPIKey-ex4m-at-111122223333; fingerprint 1a2b3c4d5e6f."
    )


def test_an_annotation_says_what_was_done() -> None:
    stopped = command(samples.case(verdict=samples.verdict("live"), outcome=samples.done()))
    assert "Response: disabled: credential ACCAQNZGKIQYEXAMPLE22" in stopped.message
    untouched = Outcome("nothing", "not-needed", "because of the evidence")
    dead = command(samples.case(verdict=samples.verdict("dead"), outcome=untouched))
    assert "Response" not in dead.message


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("a,line=9.py", "a%2Cline=9.py"),
        ("a::error::b", "a%3A%3Aerror%3A%3Ab"),
        ("a%0Ab", "a%250Ab"),
        ("a\nb", r"a\nb"),
        ("a\r\n::add-mask::x", r"a\r\n%3A%3Aadd-mask%3A%3Ax"),
    ],
)
def test_a_hostile_path_stays_one_property(path: str, escaped: str) -> None:
    (line,) = as_annotations(
        samples.report(samples.case(locations=(samples.at(path),))), visibility="private"
    )
    assert line.startswith(f"::error file={escaped},line=12,col=18,title=")


def test_a_place_that_is_not_told_is_nowhere_in_the_line() -> None:
    found = command(samples.case(verdict=samples.verdict("live")), "public")
    assert set(found.properties) == {"title"}
    assert "app.py" not in found.message
    assert "1 place, not named here" in found.message


def test_further_places_are_counted() -> None:
    places = (samples.at("a"), samples.at("b"), samples.at("c"))
    assert "It is in 2 more places." in command(samples.case(locations=places)).message


def test_a_malformed_key_only_warns() -> None:
    assert command(samples.case(samples.malformed())).name == "warning"
    assert command(samples.case()).name == "error"


def test_a_warning_has_no_place_and_comes_after_the_keys() -> None:
    report = samples.report(samples.case(), warnings=("A loss: 100%\n::error::no",))
    *_, line = as_annotations(report, visibility="public")
    assert line == "::warning title=Bedrock Key Guard::A loss: 100%25\\n::error::no"


def test_github_shows_no_more_warnings_than_these() -> None:
    report = samples.report(warnings=tuple(map(str, range(20))))
    assert len(as_annotations(report, visibility="public")) == MOST_ANNOTATIONS


@pytest.mark.parametrize("number", [0, 1, MOST_ANNOTATIONS])
def test_what_fits_is_shown_whole(number: int) -> None:
    lines = as_annotations(samples.report(*[samples.case()] * number), visibility="private")
    assert len(lines) == number
    assert not any("more key" in line for line in lines)


def test_what_does_not_fit_is_counted_and_the_live_keys_come_first() -> None:
    dead = samples.case(verdict=samples.verdict("dead"))
    cases = [*[dead] * MOST_ANNOTATIONS, samples.case(verdict=samples.verdict("live"))]
    lines = as_annotations(samples.report(*cases), visibility="private")
    assert len(lines) == MOST_ANNOTATIONS
    assert "API key%2C live::" in lines[0]
    assert lines[-1] == (
        "::error title=More leaked keys::"
        "2 more keys found: the job summary and the report name them."
    )
