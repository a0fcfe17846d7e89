from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import bedrock_key_guard
from bedrock_key_guard.model.times import read_time, span

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
ROOT = Path(bedrock_key_guard.__file__).parent


@pytest.mark.parametrize(
    "text", ["2026-11-23T12:00Z", "2026-11-23T12:00:00Z", "2026-11-23T13:00:00+01:00"]
)
@pytest.mark.parametrize("utc", [False, True])
def test_a_time_with_its_zone_is_read(text: str, utc: bool) -> None:
    assert read_time(text, utc=utc) == NOON


@pytest.mark.parametrize(
    ("text", "ago"), [("2026-11-23T12:00", timedelta()), ("2026-11-23", timedelta(hours=12))]
)
def test_a_time_without_a_zone_is_utc_only_where_that_is_asked_for(
    text: str, ago: timedelta
) -> None:
    assert read_time(text, utc=True) == NOON - ago
    with pytest.raises(ValueError, match=text):
        read_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "soon",
        "2026-13-01",
        "2026-11-23Z",
        "2026-11-23+00:00",
        "20261123T120000Z",
        "2026-11-23T12",
        "2026-11-23T12:00ZZ",
        "2026-11-23T12:00Z+00:00",
        "2026-11-23T12:00:00.5Z",
        "２026-11-23",
        "2026-11-23\n",
    ],
)
def test_what_not_every_python_reads_as_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # Python words it, and every version otherwise
        read_time(text, utc=True)


def test_times_are_read_in_one_place() -> None:
    """`datetime.fromisoformat` reads less in Python 3.10 than in later ones."""
    asks = re.compile(r"\.fromisoformat\(")
    found = [file.name for file in ROOT.rglob("*.py") if asks.search(file.read_text("utf-8"))]
    assert found == ["times.py"]


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (timedelta(days=2, hours=3, minutes=5), "2 days 3 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, minutes=5), "1 day"),
        (timedelta(hours=1, minutes=1), "1 hour 1 minute"),
        (timedelta(minutes=45), "45 minutes"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=-59), "less than a minute"),
        (timedelta(days=1200), "1,200 days"),
    ],
)
def test_how_long_something_took_is_written_in_its_two_largest_units(
    time: timedelta, written: str
) -> None:
    assert span(time) == written
