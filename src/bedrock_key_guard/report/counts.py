"""Count what a run found, and decide what the run amounts to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.errors import IncompleteError, InterruptedRunError
from bedrock_key_guard.report.headline import responded

if TYPE_CHECKING:
    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.evidence import VerdictState
    from bedrock_key_guard.report.report import Report

FailOn = Literal["any", "live", "none"]
Result = Literal["clean", "findings", "incomplete", "error"]
"""Say what a run amounts to; one that ended in an error has no report to tell it by."""

FINDINGS_EXIT_CODE = 1
_WORST_FIRST: tuple[VerdictState, ...] = (
    "live",
    "unverified",
    "contained",
    "foreign",
    "rejected",
    "dead",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Count the keys of a report by verdict.

    `keys` are whole keys, of which `unchecked` have no verdict; `malformed` are beside them.
    `responded` are those whose credential the run changed.
    """

    keys: int
    malformed: int
    unchecked: int
    responded: int
    by_verdict: dict[VerdictState, int]

    @property
    def live(self) -> int:
        """Count the keys that were live when found, whatever became of them since."""
        return self.by_verdict["live"]

    @property
    def unverified(self) -> int:
        """Count the keys of which the run could not find out whether they are live."""
        return self.by_verdict["unverified"]


def counts(report: Report) -> Counts:
    """Return the counts of a report."""
    whole = [case for case in report.cases if case.incident.confidence == "exact"]
    states = Counter(case.verdict.state for case in whole if case.verdict)
    return Counts(
        keys=len(whole),
        malformed=len(report.cases) - len(whole),
        unchecked=len(whole) - states.total(),
        responded=sum(responded(case.outcome) for case in whole),
        by_verdict={state: states[state] for state in _WORST_FIRST},
    )


def result(report: Report) -> Result:
    """Say what the run amounts to; a malformed key alone is no finding."""
    if any(_is_key(case) for case in report.cases):
        return "findings"
    return "clean" if report.complete else "incomplete"


def exit_code(report: Report, fail_on: FailOn) -> int:
    """Return the exit code: 1 for findings that `fail_on` names, else 4 where unsure, else 0.

    A run that a person stopped says only that, 130, whatever it had found by then.
    A key that was live when it was found counts as live whatever the run did to it. With
    `fail_on="live"` a key that was asked about and stayed unverified leaves the question open.
    """
    if report.scan.interrupted:
        return InterruptedRunError.exit_code
    total = counts(report)
    failing = {"any": total.keys, "live": total.live, "none": 0}[fail_on]
    if failing:
        return FINDINGS_EXIT_CODE
    open_question = fail_on == "live" and total.unverified > 0
    return IncompleteError.exit_code if open_question or not report.complete else 0


def _is_key(case: Case) -> bool:
    return case.incident.confidence == "exact"
