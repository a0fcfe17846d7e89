from __future__ import annotations

import json

import pytest

from bedrock_key_guard.model import NotScanned, Scan, Scanned
from bedrock_key_guard.report.assemble import assemble
from bedrock_key_guard.report.counts import exit_code
from bedrock_key_guard.report.json_report import as_json
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.report.summary import as_markdown
from bedrock_key_guard.report.text import as_text
from bedrock_key_guard.scan.anchors import HISTORY_ANCHORS
from bedrock_key_guard.scan.interruption import INTERRUPTED


def assembled(scan: Scan) -> Report:
    return assemble(scan, (), {}, {}, include_malformed=False)


@pytest.mark.parametrize("deep", [False, True])
def test_a_search_for_less_than_all_says_so_to_people_and_to_programs(deep: bool) -> None:
    report = assembled(Scan(scanned=Scanned(("history",), deep=deep)))
    said = [as_text(report), as_markdown(report, visibility="private")]
    assert all(("--deep" in text) is not deep for text in said)
    assert json.loads(as_json(report))["scanned"]["deep"] is deep


def test_the_number_that_people_are_told_is_right() -> None:
    report = assembled(Scan(scanned=Scanned(("history",), deep=False)))
    assert "the ten starts of keys" in as_text(report)
    assert len(HISTORY_ANCHORS) == 10


def test_what_a_scan_has_to_say_is_said() -> None:
    report = assembled(Scan(scanned=Scanned(since_last=True), notes=("All is new.",)))
    assert "Note: All is new." in as_text(report)
    assert json.loads(as_json(report))["scanned"]["since_last"] is True


@pytest.mark.parametrize("fail_on", ["any", "live", "none"])
def test_an_interrupted_scan_is_incomplete_and_exits_as_the_shell_expects(fail_on: str) -> None:
    report = assembled(Scan(not_scanned=(INTERRUPTED,), interrupted=True))
    assert exit_code(report, fail_on) == 130  # type: ignore[arg-type]
    assert not report.complete
    assert "interrupted" in as_text(report)


def test_a_scan_that_was_not_interrupted_but_missed_something_is_incomplete() -> None:
    report = assembled(Scan(not_scanned=(NotScanned("a", "missing", "x"),)))
    assert exit_code(report, "any") == 4
