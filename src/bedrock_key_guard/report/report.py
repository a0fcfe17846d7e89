"""Gather what a run found, count it, and decide what it amounts to and what it may name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from bedrock_key_guard.errors import IncompleteError, InterruptedRunError
from bedrock_key_guard.keys.key import short
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.report.status import WORDS, responded, status

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Case, Scan

Visibility = Literal["public", "private", "internal", "unknown"]
"""Say who can read what is written, in GitHub's words for a repository."""

USERS_NOT_NAMED = (
    "Who used it is not shown, because others may read this. "
    "Run `bedrock-key-guard timeline` in a clone to see it."
)


@dataclass(frozen=True, slots=True)
class Job:
    """Hold what a job of GitHub Actions came with.

    `credentials` is the kind of those for AWS and `token` that for GitHub, "" where there is none;
    `role` is an ARN that the job names, "" for none. `could_not` says what could not have been
    done, and why.
    """

    event: str
    credentials: str
    role: str
    token: str
    could_not: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the cases that people are shown, the scan behind them, and remarks about the run.

    `notes` are sentences about the run as a whole. `warnings` say what was lost, and people see
    them beside the run too. `incomplete` says why a run that read everything could still not
    conclude. `hides_unproven` is set where a key that is not shown to people, such as an
    allow-listed one, is not proven dead. `hidden_parts` counts the parts of keys that nobody asked
    to see. `job` is what a job came with, and `acted_as` the ARN under which AWS was asked, if so.
    """

    scan: Scan
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hides_unproven: bool = False
    hidden_parts: int = 0
    job: Job | None = None
    acted_as: str = ""

    @property
    def complete(self) -> bool:
        """Return whether everything that had to be read and asked was."""
        return self.scan.complete and not self.incomplete

    @property
    def is_of_many(self) -> bool:
        """Return whether the run read many repositories."""
        return any(place.repository for case in self.cases for place in case.incident.locations)

    @property
    def leads_to_dead_keys_alone(self) -> bool:
        """Return whether what it names shows nobody a key that may work."""
        return not self.hides_unproven and all(case.dead for case in self.cases)

    def noted(self, *notes: str) -> Report:
        """Return the report with more sentences about the run."""
        return replace(self, notes=(*self.notes, *notes))

    def warned(self, *warnings: str) -> Report:
        """Return the report with more of what was lost."""
        return replace(self, warnings=(*self.warnings, *warnings))

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Return what is to be said about the run as a whole, each with what kind it is of."""
        kinds = {"Incomplete": self.incomplete, "Warning": self.warnings, "Note": self.notes}
        return tuple((kind, text) for kind, texts in kinds.items() for text in texts)


def may_name_users(visibility: Visibility | None) -> bool:
    """Return whether a text that `visibility` describes may say who used a key, and what they have.

    Addresses, names and policies help an attacker whether or not the key still works. None is a
    text for the person who asked for it, such as a terminal's.
    """
    return visibility in (None, "private", "internal")


def may_name_places(what: Case | Report, visibility: Visibility | None) -> bool:
    """Return whether a text that `visibility` describes may name files, objects and commits.

    They are those of a key, or those of a whole run, such as what was not scanned. Where anyone may
    read, and where nobody knows who may, nothing is named that leads to a key that is not proven
    dead.
    """
    return may_name_users(visibility) or what.leads_to_dead_keys_alone


def places_not_named(what: Case | Report, number: str) -> str:
    """Return that so many places are not named, why, and how the owners see them."""
    text = (
        f"{number}, not named here: others may read this, and {_why_not(what)}. "
        "To see what and where, run `bedrock-key-guard scan` in a clone"
    )
    if isinstance(what, Report):
        return f"{text}."
    return f"{text}, and look for fingerprint `{short(what.incident.fingerprint)}`."


def _why_not(what: Case | Report) -> str:
    if isinstance(what, Report):
        return "a key of this run is not proven dead"
    if what.dead:
        return "a key in the same files or commits is not proven dead"
    if what.outcome is not None and what.outcome.confirmed_dead:
        return "the key is denied, which can be lifted, and not proven dead"
    return "the key is not proven dead"


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


def exit_code(report: Report, fail_on: FailOn, *, fail_on_incomplete: bool = True) -> int:
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
    unsure = open_question or not report.complete
    return IncompleteError.exit_code if unsure and fail_on_incomplete else 0


def totals(report: Report) -> str:
    """Return how many keys there are and of which verdict, what was read, and if that was all."""
    scanned = report.scan.scanned
    if not scanned.sources and report.complete:
        return f"{_keys(report)}; there was nothing to read."
    read = f"{plural(scanned.objects, 'file')}, {size(scanned.bytes)} read"
    return f"{_keys(report)}; {read}; {'complete' if report.complete else 'INCOMPLETE'}."


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
