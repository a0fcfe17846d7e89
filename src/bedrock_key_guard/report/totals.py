"""Count what a run found, decide what the run amounts to, and sum it up in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from bedrock_key_guard.errors import IncompleteError, InterruptedRunError
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.report.report import places_not_named
from bedrock_key_guard.report.status import WORDS, responded, status

if TYPE_CHECKING:
    from bedrock_key_guard.report.report import Report

FailOn = Literal["any", "live", "none"]
Result = Literal["clean", "findings", "incomplete", "error"]
"""Say what a run amounts to; a run that ended in an error has no report."""

FINDINGS_EXIT_CODE = 1
_VERDICTS: list[VerdictState] = sorted(get_args(VerdictState), key=list(WORDS).index)
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Counts:
    """Count the keys of a report by verdict.

    `keys` are whole keys, and `unchecked` are those of them without a verdict; `malformed` are
    beside them, shown or not. `responded` are those whose credential the run changed.
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
        """Count the keys for which the run could not find out whether they are live."""
        return self.by_verdict["unverified"]


def counts(report: Report) -> Counts:
    """Return the counts of a report."""
    whole = [case for case in report.cases if case.incident.confidence == "exact"]
    states = Counter(case.verdict.state for case in whole if case.verdict)
    return Counts(
        keys=len(whole),
        malformed=len(report.cases) - len(whole) + report.hidden_parts,
        unchecked=len(whole) - states.total(),
        responded=sum(responded(case.outcome) for case in whole),
        by_verdict={state: states[state] for state in _VERDICTS},
    )


def result(report: Report) -> Result:
    """Return what the run amounts to; a malformed key alone is no finding."""
    if counts(report).keys:
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
    if {"any": total.keys, "live": total.live, "none": 0}[fail_on]:
        return FINDINGS_EXIT_CODE
    open_question = fail_on == "live" and total.unverified > 0
    return IncompleteError.exit_code if open_question or not report.complete else 0


def totals(report: Report) -> str:
    """Return how many keys there are and of which verdict, what was read, and if that was all."""
    scanned = report.scan.scanned
    if not scanned.sources and report.complete:
        return f"{_keys(report)}; there was nothing to read."
    read = f"{plural(scanned.objects, 'file')}, {size(scanned.bytes)} read"
    return f"{_keys(report)}; {read}; {'complete' if report.complete else 'INCOMPLETE'}."


def unscanned(report: Report) -> str:
    """Return how many things of which kinds were not scanned, for strangers."""
    kinds = Counter(missed.label for missed in report.scan.not_scanned)
    counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return places_not_named(report, f"{plural(kinds.total(), 'thing')} ({counted})")


def size(octets: int) -> str:
    """Write a number of bytes as people read it, in powers of a thousand."""
    amount, power = float(octets), 0
    while round(amount, 1) >= 1000 and power < len(_UNITS) - 1:
        amount, power = amount / 1000, power + 1
    return plural(octets, "byte") if power == 0 else f"{amount:.1f} {_UNITS[power]}"


def plural(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def parts_of_keys(number: int) -> str:
    """Write how many texts start as a key does and cannot be read whole."""
    return f"{number:,} {'looks' if number == 1 else 'look'} like part of a key"


def and_more(number: int, noun: str) -> str:
    """Return that so many things are left out here, "" where none are."""
    return f"and {plural(number, f'more {noun}')}; the JSON report has all" if number > 0 else ""


def _keys(report: Report) -> str:
    """Return how many keys there are and of which verdict."""
    total = counts(report)
    by_state = (*total.by_verdict.items(), ("not checked", total.unchecked))
    parts = ", ".join(f"{number:,} {state}" for state, number in by_state if number)
    keys = f"{plural(total.keys, 'key')}: {parts}" if total.keys else "No keys found"
    stopped = sum(status(case) == "stopped" for case in report.cases)
    dead = (f"{stopped:,} made dead",) if stopped else ()
    looks = (parts_of_keys(total.malformed),) if total.malformed else ()
    return "; ".join((keys, *dead, *looks))
