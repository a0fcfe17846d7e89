"""Hold the rules of deploy/alerts.yaml against the events that CloudTrail records of keys.

The events are those of the sandbox, whose shapes have their sources in sandbox/cloudtrail and
sandbox/bedrock/bedrock_events.py; patterns are matched by moto's EventBridge. What EventBridge puts
around an event is that of its user guide, "AWS service events delivered via AWS CloudTrail".
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.events.models import EventPattern

from sandbox.cloudtrail.event_rows import Row, events_from
from sandbox.cloudtrail.trail import Event
from sandbox.front.sandbox import Sandbox
from tests.cloudformation import DEPLOY, resources
from tests.jobs import ACCOUNT

NETWORKS = "198.51.100.*,2001:db8:*"
HOME = "us-east-1"


def rules(region: str = HOME, networks: str = NETWORKS) -> dict[str, dict[str, Any]]:
    given = {"Email": "guards@example.com", "KnownNetworks": networks, "AWS::Region": region}
    made = resources(DEPLOY / "alerts.yaml", **given)
    return {n: r["Properties"] for n, r in made.items() if r["Type"] == "AWS::Events::Rule"}


def matched(event: Event) -> list[str]:
    """Return the rules that tell of an event."""
    sent: Any = {
        "source": f"aws.{event.source.partition('.')[0]}",
        "detail-type": "AWS API Call via CloudTrail",
        "account": event.account_id,
        "region": event.region,
        "detail": event.record(),
    }
    patterns = {n: EventPattern(None, rule["EventPattern"]) for n, rule in rules().items()}
    return [name for name, pattern in patterns.items() if pattern.matches_event(sent)]


def last(sandbox: Sandbox) -> Event:
    return sandbox.trail.events(ACCOUNT, HOME)[-1]


def test_what_opens_a_key_is_told_and_what_closes_it_is_not(sandbox: Sandbox) -> None:
    iam = sandbox.client("iam", ACCOUNT)
    iam.create_user(UserName="dev")
    told = {}

    def call(operation: str, **parameters: str) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(iam, f"{operation}_service_specific_credential")(
            UserName="dev", **parameters
        )
        told[operation, parameters.get("ServiceName") or parameters.get("Status")] = matched(
            last(sandbox)
        )
        return answer

    made = call("create", ServiceName="bedrock.amazonaws.com")["ServiceSpecificCredential"]
    key = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    call("update", Status="Inactive", **key)
    call("update", Status="Active", **key)
    call("reset", **key)
    call("delete", **key)
    call("create", ServiceName="codecommit.amazonaws.com")
    assert told == {
        ("create", "bedrock.amazonaws.com"): ["Opened"],
        ("update", "Inactive"): [],
        ("update", "Active"): ["Opened"],
        ("reset", None): ["Opened"],
        ("delete", None): [],
        ("create", "codecommit.amazonaws.com"): [],
    }


def test_what_was_refused_is_not_told(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError):
        sandbox.client("iam", ACCOUNT).create_service_specific_credential(
            UserName="nobody", ServiceName="bedrock.amazonaws.com"
        )
    assert matched(last(sandbox)) == []


NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
USES = [
    (Row(NOW, ip="203.0.113.9"), ["Used"]),
    (Row(NOW, ip="203.0.113.9", event="InvokeModel", error="AccessDenied"), ["Used"]),
    (Row(NOW, ip="203.0.113.9", token_type="SHORT_TERM", role="app"), ["Used"]),
    (Row(NOW, ip="203.0.113.9", service="bedrock-mantle", event="CreateInference"), ["Used"]),
    (Row(NOW, ip="2001:db9::1"), ["Used"]),
    (Row(NOW, ip="198.51.100.7"), []),
    (Row(NOW, ip="2001:db8::1"), []),
    (Row(NOW, ip="203.0.113.9", token_type=""), []),
    (Row(NOW, ip="203.0.113.9", service="s3", event="GetObject", token_type=""), []),
]


def test_the_use_of_a_key_is_told_from_networks_that_are_not_known() -> None:
    events = events_from(ACCOUNT, [row for row, _ in USES])
    said = [matched(event) for event in events]
    assert said == [names for _, names in USES]


def test_calls_that_only_read_are_sent_to_the_rule_that_needs_them() -> None:
    """EventBridge keeps back the others: user guide, "Receiving read-only management events"."""
    assert rules()["Used"]["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


@pytest.mark.parametrize(
    ("region", "networks", "made"),
    [
        (HOME, NETWORKS, {"Opened", "Used"}),
        (HOME, "", {"Opened"}),
        ("eu-west-1", NETWORKS, {"Used"}),
        ("us-gov-west-1", "", {"Opened"}),
    ],
)
def test_iams_events_are_awaited_where_they_are_sent(
    region: str, networks: str, made: set[str]
) -> None:
    assert set(rules(region, networks)) == made


def test_only_rules_of_this_account_may_publish() -> None:
    made = resources(DEPLOY / "alerts.yaml", Email="guards@example.com")
    (statement,) = made["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
