from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from bedrock_key_guard.aws.roles import RoleToAssume
from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.aws.sessions import SESSION_NAME, Sessions

OURS, MEMBER, OTHER = "111122223333", "123456789012", "210987654321"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=timezone.utc)
ROLE = RoleToAssume("arn:aws:iam::{account_id}:role/BedrockKeyGuard", "our-guard")


class Hub(Session):
    """Assume any role but those of accounts that are closed, for an hour."""

    def __init__(self, closed: str = "", partition: str = "aws") -> None:
        super().__init__(None, f"arn:{partition}:iam::{OURS}:user/guard")  # type: ignore[arg-type]
        self.closed = closed
        self.asked: list[Mapping[str, object]] = []
        self._lock = threading.Lock()

    def assume(self, request: Mapping[str, object]) -> Session:
        with self._lock:
            self.asked.append(request)
        if self.closed and self.closed in str(request["RoleArn"]):
            raise PermissionError
        arn = str(request["RoleArn"]).replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        ends = NOW + timedelta(hours=1)
        return Session(None, f"{arn}/{SESSION_NAME}", ends_at=ends)  # type: ignore[arg-type]


def test_our_own_account_needs_no_role() -> None:
    hub = Hub()
    assert Sessions(hub, ROLE).of(OURS) is hub
    assert hub.asked == []


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_we_act_in_the_partition_of_our_own_credentials(partition: str) -> None:
    assert Sessions(Hub(partition=partition)).partition == partition
    assert Sessions(NoSession("there are no AWS credentials")).partition == "aws"


def test_another_account_is_reached_by_its_role() -> None:
    hub = Hub()
    session = Sessions(hub, ROLE, lambda: NOW).of(MEMBER)
    assert isinstance(session, Session)
    assert session.account.account_id == MEMBER
    assert hub.asked == [ROLE.request(MEMBER, SESSION_NAME)]


def test_a_session_tells_the_role_by_which_it_was_opened() -> None:
    sessions = Sessions(Hub(), ROLE, lambda: NOW)
    roles = []
    for account_id in (OURS, MEMBER):
        session = sessions.of(account_id)
        assert isinstance(session, Session)
        roles.append(sessions.role_for(session))
    assert roles == [None, ROLE]


@pytest.mark.parametrize(
    ("role", "account_id"), [(None, MEMBER), (None, None), (ROLE, None)], ids=str
)
def test_without_a_role_or_an_account_there_is_no_session(
    role: RoleToAssume | None, account_id: str | None
) -> None:
    reason = f"there are no credentials for account {account_id}"
    assert Sessions(Hub(), role).of(account_id) == NoSession(reason)


def test_without_credentials_no_account_is_reached() -> None:
    nobody = NoSession("there are no AWS credentials")
    assert Sessions(nobody, ROLE).of(MEMBER) is nobody


def test_a_role_that_cannot_be_assumed_closes_its_account_alone() -> None:
    sessions = Sessions(Hub(closed=MEMBER), ROLE, lambda: NOW)
    reason = f"{ROLE.arn(MEMBER)} cannot be assumed (PermissionError)"
    assert sessions.of(MEMBER) == NoSession(reason)
    assert isinstance(sessions.of(OTHER), Session)


def test_a_session_that_is_of_another_account_is_not_used() -> None:
    class Confused(Hub):
        def assume(self, request: Mapping[str, object]) -> Session:
            return super().assume({"RoleArn": str(request["RoleArn"]).replace(MEMBER, OTHER)})

    reason = f"{ROLE.arn(MEMBER)} led to account {OTHER}"
    assert Sessions(Confused(), ROLE).of(MEMBER) == NoSession(reason)


def test_a_role_of_another_partition_is_not_tried() -> None:
    hub = Hub(partition="aws-us-gov")
    assert Sessions(hub, ROLE).of(MEMBER) == NoSession(
        f"{ROLE.arn(MEMBER)} is not of our partition"
    )
    assert hub.asked == []


@pytest.mark.parametrize("closed", ["", MEMBER], ids=["open", "closed"])
def test_however_many_ask_a_role_is_assumed_once(closed: str) -> None:
    hub = Hub(closed)
    sessions = Sessions(hub, ROLE, lambda: NOW)
    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(sessions.of, [MEMBER] * 200))
    assert len(answers) == 1
    assert len(hub.asked) == 1


@pytest.mark.parametrize(("minutes", "times"), [(0, 1), (54, 1), (56, 2), (61, 2)])
def test_a_session_is_opened_anew_shortly_before_it_ends(minutes: int, times: int) -> None:
    time = [NOW]
    hub = Hub()
    sessions = Sessions(hub, ROLE, lambda: time[0])
    sessions.of(MEMBER)
    time[0] += timedelta(minutes=minutes)
    sessions.of(MEMBER)
    assert len(hub.asked) == times
