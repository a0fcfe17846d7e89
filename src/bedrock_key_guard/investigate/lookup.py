"""Look one key up in the trail of its account, and count what is found into a Usage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.cloudtrail import KEPT, Attribute, Query, Record, Trail
from bedrock_key_guard.aws.listings import Regions
from bedrock_key_guard.investigate import limitations
from bedrock_key_guard.investigate.aggregation import DIMENSIONS, Aggregation, Sums
from bedrock_key_guard.investigate.calls import read_call
from bedrock_key_guard.investigate.credential_history import EVENTS, Changes
from bedrock_key_guard.investigate.indicators import indicators_of
from bedrock_key_guard.investigate.subject import (
    SignedKey,
    UserKey,
    Window,
    issued_to,
    signed_by,
)
from bedrock_key_guard.model.usage import TrailGap, Usage
from bedrock_key_guard.verify.signer import signer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.keys.key import ShortTermKey
    from bedrock_key_guard.model.evidence import Evidence

    Take = Callable[[Record], object]

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Lookup:
    """Say which account's trail is looked at, from when to when, for how many events a query."""

    session: Session
    window: Window
    most_events: int
    stopped: threading.Event = field(default_factory=threading.Event)

    def query(self, region: str, attribute: Attribute, value: str) -> Query:
        """Return what to ask for, within the window."""
        window = self.window
        return Query(region, attribute, value, window.begin, window.end, self.most_events)

    def history(self, region: str, attribute: Attribute, value: str) -> Query:
        """Return what to ask for of all that CloudTrail keeps, up to the end of the window."""
        begin = min(self.window.begin, self.window.end - KEPT)
        return replace(self.query(region, attribute, value), begin=begin)

    def read(self, query: Query, take: Take) -> list[TrailGap]:
        """Hand each record to `take`, until the run is stopped; return what stayed unread."""
        gaps = []
        for item in Trail(self.session).look_up(query):
            if self.stopped.is_set():
                break
            if isinstance(item, TrailGap):
                gaps.append(_with_option(item))
            else:
                take(item)
        return gaps


def usage_of_user(lookup: Lookup, key: UserKey, regions: Regions) -> Usage:
    """Return who used a long-term key: by the names of its user, in every region."""
    aggregation, home = Aggregation(lookup.window.leaked_at), lookup.session.home_region
    changes = Changes(key, lookup.session.arn)
    take = _taker(aggregation, key)
    calls = [
        lookup.query(region, "Username", name) for region in regions.names for name in key.names
    ]
    # A credential is often older than its leak.
    history = [lookup.history(home, "EventName", event) for event in EVENTS]
    reads = [*((query, take) for query in calls), *((query, changes.take) for query in history)]
    gaps = _side_by_side(lookup, reads)
    latest, more = changes.done()
    facts = aggregation.facts()
    particular = (limitations.ONE_USER, *((limitations.RENAMED,) if key.renamed else ()))
    return _usage(
        *(lookup, facts, gaps),
        subject=f"user {' or '.join(key.names)}",
        limits=tuple(limitations.limits_of(lookup.window, facts, regions, particular)),
        changes=latest,
        more_changes=more,
    )


def usage_of_signer(lookup: Lookup, key: ShortTermKey, evidence: Evidence) -> Usage:
    """Return who used a short-term key: by the access key that signed it, in the key's region.

    Where no event holds the access key, it is by the session that somebody names as the signer's.
    """
    aggregation, said = Aggregation(lookup.window.leaked_at), limitations.BEST_EFFORT
    query = lookup.query(key.region, "AccessKeyId", key.access_key_id)
    gaps = lookup.read(query, _taker(aggregation, SignedKey(key.access_key_id)))
    if aggregation.empty and not gaps:
        said, gaps = _read_by_session(lookup, key, evidence, aggregation)
    facts = aggregation.facts()
    regions = Regions((key.region,))
    return _usage(
        *(lookup, facts, gaps),
        subject=f"access key {key.access_key_id}",
        limits=tuple(limitations.limits_of(lookup.window, facts, regions, (said,))),
    )


def _read_by_session(
    lookup: Lookup, key: ShortTermKey, evidence: Evidence, aggregation: Aggregation
) -> tuple[str, list[TrailGap]]:
    signer = signer_of(evidence)
    arn, gaps = (signer.principal.arn, []) if signer else _issued_to(lookup, key)
    signed = signed_by(key, arn) if arn else None
    if signed is None:
        return limitations.NO_SESSION, gaps
    as_signed, name = signed
    query = lookup.query(key.region, "Username", name)
    return limitations.BY_SESSION, lookup.read(query, _taker(aggregation, as_signed))


def _issued_to(lookup: Lookup, key: ShortTermKey) -> tuple[str | None, list[TrailGap]]:
    """Ask for the event of STS that gave the access key out, in its region and at home.

    A session may be older than the key by as long as sessions last.
    """
    found: list[str] = []
    gaps: list[TrailGap] = []

    def take(record: Record) -> None:
        found.extend(filter(None, (issued_to(record, key.access_key_id),)))

    for region in dict.fromkeys((key.region, lookup.session.home_region)):
        gaps += lookup.read(lookup.history(region, "ResourceName", key.access_key_id), take)
        if found:
            return found[0], []
    return None, gaps


def _taker(aggregation: Aggregation, key: UserKey | SignedKey) -> Take:
    def take(record: Record) -> None:
        call = read_call(record)
        if call is not None and key.made(call):
            aggregation.add(call)

    return take


def _side_by_side(lookup: Lookup, reads: Sequence[tuple[Query, Take]]) -> list[TrailGap]:
    """Read all at once: the limiter holds back those that share a limit.

    Where a person stops the run, no page is asked for any more.
    """
    with ThreadPoolExecutor(max(len(reads), 1)) as pool:
        try:
            found = pool.map(lambda read: lookup.read(*read), reads)
            return [gap for gaps in found for gap in gaps]
        except BaseException:
            lookup.stopped.set()
            raise


def _with_option(gap: TrailGap) -> TrailGap:
    """Name the option that sets the bound, where that is what left events out."""
    return replace(gap, reason=f"{gap.reason} (--max-events)") if gap.kind == "bound" else gap


def _usage(lookup: Lookup, facts: Sums, gaps: list[TrailGap], **particular: Any) -> Usage:
    window, total = lookup.window, facts.total
    changes = particular.get("changes", ())
    return Usage(
        begin=window.begin,
        end=window.end,
        leaked_at=window.leaked_at,
        calls=total.calls if total else 0,
        since_leak=facts.since_leak,
        errors=total.errors if total else 0,
        first=total.first if total else None,
        last=total.last if total else None,
        probes=facts.probes,
        by=tuple((name, facts.values[name].most_used(MOST_SHOWN)) for name in DIMENSIONS),
        hours=facts.hours,
        indicators=indicators_of(facts, changes, window.leaked_at),
        gaps=tuple(gaps),
        **particular,
    )
