"""Say what a key opened, who used it and what that may have cost: untrusted text, in sections."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.commands import to_tell_costs
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.document import Chart, Item, Items, Rows, Table
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.report.status import status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.usage import (
        Breakdown,
        Dimension,
        Holding,
        Indicator,
        IndicatorName,
        Usage,
        UserChange,
    )
    from bedrock_key_guard.report.document import Row, Section

HEADINGS: dict[Dimension, str] = {
    "event": "operations",
    "model": "models",
    "region": "regions",
    "inference_region": "inference regions",
    "error": "errors",
    "address": "addresses",
    "agent": "programs",
    "principal": "principals",
    "made_in": "keys made in",
}
SIGNS: dict[IndicatorName, str] = {
    "new-address": "New addresses",
    "new-agent": "New programs",
    "many-regions": "Many regions within minutes",
    "burst": "Bursts",
    "probing": "Probing for models",
    "entitlement": "Access to models asked for or bought",
    "spending": "Costly jobs or capacity",
    "concealment": "Logging or guardrails looked at or changed",
    "persistence": "Credentials or permissions added to the user",
}
NO_USE = "CloudTrail shows no call that was made with it"
_COSTS = "https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html"
# It has thirteen months, unless more are asked for.
_MOST_OF_COST_EXPLORER = timedelta(days=365)
NO_SIGNS = Item("The guard found none of the signs that it looks for. That proves nothing.")


def overview(usage: Usage) -> tuple[Row, ...]:
    """Return the rows that say how much the key was used, and when."""
    looked_at = f"{usage.subject}, {moment(usage.begin)} to {moment(usage.end)}"
    return (("looked at", looked_at), *_amounts(usage), *_probes(usage))


def _amounts(usage: Usage) -> Iterator[Row]:
    """Yield those of these rows that stay the same until the key is used again."""
    yield "used", _amount(usage)
    if usage.first and usage.last:
        yield "first use", _exactly(usage.first.time)
        yield "last use", _exactly(usage.last.time)


def usage_sections(
    case: Case, events: int = 3, values: int | None = None, *, lasting: bool = False
) -> Iterator[Section]:
    """Yield what the key opened and how it was used, the worst first; empty ones are left out.

    At most so many `events` are named for each sign of abuse, and `values` of each dimension. A
    `lasting` text does not say when somebody looked. Nothing is said where nobody did.
    """
    usage = case.usage
    if usage is None:
        return
    if usage.reach and usage.reach.holdings:
        holdings = tuple((each.name, _holding(each)) for each in usage.reach.holdings)
        yield Rows(f"What else {usage.reach.holder} has", holdings)
    yield Rows("Who used it", tuple(_amounts(usage)) if lasting else overview(usage))
    yield Chart(usage)
    signs = tuple(_sign(indicator, events) for indicator in usage.indicators)
    yield from _items("Signs of abuse", signs or ((NO_SIGNS,) if usage.calls else ()))
    for name, breakdown in shown_breakdowns(usage):
        yield _table(HEADINGS[name], breakdown, values)
    yield from _items("What was done to the user", map(Item, _changes(usage)))
    if status(case) != "rejected":  # what is listed is the use of another key
        yield Items("What it may have cost", (_cost(case, usage),))
    gaps = (Item(f"{gap.what}: {gap.reason}") for gap in usage.gaps)
    yield from _items("What could not be read", gaps)
    yield from _items("What cannot be seen", map(Item, usage.limits))


def shown_breakdowns(usage: Usage) -> tuple[tuple[Dimension, Breakdown], ...]:
    """Return the dimensions worth showing; one principal is the key's own user."""
    by = dict(usage.by)
    return tuple(
        (name, by[name])
        for name in HEADINGS
        if name in by and len(by[name].tallies) > (name == "principal")
    )


def more_values(breakdown: Breakdown, values: int | None = None) -> str:
    """Return what the values that are not shown come to, "" where all are shown."""
    hidden = breakdown.tallies[values:] if values is not None else ()
    more = breakdown.more + len(hidden)
    calls = breakdown.more_calls + sum(tally.calls for tally in hidden)
    least = "at least " if breakdown.at_least else ""
    return f"and {least}{more:,} more, {plural(calls, 'call')}" if more else ""


def more_events(indicator: Indicator, shown: int) -> str:
    """Return how many events behind an indicator are not shown, "" where all are."""
    left = len(indicator.events) - shown + indicator.more
    return f"and {plural(left, 'more event')}; the JSON report has more" if left > 0 else ""


def _items(title: str, items: Iterable[Item]) -> Iterator[Items]:
    listed = tuple(items)
    if listed:
        yield Items(title, listed)


def _probes(usage: Usage) -> Iterator[Row]:
    if usage.probes:
        probes = plural(usage.probes.calls, "probe")
        yield "the guard", f"{probes}, known by their user agent and left out of all other counts"


def _amount(usage: Usage) -> str:
    if not usage.calls:
        return NO_USE if usage.complete else f"{NO_USE}, but could not be read whole"
    since = f", {usage.since_leak:,} of them since the leak" if usage.since_leak is not None else ""
    failed = f", {usage.errors:,} failed" if usage.errors else ""
    return f"{plural(usage.calls, 'call')}{since}{failed}"


def _cost(case: Case, usage: Usage) -> Item:
    """Say that the trail tells no price, and who does: from the leak on, a day late."""
    worked = usage.calls - usage.errors
    account = case.verdict.evidence.allowed.account_id if case.verdict else None
    begin = max(usage.leaked_at or usage.begin, usage.end - _MOST_OF_COST_EXPLORER)
    return Item(
        f"Not known: CloudTrail shows {plural(worked, 'call')} that did not fail, and neither "
        "tokens nor prices. Cost Explorer shows what the whole account paid, up to a day late:",
        code=to_tell_costs(account, begin, usage.end),
        link=_COSTS,
    )


def _table(heading: str, breakdown: Breakdown, values: int | None) -> Table:
    rows = tuple(
        (tally.value, f"{tally.calls:,}", f"{tally.errors:,}", moment(tally.first.time))
        for tally in breakdown.tallies[:values]
    )
    columns = ("calls", "failed", "first")
    return Table(heading, columns, rows, more_values(breakdown, values))


def _sign(indicator: Indicator, most: int) -> Item:
    events = [f"{_exactly(seen.time)}, event {seen.event_id}" for seen in indicator.events[:most]]
    more = more_events(indicator, most)
    lines = (*events, more) if more else tuple(events)
    return Item(f"{SIGNS[indicator.name]}: {indicator.sentence}", lines)


def _changes(usage: Usage) -> Iterator[str]:
    if usage.more_changes:
        yield f"{plural(usage.more_changes, 'earlier change')}, not listed"
    yield from map(_change, usage.changes)


def _change(done: UserChange) -> str:
    what = " ".join(part for part in (done.name, done.target) if part)
    whose = " (the leaked key)" if done.of_key else ""
    who = "the guard" if done.by_guard else done.actor or "somebody without a name"
    where = f" from {done.address}" if done.address else ""
    failed = f"; refused: {done.error}" if done.error else ""
    return f"{_exactly(done.seen.time)}: {what}{whose}, by {who}{where}{failed}"


def _holding(held: Holding) -> str:
    if held.unknown:
        return f"not known: {held.unknown}"
    return "; ".join(held.values) or "none"


def _exactly(when: datetime) -> str:
    """Write a time to the second, as CloudTrail has it."""
    return moment(when).replace(" UTC", f":{when:%S} UTC")
