"""Look for what abuse of a leaked Bedrock key looks like: small functions of facts.

What to look for is in public write-ups of stolen model access ("LLMjacking": Sysdig, Permiso,
Wiz) and in AWS's own playbook, github.com/aws-samples/aws-customer-playbook-framework. None of it
proves abuse, and its absence proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from bedrock_key_guard.investigate.aggregation import Sums
from bedrock_key_guard.model.usage import (
    Dimension,
    EventPoint,
    Hour,
    Indicator,
    IndicatorName,
    Tally,
    UserChange,
)

Look = Callable[[Sums, "datetime | None"], "Indicator | None"]

MOST_EVENTS = 20
MANY_REGIONS = 4
MINUTES = timedelta(minutes=15)
BURST_CALLS = 100
BURST_TIMES = 10
MANY_FAILURES = 5
MANY_DENIED_MODELS = 3

_MAKING = "CreateServiceSpecificCredential"
_ADDING = frozenset(
    "AddUserToGroup AttachUserPolicy CreateAccessKey CreateLoginProfile PutUserPolicy "
    "CreateServiceSpecificCredential UpdateLoginProfile".split()
)
_TELLTALES: dict[IndicatorName, frozenset[str]] = {
    # Calls that open models to the account, or buy them in AWS Marketplace.
    "entitlement": frozenset(
        "CreateFoundationModelAgreement DeleteFoundationModelAgreement Subscribe Unsubscribe "
        "GetFoundationModelAvailability ListFoundationModelAgreementOffers CreateAgreementRequest "
        "PutFoundationModelEntitlement PutUseCaseForModelAccess AcceptAgreementRequest".split()
    ),
    # Calls that cost by the hour or by the job.
    "spending": frozenset(
        "CreateEvaluationJob CreateModelCopyJob CreateModelCustomizationJob CreateModelImportJob "
        "CreateModelInvocationJob CreateProvisionedModelThroughput".split()
    ),
    # Calls about the logs of what models are asked, and about guardrails.
    "concealment": frozenset(
        "DeleteGuardrail UpdateGuardrail GetModelInvocationLoggingConfiguration "
        "DeleteModelInvocationLoggingConfiguration PutModelInvocationLoggingConfiguration".split()
    ),
}


def indicators_of(
    facts: Sums, changes: Iterable[UserChange], leaked_at: datetime | None
) -> tuple[Indicator, ...]:
    """Return what looks like abuse, in an order that repeats."""
    found = (look(facts, leaked_at) for look in _LOOKS)
    return tuple(filter(None, (*found, persistence(changes, leaked_at))))


def new_address(facts: Sums, leaked_at: datetime | None) -> Indicator | None:
    """Look for addresses that the key was not used from before it leaked."""
    return _new(facts, leaked_at, "address", "new-address")


def new_agent(facts: Sums, leaked_at: datetime | None) -> Indicator | None:
    """Look for programs that did not use the key before it leaked."""
    return _new(facts, leaked_at, "agent", "new-agent")


def many_regions(facts: Sums, leaked_at: datetime | None) -> Indicator | None:
    """Look for regions that were tried one after the other, each for the first time."""
    firsts = sorted(tally.first for tally in facts.of("region"))
    fresh = [seen for seen in firsts if leaked_at is None or seen.time >= leaked_at]
    sweep = max(_sweeps(fresh), key=len, default=[])
    if len(sweep) < MANY_REGIONS:
        return None
    took = (sweep[-1].time - sweep[0].time).total_seconds() / 60
    return _indicator("many-regions", f"{len(sweep)} regions in {took:.0f} minutes", sweep)


def burst(facts: Sums, _leaked_at: datetime | None) -> Indicator | None:
    """Look for hours with far more calls than is usual for this key."""
    hours = [hour for hour in facts.hours if _is_burst(hour, facts.hours)]
    if not hours:
        return None
    most = max(hour.calls for hour in hours)
    sentence = f"up to {most:,} calls in an hour, {BURST_TIMES} times the usual or more"
    return _indicator("burst", sentence, [hour.first for hour in hours])


def probing(facts: Sums, _leaked_at: datetime | None) -> Indicator | None:
    """Look for calls to models that were meant to fail, or for models that were tried in vain."""
    models = len(facts.of("model"))
    suspicious = [
        tally
        for how, tally in facts.failures.items()
        if tally.calls >= MANY_FAILURES and (how == "invalid" or models >= MANY_DENIED_MODELS)
    ]
    calls = sum(tally.calls for tally in suspicious)
    return _of_tallies("probing", f"{calls:,} calls to models that failed", suspicious)


def telltale(name: IndicatorName, facts: Sums, _leaked_at: datetime | None) -> Indicator | None:
    """Look for calls whose very names say what they are for."""
    tallies = [tally for tally in facts.of("event") if tally.value in _TELLTALES[name]]
    return _of_tallies(name, ", ".join(tally.value for tally in tallies), tallies)


def persistence(changes: Iterable[UserChange], leaked_at: datetime | None) -> Indicator | None:
    """Look for what was added to the user since the leak, by anybody but the guard.

    What whoever made the leaked key did for it is no sign: the console gives its user a policy.
    """
    changes = tuple(changes)
    making = [change for change in changes if change.of_key and change.name == _MAKING]
    added = [
        change
        for change in changes
        if change.name in _ADDING
        and not (change.error or change.of_key or change.by_guard)
        and not any(_belongs_to(change, made) for made in making)
        and (leaked_at is None or change.seen.time >= leaked_at)
    ]
    if not added:
        return None
    names = ", ".join(sorted({change.name for change in added}))
    return _indicator("persistence", names, sorted(change.seen for change in added))


def _belongs_to(change: UserChange, made: UserChange) -> bool:
    """Return whether a change is by whoever made the key, as they made it."""
    return change.actor == made.actor and abs(change.seen.time - made.seen.time) <= MINUTES


_LOOKS: tuple[Look, ...] = (
    new_address,
    new_agent,
    many_regions,
    burst,
    probing,
    *(partial(telltale, name) for name in _TELLTALES),
)


def _new(
    facts: Sums, leaked_at: datetime | None, dimension: Dimension, name: IndicatorName
) -> Indicator | None:
    """Compare with what was before; where there was no use before, nothing can be new."""
    tallies = facts.of(dimension)
    if leaked_at is None or all(tally.first.time >= leaked_at for tally in tallies):
        return None
    new = [tally for tally in tallies if tally.first.time >= leaked_at]
    calls = sum(tally.calls for tally in new)
    return _of_tallies(name, f"{len(new):,} not seen before the leak, {calls:,} calls", new)


def _sweeps(firsts: Sequence[EventPoint]) -> Iterator[list[EventPoint]]:
    for number, begin in enumerate(firsts):
        yield [seen for seen in firsts[number:] if seen.time - begin.time <= MINUTES]


def _is_burst(hour: Hour, hours: Sequence[Hour]) -> bool:
    others = [other.calls for other in hours if other is not hour]
    usual = median(others) if others else 0
    return hour.calls >= max(BURST_CALLS, BURST_TIMES * usual)


def _of_tallies(name: IndicatorName, sentence: str, tallies: Sequence[Tally]) -> Indicator | None:
    """Point to the first and the last event of each tally."""
    if not tallies:
        return None
    seen = sorted({each for tally in tallies for each in (tally.first, tally.last)})
    return _indicator(name, sentence, seen, sum(tally.calls for tally in tallies))


def _indicator(
    name: IndicatorName, sentence: str, seen: Sequence[EventPoint], calls: int | None = None
) -> Indicator:
    shown = tuple(seen[:MOST_EVENTS])
    return Indicator(name, sentence, shown, (len(seen) if calls is None else calls) - len(shown))
