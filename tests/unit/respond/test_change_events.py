from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedrock_key_guard import __version__
from bedrock_key_guard.aws.cloudtrail import Record
from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.model.usage import GapKind, TrailGap
from bedrock_key_guard.respond.change_events import DISABLED, ChangeEvents, since
from bedrock_key_guard.respond.change_events import unread as unread_sentence
from bedrock_key_guard.respond.identities import CredentialWriter
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.front.sandbox import GUARD_USER, Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.investigate.records import CAUSES, NOW, FakeSession, iam, unread
from tests.unit.verify.doubles import ACCOUNT

UPDATE = "UpdateServiceSpecificCredential"
RESET = "ResetServiceSpecificCredential"
DELETE = "DeleteServiceSpecificCredential"


@pytest.fixture
def owner(sandbox: Sandbox) -> Any:
    return sandbox.client("iam", ACCOUNT)


def ago(**time: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(**time)


def named(leaked: Leaked) -> dict[str, str]:
    return {"UserName": "alice", "ServiceSpecificCredentialId": leaked.credential_id}


def shown(events: list[Record] | TrailGap) -> list[Record]:
    assert not isinstance(events, TrailGap)
    return events


def every(session: Session) -> list[Record] | TrailGap:
    return ChangeEvents(session, datetime.now(timezone.utc)).of_credentials()


def known(leaked: Leaked, session: Session, begin: datetime | None = None) -> list[Record]:
    recent = since(begin or ago(minutes=1), shown(every(session)))
    return [event for event in recent if event.target == leaked.credential_id]


def test_a_credential_that_nobody_touched_has_no_events(session: Session, leaked: Leaked) -> None:
    assert known(leaked, session) == []


def test_an_event_says_who_did_what_with_which_program(session: Session, leaked: Leaked) -> None:
    record = IamDirectory(session).by_id(leaked.credential_id)
    assert record is not None
    CredentialWriter(session).set_status(record, "Inactive")
    (event,) = known(leaked, session)
    assert (event.name, event.deed, event.failed) == (UPDATE, DISABLED, False)
    assert event.actor == f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
    assert f"bedrock-key-guard/{__version__}" in event.agent
    assert event.target == leaked.credential_id
    assert event.time.tzinfo is not None
    assert event.by_guard


def test_what_another_program_did_is_not_the_guards(
    session: Session, leaked: Leaked, owner: Any
) -> None:
    owner.update_service_specific_credential(**named(leaked), Status="Inactive")
    (event,) = known(leaked, session)
    assert not event.by_guard


def move(sandbox: Sandbox, times: list[datetime]) -> None:
    """Let the events of IAM have happened at these times, the oldest first."""
    events = zip(sandbox.trail.events(ACCOUNT, "us-east-1"), times, strict=True)
    moved = [replace(event, time=time) for event, time in events]
    sandbox.trail.replace(ACCOUNT, "us-east-1", moved)


def test_changes_come_oldest_first_even_within_a_second(
    session: Session, leaked: Leaked, sandbox: Sandbox, owner: Any
) -> None:
    for status in ("Inactive", "Active", "Inactive", "Active"):
        owner.update_service_specific_credential(**named(leaked), Status=status)
    at_once = datetime.now(timezone.utc).replace(microsecond=0)
    move(sandbox, [at_once] * len(sandbox.trail.events(ACCOUNT, "us-east-1")))
    assert [event.deed for event in known(leaked, session)] == [
        f"{UPDATE} {status}" for status in ("Inactive", "Active", "Inactive", "Active")
    ]


def test_all_three_kinds_of_change_are_seen_in_order_of_time(
    session: Session, leaked: Leaked, sandbox: Sandbox, owner: Any
) -> None:
    owner.reset_service_specific_credential(**named(leaked))
    owner.update_service_specific_credential(**named(leaked), Status="Inactive")
    owner.delete_service_specific_credential(**named(leaked))
    count = len(sandbox.trail.events(ACCOUNT, "us-east-1"))
    move(sandbox, [ago(seconds=count - age).replace(microsecond=0) for age in range(count)])
    assert [event.name for event in known(leaked, session)] == [RESET, UPDATE, DELETE]


def test_another_credentials_changes_are_not_its_own(
    session: Session, leaked: Leaked, sandbox: Sandbox, owner: Any
) -> None:
    other = sandbox.make_long_term_key(ACCOUNT, "alice")
    owner.update_service_specific_credential(**named(other), Status="Inactive")
    assert known(leaked, session) == []
    assert [event.target for event in shown(every(session))] == [other.credential_id]


@pytest.mark.parametrize(("minutes", "seen"), [(9, True), (11, False)])
def test_clocks_may_differ_by_ten_minutes(
    minutes: int, seen: bool, session: Session, leaked: Leaked, owner: Any
) -> None:
    owner.update_service_specific_credential(**named(leaked), Status="Inactive")
    assert bool(known(leaked, session, ago(minutes=-minutes))) is seen


def test_every_page_of_the_trail_is_read(session: Session, leaked: Leaked, owner: Any) -> None:
    for _ in range(30):
        for status in ("Inactive", "Active"):
            owner.update_service_specific_credential(**named(leaked), Status=status)
    assert len(known(leaked, session)) == 60


KINDS = {
    "throttled": "throttled",
    "a page in the middle, throttled": "throttled",
    "no answer": "unanswered",
    "bound": "bound",
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.slow
def test_a_trail_that_was_read_in_part_is_a_gap_and_no_list(cause: str) -> None:
    session: Any = FakeSession(unread(cause, iam(RESET)))
    gap = ChangeEvents(session, NOW).of_credentials()
    assert isinstance(gap, TrailGap)
    assert gap.kind == KINDS.get(cause, "refused")
    assert unread_sentence(gap).startswith(
        f"CloudTrail could not be read ({gap.what}: {gap.reason}), so what was done is not known; "
    )


@pytest.mark.parametrize("cause", sorted({*CAUSES} - {"bound"}))
def test_changes_of_policies_that_were_read_in_part_are_a_gap(cause: str) -> None:
    session: Any = FakeSession(unread(cause, iam("AttachRolePolicy")))
    assert isinstance(ChangeEvents(session, NOW).of_policies("Attach", "Detach"), TrailGap)


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("refused", "give credentials that may call cloudtrail:LookupEvents"),
        ("throttled", "run it again in a few minutes"),
        ("unanswered", "run it again when AWS answers"),
        ("unreadable", "undo it by hand"),
        ("bound", "undo it by hand"),
    ],
)
def test_what_could_not_be_read_has_a_remedy(kind: GapKind, remedy: str) -> None:
    assert remedy in unread_sentence(TrailGap("us-east-1", "because", kind))
