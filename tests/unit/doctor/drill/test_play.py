from __future__ import annotations

import pytest

from bedrock_key_guard.doctor.drill.play import ending
from bedrock_key_guard.report.report import Report
from tests.unit.report.samples import case, done, report, verdict

LIVE = verdict("live", "bedrock accepted it")


def test_only_a_key_that_was_proven_live_and_is_confirmed_dead_ends_a_drill_well() -> None:
    ended = ending(report(case(verdict=LIVE, outcome=done())))
    assert ended.proved
    assert "bedrock accepted it" in ended.said
    assert "3.2 seconds" in ended.said


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (report(), "0 keys"),
        (report(case(verdict=LIVE, outcome=done()), case(verdict=LIVE, outcome=done())), "2 keys"),
        (report(case()), "not verified"),
        (report(case(), incomplete=("AWS kept silent",)), "AWS kept silent"),
        (report(case(verdict=verdict("unverified", "nobody answered"))), "nobody answered"),
        (report(case(verdict=verdict("dead", "Inactive"), outcome=done())), "not proven live"),
        (report(case(verdict=LIVE)), "not proven live"),
        (report(case(verdict=LIVE, outcome=done(state="failed"))), "not proven dead"),
        (report(case(verdict=LIVE, outcome=done(state="refused"))), "not proven dead"),
        (report(case(verdict=LIVE, outcome=done(confirmed_at=None))), "not proven dead"),
    ],
)
def test_every_other_end_is_a_failure_that_says_why(found: Report, word: str) -> None:
    ended = ending(found)
    assert not ended.proved
    assert word in ended.said
