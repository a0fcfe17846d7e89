"""Make the use of keys as it never was, hostile text everywhere, for hypothesis."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from bedrock_key_guard.model.usage import (
    Breakdown,
    Dimension,
    EventPoint,
    Holding,
    Hour,
    Indicator,
    IndicatorName,
    Reach,
    ReachName,
    Tally,
    TrailGap,
    Usage,
    UserChange,
)
from tests.unit.report.samples import NOW


def usages(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Usage]:
    """Make usages whose words are `texts`."""
    times = st.integers(0, 100 * 24 * 3600).map(lambda ago: NOW - timedelta(seconds=ago))
    numbers = st.integers(0, 10**6)
    seen = st.builds(EventPoint, time=times, event_id=texts)
    tallies = st.builds(Tally, texts, st.integers(1, 10**6), numbers, seen, seen)
    breakdowns = st.builds(Breakdown, _some(tallies), numbers, numbers, st.booleans())
    changes = st.builds(
        UserChange, texts, seen, texts, texts, texts, texts, texts, st.booleans(), st.booleans()
    )
    kinds = st.sampled_from(get_args(IndicatorName))
    held = st.builds(Holding, st.sampled_from(get_args(ReachName)), _some(texts), st.none() | texts)
    by = st.fixed_dictionaries(dict.fromkeys(get_args(Dimension), breakdowns))
    return st.builds(
        Usage,
        subject=texts,
        begin=times,
        end=times,
        leaked_at=st.none() | times,
        responded_at=st.none() | times,
        calls=numbers,
        since_leak=st.none() | numbers,
        errors=numbers,
        first=st.none() | seen,
        last=st.none() | seen,
        probes=st.none() | tallies,
        by=by.map(lambda found: tuple(found.items())),
        hours=_some(st.builds(Hour, times, st.integers(1, 10**6), numbers, seen)),
        changes=_some(changes),
        more_changes=numbers,
        indicators=_some(st.builds(Indicator, kinds, texts, _some(seen), numbers)),
        gaps=_some(st.builds(TrailGap, texts, texts)),
        limits=_some(texts),
        reach=st.none() | st.builds(Reach, texts, _some(held)),
    )


def _some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)
