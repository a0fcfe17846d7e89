from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bedrock_key_guard.investigate.window import window_of
from bedrock_key_guard.model.findings import Incident
from tests.unit.investigate.records import NOW, at
from tests.unit.report.samples import at as place
from tests.unit.report.samples import long_term, short_term

OLDEST = at(days=90)


def leaked(*times: datetime | None) -> Incident:
    key = long_term()
    places = tuple(place(f"f{n}", author_time=t) for n, t in enumerate(times))
    return Incident(key.fingerprint, key, "exact", places)


@pytest.mark.parametrize(
    ("times", "since", "begin", "leaked_at"),
    [
        ([at(days=20), at(days=10)], None, at(days=27), at(days=20)),
        ([None, at(days=10)], None, at(days=17), at(days=10)),
        ([at(days=85)], None, OLDEST, at(days=85)),
        ([at(days=400)], None, OLDEST, at(days=400)),
        ([None], None, OLDEST, None),
        ([None], at(days=3), at(days=3), at(days=3)),
        ([at(days=10)], at(days=3), at(days=3), at(days=10)),
        ([at(days=10)], at(days=300), OLDEST, at(days=10)),
        ([at(days=-1)], None, OLDEST, None),
        ([at(days=-1), at(days=2)], None, at(days=9), at(days=2)),
        ([None], at(days=-5), NOW, at(days=-5)),
    ],
)
def test_a_look_begins_a_week_before_the_leak_or_where_it_was_told_to(
    times: list[datetime | None],
    since: datetime | None,
    begin: datetime,
    leaked_at: datetime | None,
) -> None:
    window = window_of(leaked(*times), long_term(), since, NOW)
    assert (window.begin, window.end, window.leaked_at) == (begin, NOW, leaked_at)


@pytest.mark.parametrize(
    ("issued", "hours", "begin", "end"),
    [
        (at(hours=2), 12, at(hours=2, minutes=10), NOW),
        (at(days=5), 1, at(days=5, minutes=10), at(days=5) + timedelta(hours=1, minutes=10)),
        (at(days=200), 12, OLDEST, OLDEST),
    ],
)
def test_a_short_term_key_is_looked_for_while_it_lives(
    issued: datetime, hours: int, begin: datetime, end: datetime
) -> None:
    key = short_term(issued_at=issued, expires_at=issued + timedelta(hours=hours))
    window = window_of(leaked(None), key, None, NOW)
    assert (window.begin, window.end) == (begin, end)
