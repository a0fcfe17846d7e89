from __future__ import annotations

import pytest

from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import Verdict
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.report.report import Visibility, may_name_places
from tests.rows import each
from tests.unit.report import samples

FAILED = Outcome("disable", "failed", "AccessDenied")


@each(
    ("verdict", "outcome", "dead"),
    [
        (None, None, False),
        (samples.verdict("live"), None, False),
        (samples.verdict("live"), FAILED, False),
        (samples.verdict("live"), samples.done(confirmed_at=None), False),
        (samples.verdict("live"), samples.done(), True),
        (samples.verdict("unverified"), None, False),
        (samples.verdict("rejected"), None, False),
        (samples.verdict("foreign"), None, False),
        (samples.verdict("contained"), None, False),
        (samples.verdict("contained"), FAILED, False),
        (samples.verdict("contained"), samples.done(), True),
        (samples.verdict("live"), samples.done(action="reset"), True),
        (samples.verdict("live"), samples.done(action="delete", state="failed"), True),
        # What only denies it is lifted one day, and the credential is still Active.
        (samples.verdict("live"), samples.done(action="quarantine"), False),
        (samples.verdict("live"), samples.done(action="revoke-sessions"), False),
        (samples.verdict("live"), samples.done(action="strip-policies"), False),
        (samples.verdict("dead"), None, True),
    ],
)
@each("visibility", [None, "private", "internal", "public", "unknown"])
def test_a_place_is_told_to_few_readers_or_of_a_dead_key(
    verdict: Verdict | None,
    outcome: Outcome | None,
    dead: bool,
    visibility: Visibility | None,
) -> None:
    case = samples.case(verdict=verdict, outcome=outcome)
    few = visibility not in ("public", "unknown")
    assert may_name_places(case, visibility) is (few or dead)


def test_a_malformed_key_is_proven_nothing() -> None:
    assert not may_name_places(samples.case(samples.malformed()), "public")


@pytest.mark.parametrize(
    ("missed", "incomplete", "complete"),
    [
        ((), (), True),
        ((NotScanned("a", "encrypted", "x"),), (), True),
        ((NotScanned("a", "skipped", "x"),), (), True),
        ((NotScanned("a", "missing", "x", accepted=True),), (), True),
        ((NotScanned("a", "unopened", "x"),), (), False),
        ((NotScanned("a", "elsewhere", "x"),), (), False),
        ((NotScanned("a", "missing", "x"),), (), False),
        ((), ("nobody could be asked",), False),
    ],
)
def test_a_report_is_complete_if_everything_was_read_and_asked(
    missed: tuple[NotScanned, ...], incomplete: tuple[str, ...], complete: bool
) -> None:
    assert samples.report(missed=missed, incomplete=incomplete).complete is complete
