"""Check our own clock against the `Date` of the servers that answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.system import MACOS, WINDOWS

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import Clock

_ELSEWHERE = "sudo sntp -sS time.apple.com" if MACOS else "timedatectl set-ntp true"
_MEND = "w32tm /resync" if WINDOWS else _ELSEWHERE


def check_clock(clock: Clock) -> Check:
    """Return whether our clock agrees with the servers'."""
    if clock.ahead is None:
        return Check("clock", "clock", "unknown", "no server was asked, or none told its time")
    seconds = clock.ahead.total_seconds()
    side = "ahead of" if seconds > 0 else "behind"
    off = f"{abs(seconds):.0f} seconds {side} the servers'"
    if clock.is_wrong:
        said = f"it is {off}, so AWS takes no signature of this machine"
        return Check("clock", "clock", "wrong", said, _MEND)
    return Check("clock", "clock", "works", f"it is {off}" if abs(seconds) >= 1 else "it is right")
