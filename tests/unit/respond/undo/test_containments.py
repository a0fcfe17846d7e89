from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bedrock_key_guard.aws.cloudtrail import Record
from bedrock_key_guard.model.principals import HolderKind
from bedrock_key_guard.model.times import read_time
from bedrock_key_guard.respond.ledger import records
from bedrock_key_guard.respond.ledger.entries import LedgerEntry
from bedrock_key_guard.respond.ledger.records import Hold, PolicyAttached, PolicyPut
from bedrock_key_guard.respond.purpose import purpose_of
from bedrock_key_guard.respond.undo.containments import containments, named_by
from tests.unit.respond.doubles import QUARANTINE, RECORD, changed
from tests.unit.verify.doubles import ACCOUNT, NOW

NAME = "BedrockKeyGuard-revoke-until-20261123T2035Z-0123456789ab"
FINGERPRINT = "0123456789abcdef" * 4


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def entry(
    record: records.Record, phase: str = "done", fingerprint: str = "f" * 64, hours: float = 0
) -> LedgerEntry:
    return LedgerEntry(
        "1",
        phase,  # type: ignore[arg-type]
        at(hours).isoformat(),
        "x",
        "",
        ACCOUNT,
        "aws",
        fingerprint,
        record,
    )


def attached(hours: float, name: str = "ml") -> PolicyAttached:
    return PolicyAttached("role", name, "AROA1", QUARANTINE, at(hours).isoformat(), False)


def recorded(
    hours: float | None,
    name: str = "AttachRolePolicy",
    agent: str = "bedrock-key-guard/0.1",
    policy: str = QUARANTINE,
    *,
    kind: HolderKind = "role",
    failed: bool = False,
) -> Record:
    purpose = purpose_of("quarantine", FINGERPRINT, None if hours is None else at(hours))
    agent = f"{agent} {purpose}"
    return changed(name, policy, by="", agent=agent, of=(kind, "ml"), failed=failed)


PUT = PolicyPut("role", "ml", "AROA1", NAME, "{}", at(2).isoformat())


@pytest.mark.parametrize(
    ("entries", "events", "hours"),
    [
        ([], [], None),
        ([entry(attached(2))], [], 2),
        ([], [recorded(3)], 3),
        ([entry(attached(2)), entry(attached(5))], [], 5),
        ([entry(attached(2))], [recorded(3)], 3),
        ([entry(attached(4))], [recorded(3)], 4),
        ([entry(attached(2), "intent")], [], 2),
        ([entry(attached(2), "failed")], [], 2),
        # What is over is over; what CloudTrail says of it counts all the same.
        ([entry(attached(2), "restored")], [], None),
        ([entry(attached(9), "lifted")], [recorded(3)], 3),
        # Of a key that CloudTrail knows, a ledger has no say.
        ([entry(attached(9), fingerprint=FINGERPRINT)], [recorded(3)], 3),
        ([entry(attached(-9), fingerprint=FINGERPRINT)], [recorded(3)], 3),
        ([entry(Hold("role", "ml", at(9).isoformat()), "done", FINGERPRINT)], [recorded(3)], 3),
        # Of another it has, for as long as a key can live, and not from times to come.
        ([entry(attached(9_999))], [recorded(3)], 12),
        ([entry(attached(9_999))], [], 12),
        ([entry(Hold("role", "ml", at(9_999).isoformat()), hours=-4)], [recorded(3)], 8),
        ([entry(attached(9_999), hours=9_000)], [recorded(3)], 3),
        ([entry(Hold("role", "ml", at(9_999).isoformat()), hours=9_000)], [recorded(3)], 3),
        # A key that was found contained prolongs it, and holds nobody by itself.
        ([entry(Hold("role", "ML", at(7).isoformat()))], [recorded(3)], 7),
        ([entry(Hold("role", "ml", at(1).isoformat()))], [recorded(3)], 3),
        ([entry(Hold("user", "ml", at(7).isoformat()))], [recorded(3)], 3),
        ([entry(Hold("role", "ml", at(7).isoformat()))], [], None),
        ([entry(Hold("role", "web", at(7).isoformat()))], [recorded(3)], 3),
        # Names of roles ignore case.
        ([entry(attached(2, "ML"))], [recorded(3)], 3),
        # What is not an attachment by the guard until some time is nobody's.
        ([], [recorded(None)], None),
        ([], [recorded(3, failed=True)], None),
        ([], [recorded(3, "DetachRolePolicy")], None),
        ([], [recorded(3, agent="aws-cli/2.30")], None),
        ([entry(RECORD)], [], None),
    ],
)
def test_how_long_a_quarantine_is_needed(
    entries: list[LedgerEntry], events: list[Record], hours: float | None
) -> None:
    found = containments(entries, events, (), NOW)
    assert [containment.until for containment in found] == ([] if hours is None else [at(hours)])


def test_an_inline_policy_says_by_its_name_until_when() -> None:
    (named,) = named_by("role", "ml", ("owners", NAME, f"{NAME}x"))
    assert (named.policy, named.until) == (NAME, read_time("2026-11-23T20:35:00Z"))
    (joined,) = containments([entry(PUT)], [], [named], NOW)
    assert joined.is_inline
    assert (joined.until, joined.entries) == (named.until, (entry(PUT),))


@pytest.mark.parametrize("hours", [-9, 9, 9_999])
def test_the_name_of_an_inline_policy_is_believed_rather_than_a_ledger(hours: float) -> None:
    claimed = entry(replace(PUT, until=at(hours).isoformat()))
    (containment,) = containments([claimed], [], (), NOW)
    assert (containment.until, containment.entries) == (
        read_time("2026-11-23T20:35:00Z"),
        (claimed,),
    )


def test_each_policy_of_each_holder_is_a_containment_of_its_own() -> None:
    found = containments(
        [entry(attached(2)), entry(PUT), entry(attached(2, "web"))],
        [recorded(3, kind="user"), recorded(3, "PutRolePolicy", policy=NAME)],
        (),
        NOW,
    )
    assert {(each.kind, each.name, each.policy) for each in found} == {
        ("role", "ml", QUARANTINE),
        ("role", "ml", NAME),
        ("role", "web", QUARANTINE),
        ("user", "ml", QUARANTINE),
    }
    assert {r.until for r in found if r.policy == NAME} == {read_time("2026-11-23T20:35:00Z")}
