from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from bedrock_key_guard.keys.families import FAMILIES, UNKNOWN_LONG_TERM
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.report.sarif.sarif_report import MOST_RESULTS, as_sarif
from tests.unit.report import arbitrary, samples
from tests.unit.report.sarif.subset import LOG

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import VerdictState
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.report.report import Report

LARGEST = 10_000_000
"""Bytes, packed with gzip, that GitHub takes ("Uploading a SARIF file to GitHub")."""


def run_of(report: Report) -> Any:
    return run_in(as_sarif(report))


def run_in(text: str) -> Any:
    (run,) = json.loads(text)["runs"]
    return run


def results(*cases: Case) -> Any:
    return run_of(samples.report(*cases))["results"]


def notifications(report: Report) -> list[str]:
    return told_in(run_of(report))


def told_in(run: Any) -> list[str]:
    (invocation,) = run["invocations"]
    return [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]


def where(result: Any) -> tuple[str, int, int]:
    (location,) = result["locations"]
    file, region = (location["physicalLocation"][n] for n in ("artifactLocation", "region"))
    return unquote(file["uri"]), region["startLine"], region["startColumn"]


@given(arbitrary.reports)
def test_every_report_is_sarif_and_tells_no_key(report: Report) -> None:
    text = as_sarif(report)
    Draft202012Validator(LOG).validate(json.loads(text))
    assert text.isascii()
    assert arbitrary.PIECE not in text


def test_the_rich_report_is_sarif() -> None:
    Draft202012Validator(LOG).validate(json.loads(as_sarif(samples.rich())))


def test_there_is_a_rule_with_help_for_each_family() -> None:
    rules = run_of(samples.report())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        *(family.name for family in FAMILIES),
        UNKNOWN_LONG_TERM.name,
    ]
    assert all("https://docs." in rule["help"]["markdown"] for rule in rules)


def test_the_worst_key_comes_first_and_is_an_error() -> None:
    states: tuple[VerdictState, ...] = ("dead", "unverified", "live")
    found = [
        samples.case(
            samples.long_term(fingerprint=samples.fingerprint(number)), samples.verdict(state)
        )
        for number, state in enumerate(states)
    ]
    assert [each["level"] for each in results(*found)] == ["error", "warning", "note"]


def test_an_alert_stays_one_as_its_line_moves_and_two_places_are_two() -> None:
    def hashes(*lines: int) -> list[str]:
        places = tuple(samples.at("a.env", line) for line in lines)
        found = results(samples.case(locations=places))
        return [each["partialFingerprints"]["primaryLocationLineHash"] for each in found]

    assert hashes(3) == hashes(40)
    assert len({*hashes(3, 9)}) == 2


def test_a_key_is_known_whatever_the_secret_of_another_spells() -> None:
    (one,) = results(samples.case())
    assert one["partialFingerprints"]["primaryLocationLineHash"] == "1a2b3c4d5e6f0000:1"


FILES = {
    "in the work tree": (samples.at("a.env"), ("a.env", 12, 18)),
    "staged": (samples.at("a.env", source="index"), ("a.env", 12, 18)),
    "at the tip of a branch": (
        samples.at("a.env", commit="a" * 40, at_tip=True),
        ("a.env", 12, 18),
    ),
    "in a member": (samples.at("a.zip", containers=("zip:x/y.env",)), ("a.zip", 1, 1)),
    "under a name with a blank": (samples.at("a b#c.env"), ("a b#c.env", 12, 18)),
}
NO_FILES = {
    "gone from every branch": samples.at("a.env", commit="a" * 40, at_tip=False),
    "where nobody knows whether it is gone": samples.at("a.env", commit="a" * 40),
    "unreachable": samples.at("a.env", source="unreachable"),
    "a message": samples.at("", source="commit-message"),
    "standard input": samples.at("", source="stdin"),
    "outside of the repository": samples.at("../a.env"),
    "anywhere on the disk": samples.at("/etc/a.env"),
    "a name that holds a key": samples.at(arbitrary.SECRET),
}


@pytest.mark.parametrize("name", FILES)
def test_a_place_in_a_file_is_shown_beside_it(name: str) -> None:
    place, expected = FILES[name]
    (result,) = results(samples.case(locations=(place,)))
    assert where(result) == expected


@pytest.mark.parametrize("place", NO_FILES.values(), ids=list(NO_FILES))
def test_a_place_that_no_file_has_is_counted(place: Location) -> None:
    report = samples.report(samples.case(locations=(place, samples.at("b.env"))))
    assert [where(each)[0] for each in run_of(report)["results"]] == ["b.env"]
    assert notifications(report) == [
        "1 place of the history alone, or of what is no file, left out."
    ]


def test_a_file_that_was_read_twice_has_one_alert() -> None:
    places = (samples.at("a.env"), samples.at("a.env", commit="a" * 40, at_tip=True))
    assert len(results(samples.case(locations=places))) == 1
    assert notifications(samples.report(samples.case(locations=places))) == []


@pytest.mark.slow
def test_beyond_what_code_scanning_keeps_the_rest_is_counted() -> None:
    places = tuple(samples.at(f"{'d' * 60}/{n}.env") for n in range(MOST_RESULTS + 7))
    text = as_sarif(samples.report(samples.case(locations=places)))
    run = run_in(text)
    assert len(run["results"]) == MOST_RESULTS
    assert told_in(run) == ["7 places left out: code scanning takes 5,000."]
    assert len(gzip.compress(text.encode())) < LARGEST


def test_what_a_run_could_not_do_is_told() -> None:
    missed = (NotScanned("a", "missing", "x"), NotScanned("b", "encrypted", "x"))
    report = samples.report(missed=missed, incomplete=("It met [a](bound).",), warnings=("W.",))
    assert notifications(report) == [
        "1 thing could not be scanned.",
        r"It met \[a\](bound).",
        "W.",
    ]
    assert run_of(report)["invocations"][0]["executionSuccessful"] is False
