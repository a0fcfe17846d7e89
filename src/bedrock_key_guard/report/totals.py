"""Sum a run up in one line, the same for a terminal and for a page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bedrock_key_guard.report.counts import Counts, counts
from bedrock_key_guard.report.headline import standing
from bedrock_key_guard.report.report import why_not_where

if TYPE_CHECKING:
    from bedrock_key_guard.report.report import Report

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def totals(report: Report) -> str:
    """Return how many keys there are and of which verdict, what was read, and if that was all."""
    scanned = report.scan.scanned
    files = plural(scanned.objects, "file")
    read = f"{files}, {size(scanned.bytes)} read"
    ending = "complete" if report.complete else "INCOMPLETE"
    if not scanned.sources and report.complete:
        return f"{_found(report)}; nothing was to be read."
    return f"{_found(report)}; {read}; {ending}."


def _found(report: Report) -> str:
    """Return how many keys there are and of which verdict."""
    total = counts(report)
    stopped = sum(standing(case) == "stopped" for case in report.cases)
    more = ((stopped, "made dead"), (total.malformed, "malformed"))
    return "; ".join((_keys(total), *(f"{number:,} {what}" for number, what in more if number)))


def unscanned(report: Report) -> str:
    """Return how many things of which kinds were not scanned, for readers who are not told which.

    It ends with why they are not, and how the owners see them.
    """
    kinds = Counter(missed.kind for missed in report.scan.not_scanned)
    number = plural(kinds.total(), "thing")
    counted = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return (
        f"{number} ({counted}), not named here: others may read this, and {why_not_where(report)}. "
        "To see what, run `bedrock-key-guard scan` in a clone."
    )


def size(octets: int) -> str:
    """Write a number of bytes as people read it, in powers of a thousand."""
    amount, power = float(octets), 0
    while round(amount, 1) >= 1000 and power < len(_UNITS) - 1:
        amount, power = amount / 1000, power + 1
    return plural(octets, "byte") if power == 0 else f"{amount:.1f} {_UNITS[power]}"


def plural(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _keys(total: Counts) -> str:
    parts = [f"{number:,} {state}" for state, number in total.by_verdict.items() if number]
    if total.unchecked:
        parts.append(f"{total.unchecked:,} not checked")
    keys = plural(total.keys, "key") if total.keys else "No keys found"
    return f"{keys}: {', '.join(parts)}" if parts else keys
