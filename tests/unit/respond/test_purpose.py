from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from bedrock_key_guard.aws.session import Session, open_session
from bedrock_key_guard.respond.identities import CredentialWriter
from bedrock_key_guard.respond.purpose import (
    Purpose,
    name_change,
    named_at,
    purpose_of,
    read_purpose,
    stated,
)
from sandbox.front.sandbox import Sandbox

KEY = "0123456789abcdef" * 4
UNTIL = datetime(2026, 11, 23, 20, 35, 1, tzinfo=timezone.utc)
AGENT = "Boto3/1.44 md/x bedrock-key-guard/0.1.0"


@pytest.mark.parametrize("change", [None, "20261123T203501Z-0badc0de"])
@pytest.mark.parametrize("until", [None, UNTIL, UNTIL.astimezone(timezone(timedelta(hours=9)))])
def test_a_purpose_is_read_as_it_was_written(until: datetime | None, change: str | None) -> None:
    purpose = purpose_of("quarantine", KEY, until, change)
    for agent in (f"{AGENT} {purpose}", f"{AGENT} {purpose} more/1"):
        assert read_purpose(agent) == purpose
    assert purpose.is_for(KEY)
    assert not purpose.is_for("f" * 64)
    assert KEY not in str(purpose)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        AGENT,
        f"{AGENT} respond/quarantine",
        f"{AGENT} respond/quarantine key/{KEY[:31]}",
        f"{AGENT} respond/quarantine key/{KEY[:33]}",
        f"{AGENT} respond/Quarantine key/{KEY[:32]}",
        f"{AGENT} respond/x key/{KEY[:32]} until/20261323T203501Z",
    ],
)
def test_what_bears_no_purpose(agent: str) -> None:
    assert read_purpose(agent) is None


@pytest.mark.parametrize("zone", [timezone.utc, timezone(timedelta(hours=-9))])
def test_a_change_is_named_by_its_time_and_never_twice(zone: timezone) -> None:
    one, other = (name_change(UNTIL.astimezone(zone)) for _ in range(2))
    assert one != other
    assert named_at(one) == named_at(other) == UNTIL
    assert read_purpose(f"{AGENT} {purpose_of('disable', KEY, change=one)}") == purpose_of(
        "disable", KEY, change=one
    )


@pytest.mark.parametrize("name", ["", "x", "5f1c0ffee000", "20261323T203501Z-0badc0de", "9" * 99])
def test_what_is_no_name_of_a_change_tells_no_time(name: str) -> None:
    assert named_at(name) is None


def test_calls_bear_the_purpose_of_their_thread_alone(
    sandbox: Sandbox, environment: dict[str, str]
) -> None:
    session = open_session(environment)
    assert isinstance(session, Session)
    for _ in range(2):  # writers share the session's client
        CredentialWriter(session)
    iam = session.global_client("iam")
    purpose = Purpose("disable", KEY[:32])
    with stated(purpose), ThreadPoolExecutor(1) as pool:
        iam.list_users()
        pool.submit(iam.list_roles).result()
    iam.list_groups()
    agents = {call.operation: call.user_agent for call in sandbox.calls()}
    assert agents["ListUsers"].endswith(f" {purpose}")
    assert agents["ListUsers"].count("respond/") == 1
    assert read_purpose(agents["ListUsers"]) == purpose
    assert read_purpose(agents["ListRoles"]) is None
    assert read_purpose(agents["ListGroups"]) is None
