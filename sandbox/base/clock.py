"""Tell the time of the sandbox's servers, which a test may set apart from that of this machine.

So a runner's clock is wrong as far as it can tell: every `Date` says so, and what it signs is
refused when it is off by more than five minutes (IAM user guide, "Troubleshoot Signature Version 4
signing for AWS API requests").
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

SKEW = timedelta(minutes=5)
_ahead = [timedelta()]


def set_ahead(by: timedelta) -> None:
    """Let the servers' time be ahead of this machine's by so much, or behind by less than none."""
    _ahead[0] = by


def now() -> datetime:
    return datetime.now(timezone.utc) + _ahead[0]


def http_date() -> str:
    return format_datetime(now(), usegmt=True)
