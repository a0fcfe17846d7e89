"""Make the use of keys by hand: none, a little, and a theft with everything in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bedrock_key_guard.model.usage import (
    Breakdown,
    Dimension,
    EventPoint,
    Holding,
    Hour,
    Indicator,
    Reach,
    Tally,
    TrailGap,
    Usage,
    UserChange,
)
from tests.unit.report.samples import ACCOUNT, ARN, HOSTILE, NOW

LEAK = NOW - timedelta(days=2, hours=3)
BEGIN = LEAK - timedelta(days=7)
SHELL = "python-requests/2.32 <script>alert(1)</script>"
MODELS = ("anthropic.claude-opus-4-20250514-v1:0", "us.anthropic.claude-sonnet-4-20250514-v1:0")


def seen(when: datetime = NOW, name: str = "4b6a7c9e-1d0f-4a55-9e3c-1a2b3c4d5e6f") -> EventPoint:
    return EventPoint(when, name)


def tally(value: str, calls: int, errors: int = 0, first: datetime = BEGIN) -> Tally:
    return Tally(value, calls, errors, seen(first), seen(NOW - timedelta(hours=1)))


def hour(ago: int, calls: int, errors: int = 0) -> Hour:
    begin = (NOW - timedelta(hours=ago)).replace(minute=0, second=0)
    return Hour(begin, calls, errors, seen(begin))


def nothing() -> Usage:
    return Usage("user BedrockAPIKey-ex4m", BEGIN, NOW, limits=("CloudTrail shows 90 days.",))


def little() -> Usage:
    """Return the use of a key by its owner, now and then."""
    by: tuple[tuple[Dimension, Breakdown], ...] = (
        ("event", Breakdown((tally("Converse", 12),))),
        ("region", Breakdown((tally("us-east-1", 12),))),
    )
    return Usage(
        subject="user BedrockAPIKey-ex4m",
        begin=BEGIN,
        end=NOW,
        leaked_at=LEAK,
        calls=12,
        since_leak=3,
        first=seen(BEGIN),
        last=seen(NOW - timedelta(hours=1)),
        by=by,
        hours=(hour(200, 4), hour(100, 5), hour(30, 3)),
        limits=("CloudTrail shows the last 90 days: what was before is not known.",),
    )


def theft() -> Usage:
    """Return the use of a key that somebody has stolen, hostile names among the values."""
    usual = [hour(ago, 3 + ago % 7) for ago in range(51, 218, 5)]
    stolen = [hour(ago, 40 + (47 - ago) * 9 % 380, ago % 11) for ago in range(6, 48)]
    after = LEAK + timedelta(hours=4)
    by: tuple[tuple[Dimension, Breakdown], ...] = (
        ("event", Breakdown((tally("Converse", 8804, 120), tally("InvokeModel", 812, 311)))),
        ("model", Breakdown((tally(MODELS[0], 9000, 12), tally(MODELS[1], 616, 419)), 3, 41)),
        ("region", Breakdown((tally("us-east-1", 9204), tally("eu-west-1", 412, 0, after)))),
        ("error", Breakdown((tally("ValidationException", 311, 311, after),))),
        ("address", Breakdown((tally("203.0.113.9", 9411, 431, after),), 512, 9000, at_least=True)),
        ("agent", Breakdown((tally(SHELL, 9411, 0, after), *(tally(t, 1) for t in HOSTILE if t)))),
        ("inference_region", Breakdown((tally("us-west-2", 9616),))),
        ("principal", Breakdown((tally(ARN, 9616),))),
        ("made_in", Breakdown((tally("the AWS console", 12),))),
    )
    made = EventPoint(NOW - timedelta(days=80), "2f1e0d9c-8b7a-4695-8473-6251403f2e1d")
    admin = f"arn:aws:iam::{ACCOUNT}:user/admin"
    changes = (
        UserChange(
            "CreateServiceSpecificCredential", made, admin, "198.51.100.7", "console", "ACCA1"
        ),
        UserChange(
            "CreateAccessKey", seen(after), ARN, "203.0.113.9", SHELL, "AKIAEXAMPLE", "Denied"
        ),
    )
    return Usage(
        subject="user BedrockAPIKey-ex4m",
        begin=BEGIN,
        end=NOW,
        leaked_at=LEAK,
        responded_at=NOW - timedelta(hours=5, minutes=12),
        calls=sum(each.calls for each in (*usual, *stolen)),
        since_leak=sum(each.calls for each in stolen),
        errors=431,
        first=seen(BEGIN),
        last=seen(NOW - timedelta(hours=6)),
        probes=tally("probes", 6),
        by=by,
        hours=tuple(sorted((*usual, *stolen), key=lambda each: each.begin)),
        changes=changes,
        more_changes=2,
        indicators=(
            Indicator(
                "new-address", "513 not seen before the leak, 9,411 calls", (seen(after),), 9
            ),
            Indicator("burst", "up to 419 calls in an hour, 10 times the usual", (seen(after),)),
            Indicator("probing", "311 calls to models that failed", tuple([seen(after)] * 20), 291),
        ),
        gaps=(TrailGap("ap-south-1", "cloudtrail:LookupEvents failed (AccessDeniedException)"),),
        limits=("CloudTrail shows the last 90 days: what was before is not known.",),
        reach=Reach(
            ARN,
            (
                Holding("access keys", ("AKIAIOSFODNN7EXAMPLE, Active",)),
                Holding("console password"),
                Holding("groups", unknown="iam:ListGroupsForUser failed (AccessDenied)"),
            ),
        ),
    )
