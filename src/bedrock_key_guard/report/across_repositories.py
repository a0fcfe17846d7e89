"""Count the keys of many repositories: by state, by account, by repository and by age."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.report.document import Table
from bedrock_key_guard.report.report import and_more
from bedrock_key_guard.report.status import words, worst_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.report import Report

MOST_ROWS = 100

_AGES = (
    ("leaked within a day", timedelta(days=1)),
    ("within a week", timedelta(days=7)),
    ("within a month", timedelta(days=30)),
    ("within a year", timedelta(days=365)),
)


def across_repositories(report: Report, now: datetime | None = None) -> tuple[Table, ...]:
    """Return the tables of a run that read many repositories."""
    cases = worst_first(report.cases)
    when = now or utc_now()
    return (
        _table("state", cases, lambda case: [words(case).name]),
        _table("account", cases, lambda case: [_account(case)]),
        _table("repository", cases, _repositories),
        _table("age", cases, lambda case: [_age(case, when)]),
    )


def _table(title: str, cases: Sequence[Case], names_of: Callable[[Case], Iterable[str]]) -> Table:
    """Return how many keys there are under each name, and in how many repositories those are."""
    keys, where, worst = Counter[str](), dict[str, set[str]](), dict[str, str]()
    for case in cases:
        for name in names_of(case):
            keys[name] += 1
            where.setdefault(name, set()).update(_repositories(case))
            worst.setdefault(name, words(case).name)
    rows = [(name, f"{keys[name]:,}", f"{len(where[name]):,}", worst[name]) for name in keys]
    more = and_more(len(rows) - MOST_ROWS, "row")
    return Table(title, ("keys", "repositories", "worst"), tuple(rows[:MOST_ROWS]), more)


def _repositories(case: Case) -> list[str]:
    places = (place.repository for place in case.incident.locations)
    return sorted(set(filter(None, places)))


def _account(case: Case) -> str:
    key = case.incident.key
    if isinstance(key, LongTermKey):
        return key.account_id
    allowed = case.verdict.evidence.allowed.account_id if case.verdict else None
    return allowed or ("of a short-term key" if isinstance(key, ShortTermKey) else "not known")


def _age(case: Case, now: datetime) -> str:
    """Return how long ago a key was committed, as the clocks of its authors say."""
    leaked = min(filter(None, (at.author_time for at in case.incident.locations)), default=None)
    if leaked is None:
        return "not known"
    return next((name for name, most in _AGES if now - leaked <= most), "more than a year ago")
