"""Reach every verdict of docs/verdicts.md through the command, one row after the other.

The hosts have their real names: what is asked in another region is asked of another host.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.base.faults import (
    ACCESS_DENIED,
    CLOSED_ACCOUNT,
    THROTTLED,
    UNAVAILABLE,
    Drop,
    Fault,
    NamePrincipal,
    ServiceError,
    html,
)
from sandbox.base.lag import Lag
from sandbox.bedrock.planes import CONCEALMENTS, NOT_A_KEY, Manner
from sandbox.front.internet import Internet
from sandbox.front.sandbox import Sandbox
from tests.jobs import ACCOUNT, STRANGER, guard, report_of, said
from tests.leaks import leak
from tests.verdict_rows import (
    BEARER,
    Row,
    Stage,
    World,
    bounded,
    by_role,
    by_user,
    deleted,
    denied,
    expired,
    forged,
    inactive,
    long_term,
    of_a_stranger,
    of_an_id_that_holds_no_account,
    of_nobody,
    of_region,
    policy,
    reset,
    used,
    within_a_session_policy,
)

Begin = Callable[[Stage], object]

LIST, MANTLE_LIST = "bedrock:ListFoundationModels", "bedrock-mantle:ListModels"
FIRST_PLANE, MANTLE = "bedrock:*", "bedrock-mantle:*"
WRONG_KEY = "Authentication failed: Please make sure your API Key is valid."
REFUSED = ServiceError(403, "AccessDeniedException", WRONG_KEY)
FORMAT = ServiceError(403, "AccessDeniedException", NOT_A_KEY)
UNKNOWN_ID = ServiceError(
    403, "InvalidClientTokenId", "The security token included in the request is invalid."
)
HERE = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
LISTED = ("--allowed-account-ids", ACCOUNT)
NO_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
ENVIRONMENTS = {
    "fips": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "dual-stack": {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
}

PROVING_NOTHING: Mapping[str, Fault] = {
    "calls everything no key": FORMAT,
    "is throttled": THROTTLED,
    "fails": UNAVAILABLE,
    "says nothing": Drop(),
    "is a proxy's page": html(403),
}


def fails(fault: Fault, on: str, region: str = "*") -> Begin:
    """Return what lets Bedrock fail, from the first question on."""
    return lambda stage: stage.sandbox.bedrock.faults.add(fault, on=on, region=region, times=None)


def aws_fails(fault: ServiceError, on: str) -> Begin:
    return lambda stage: stage.sandbox.aws_faults.add(fault, on=on, times=None)


def manner(chosen: Manner) -> Begin:
    return lambda stage: setattr(stage.sandbox.bedrock, "manner", chosen)


def loses(*patterns: str) -> Begin:
    return lambda stage: stage.internet.lost.extend(patterns)


def late(lag: Lag) -> Begin:
    return lambda stage: stage.sandbox.bedrock.delay(lag)


def organized(stage: Stage, **policies: object) -> None:
    stage.sandbox.organize(STRANGER, **policies)  # type: ignore[arg-type]


def by_endpoint(stage: Stage) -> None:
    stage.sandbox.bedrock.endpoint_policy = policy("Allow", "s3:*")


def clock(**ahead: float) -> Begin:
    return lambda stage: stage.sandbox.set_clock(ahead=timedelta(**ahead))


SMALL, NONE = "ca-central-1", "not-offered"
MANTLE_THERE = "bedrock-mantle.ca-central-1.api.aws"
QUARANTINED = denied(*BEARER)
REVOKED = by_role(revoked=1)
SILENT = "bedrock-mantle has not confirmed it"
NOT_CONFIRMED = (
    Row("8", "inactive", long_term(inactive), "dead", SILENT, "unasked"),
    Row("8", "gone", long_term(deleted), "dead", SILENT, "unasked"),
    Row("10", "its session has ended", by_role(ended=True), "dead", SILENT, "unasked"),
    Row("11", "its signer's key is gone", by_user("gone"), "dead", SILENT, "unasked"),
    Row("9", "forged", forged(), "unverified", "bedrock-mantle in us-east-1: ", "unasked"),
    Row("6", "quarantined", long_term(QUARANTINED), "live", "denied from here", "unasked"),
)
CONCEALED = (
    Row("6", "quarantined", long_term(QUARANTINED), "contained", "may not use API keys on either"),
    Row("6", "revoked in the console", REVOKED, "contained", "AWSRevokeOlderSessions"),
)

WORLDS = (
    World(
        "nothing is the matter",
        (
            Row("1", "past its date", by_role(hours_ago=13), "dead", "expired at", "unasked"),
            Row(
                "3",
                "of another account",
                of_a_stranger,
                "foreign",
                "not on the allow-list",
                "unasked",
            ),
            Row(
                "3",
                "of an unknown id",
                of_an_id_that_holds_no_account,
                "foreign",
                "AWS knows no",
                "unasked",
            ),
            Row("4", "good", long_term(), "live", "bedrock and bedrock-mantle accepted it"),
            Row(
                "4", "new", long_term(days_old=0), "live", "bedrock and bedrock-mantle accepted it"
            ),
            Row("4", "of a session", by_role(), "live", "bedrock and bedrock-mantle accepted it"),
            Row("4", "of a user", by_user(), "live", "bedrock and bedrock-mantle accepted it"),
            Row(
                "4",
                "denied on one plane",
                long_term(denied(BEARER[0])),
                "live",
                "bedrock-mantle accepted",
            ),
            Row("4", "of a later session", by_role(revoked=-1), "live", "accepted it"),
            *CONCEALED,
            Row("6", "denied all", long_term(denied("*")), "contained", "is denied them by no"),
            Row(
                "7",
                "denied the list",
                long_term(denied(LIST, MANTLE_LIST)),
                "live",
                f"denied {LIST} by an",
            ),
            Row(
                "7",
                "by a group",
                long_term(denied(*BEARER, by="group")),
                "live",
                "IAM shows no policy",
            ),
            Row(
                "7",
                "in one place",
                long_term(denied(*BEARER, condition=HERE)),
                "live",
                "everywhere",
            ),
            Row(
                "7", "within bounds", long_term(bounded("s3:*")), "live", "no permissions boundary"
            ),
            Row("7", "of a limited session", within_a_session_policy, "live", "no session policy"),
            Row("8", "inactive", long_term(inactive), "dead", "IAM calls its credential Inactive"),
            Row("8", "expired", long_term(expired), "dead", "IAM calls its credential Expired"),
            Row("8", "deleted", long_term(deleted), "dead", "IAM lists no credential"),
            Row("8", "of nobody", of_nobody, "dead", "IAM lists no credential with its alias"),
            Row("9", "forged", forged(), "rejected", "although its credential is Active"),
            Row(
                "9",
                "forged for a new one",
                forged(days_old=0),
                "rejected",
                "its credential is Active",
            ),
            Row(
                "9",
                "reset since",
                long_term(reset),
                "rejected",
                "although its credential is Active",
            ),
            Row(
                "10", "session over", by_role(ended=True), "dead", "the session behind it has ended"
            ),
            Row(
                "10", "barely expired", by_role(hours_ago=12.02), "dead", "Bedrock says that it has"
            ),
            Row("11", "signer inactive", by_user("Inactive"), "dead", "that signed it is Inactive"),
            Row("11", "signer gone", by_user("gone"), "dead", "that signed it is gone"),
            Row("11b", "altered", by_role(altered=True), "rejected", "in its own region"),
            Row(
                "11b", "altered, of a user", by_user(altered=True), "rejected", "in its own region"
            ),
            Row(
                "12",
                "of China",
                of_region("cn-north-1"),
                "unverified",
                "no Bedrock is known",
                "unasked",
            ),
            Row(
                "12",
                "of nowhere",
                of_region("us-east-9"),
                "unverified",
                "no Bedrock is known",
                "unasked",
            ),
        ),
        hosts=frozenset(
            (
                "bedrock.us-east-1.amazonaws.com",
                "bedrock.us-west-2.amazonaws.com",
                "bedrock.eu-central-1.amazonaws.com",
                "bedrock-mantle.us-east-1.api.aws",
                "bedrock-mantle.us-west-2.api.aws",
                "bedrock-mantle.eu-central-1.api.aws",
            )
        ),
    ),
    World(
        "nobody has credentials",
        (Row("2", "good", long_term(), "unverified", "there are no AWS credentials", "unasked"),),
        environment=NO_CREDENTIALS,
    ),
    World(
        "STS knows its words for an unknown id",
        (
            Row(
                "3",
                "of it",
                of_an_id_that_holds_no_account,
                "foreign",
                "AWS knows no account",
                "unasked",
            ),
        ),
        aws_fails(UNKNOWN_ID, "sts:GetAccessKeyInfo"),
    ),
    World(
        "STS cannot say",
        (
            Row(
                "3",
                "of it",
                of_an_id_that_holds_no_account,
                "unverified",
                "account is unknown",
                "unasked",
            ),
        ),
        aws_fails(ACCESS_DENIED, "sts:GetAccessKeyInfo"),
    ),
    World(
        "a change of IAM is on its way",
        (Row("4", "inactive", long_term(used, inactive), "dead", "credential Inactive"),),
        late(Lag(probes=1)),
    ),
    World(
        "a change of IAM never comes",
        (
            Row(
                "4", "inactive", long_term(used, inactive), "live", "two minutes later it was still"
            ),
        ),
        late(Lag(probes=99)),
    ),
    World(
        "the home region does not know it",
        (
            Row("4", "good", long_term(), "live", "bedrock in us-west-2"),
            Row("8", "inactive", long_term(inactive), "dead", "IAM calls its credential Inactive"),
        ),
        lambda stage: [fails(REFUSED, on, "us-east-1")(stage) for on in (FIRST_PLANE, MANTLE)],
    ),
    World(
        "a further region cannot be reached",
        (
            Row(
                "9",
                "forged",
                forged(),
                "rejected",
                "bedrock in eu-central-1: it could not be reached",
            ),
        ),
        loses("*.eu-central-1.*"),
    ),
    World(
        "no further region can be reached",
        (
            Row(
                "9", "forged", forged(), "rejected", "bedrock in us-west-2: it could not be reached"
            ),
        ),
        loses("*.eu-central-1.*", "*.us-west-2.*"),
    ),
    World(
        "Bedrock names somebody else",
        (
            Row("5", "good", long_term(), "unverified", "principals disagree"),
            Row("5", "of a session", by_role(), "unverified", "principals disagree"),
        ),
        fails(NamePrincipal(f"arn:aws:iam::{STRANGER}:user/eve", BEARER[0]), "bedrock*"),
    ),
    World("Bedrock names the operation first", CONCEALED, manner(Manner("operation"))),
    *(
        World(f"mantle conceals denials: {name}", CONCEALED, manner(Manner(mantle_conceals=answer)))
        for name, answer in CONCEALMENTS.items()
        if name != "no key"
    ),
    *(
        World(f"mantle {name}", NOT_CONFIRMED, fails(fault, MANTLE))
        for name, fault in PROVING_NOTHING.items()
    ),
    World("there is no way to mantle", NOT_CONFIRMED, loses("bedrock-mantle.*")),
    World(
        "its region has no second plane",
        (
            Row("4", "good", by_role(region=SMALL), "live", "bedrock accepted it", NONE),
            Row("6", "revoked", by_role(region=SMALL, revoked=1), "contained", "not use", NONE),
            Row("10", "over", by_role(region=SMALL, ended=True), "dead", "has ended", NONE),
            Row("11b", "altered", by_role(region=SMALL, altered=True), "rejected", "own", NONE),
        ),
        environment={"NAMELESS_HOSTS": MANTLE_THERE, "no_proxy": f"127.0.0.1,{MANTLE_THERE}"},
    ),
    World(
        "the organisation denies it",
        (Row("7", "good", long_term(), "live", "explicit deny in its service control policy"),),
        lambda stage: organized(
            stage, policies={ACCOUNT: [policy("Allow", "*"), policy("Deny", *BEARER)]}
        ),
    ),
    World(
        "the organisation denies resources",
        (Row("7", "good", long_term(), "live", "explicit deny in its resource control policy"),),
        lambda stage: organized(stage, resource_policies={ACCOUNT: [policy("Deny", *BEARER)]}),
    ),
    World(
        "the way to Bedrock denies it",
        (
            Row("7", "good", long_term(), "live", "no VPC endpoint policy allows it"),
            Row("7", "quarantined", long_term(QUARANTINED), "contained", "is denied them by no"),
        ),
        by_endpoint,
    ),
    World(
        "IAM shows no policies",
        (Row("7", "quarantined", long_term(QUARANTINED), "live", "could not be read"),),
        aws_fails(ACCESS_DENIED, "iam:List*Policies"),
    ),
    World(
        "IAM lists nothing",
        (Row("12", "inactive", long_term(inactive), "unverified", "AccessDenied"),),
        aws_fails(ACCESS_DENIED, "iam:ListServiceSpecificCredentials"),
    ),
    World(
        "AWS has closed the account",
        (Row("12", "good", long_term(), "unverified", "does not let its account use", "unasked"),),
        fails(CLOSED_ACCOUNT, "bedrock*"),
    ),
    World(
        "Bedrock calls everything no key",
        (
            Row("12", "good", long_term(), "unverified", "called it no key", "unasked"),
            Row("12", "inactive", long_term(inactive), "unverified", "called it no key", "unasked"),
        ),
        fails(FORMAT, "bedrock*"),
    ),
    World(
        "a page is all there is",
        (Row("12", "inactive", long_term(inactive), "unverified", "in words", "unasked"),),
        fails(html(403), "bedrock*"),
    ),
    World(
        "our clock is an hour behind",
        (Row("1", "past its date", by_role(hours_ago=11.7), "dead", "expired at", "unasked"),),
        clock(hours=1),
        options=LISTED,
        note="The clock of this machine is 60 minutes behind the servers': their time counts.",
    ),
    World(
        "our clock is two hours ahead",
        (Row("4", "past its date by it", by_role(hours_ago=13), "live", "accepted it"),),
        clock(hours=-2),
        options=LISTED,
        note="The clock of this machine is 120 minutes ahead of the servers': their time counts.",
    ),
    World(
        "FIPS endpoints are wanted",
        (
            Row("4", "good", long_term(), "live", "bedrock accepted it", "unasked"),
            Row("8", "inactive", long_term(inactive), "dead", "no FIPS endpoint of it", "unasked"),
        ),
        environment=ENVIRONMENTS["fips"],
        hosts=frozenset(("bedrock-fips.us-east-1.amazonaws.com",)),
    ),
    World(
        "dual-stack endpoints are wanted",
        (Row("4", "good", long_term(), "live", "accepted it"),),
        environment=ENVIRONMENTS["dual-stack"],
        hosts=frozenset(("bedrock.us-east-1.api.aws", "bedrock-mantle.us-east-1.api.aws")),
    ),
    World(
        "all is in AWS GovCloud (US)",
        (
            Row("4", "good", long_term(), "live", "accepted it"),
            Row("9", "forged", forged(), "rejected", "although its credential is Active"),
        ),
        partition="aws-us-gov",
        hosts=frozenset(
            (
                "bedrock.us-gov-west-1.amazonaws.com",
                "bedrock.us-gov-east-1.amazonaws.com",
                "bedrock-mantle.us-gov-west-1.api.aws",
                "bedrock-mantle.us-gov-east-1.api.aws",
            )
        ),
    ),
    World(
        "all is in the European Sovereign Cloud",
        (
            Row("4", "good", long_term(), "live", "accepted it"),
            Row("4", "of a session", by_role(), "live", "accepted it"),
            Row("9", "forged", forged(), "rejected", "although its credential is Active"),
        ),
        partition="aws-eusc",
        hosts=frozenset(
            (
                "bedrock.eusc-de-east-1.amazonaws.eu",
                "bedrock-mantle.eusc-de-east-1.api.amazonwebservices.eu",
            )
        ),
    ),
)


@pytest.fixture
def internet(sandbox: Sandbox) -> Iterator[Internet]:
    with Internet(sandbox) as internet:
        yield internet


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_a_verdict_is_the_one_of_the_table(
    tree: Path, home: Path, sandbox: Sandbox, internet: Internet, world: World
) -> None:
    sandbox.reset(partitions={ACCOUNT: world.partition})
    stage = Stage(sandbox, internet)
    leak(tree, *(row.make(stage) for row in world.rows))
    environment = {**os.environ, **internet.environment(ACCOUNT), **world.environment}
    world.begin(stage)
    verify = ("verify", *world.options)
    done = guard(*verify, "--format", "json", ".", cwd=tree, env=environment, hurried=True)
    assert done.returncode == 1, said(done)
    judged = {at_line(each): each["verdict"] for each in report_of(done)["incidents"]}
    assert sorted(judged) == [*range(1, len(world.rows) + 1)]
    wrong = [
        f"{row.rule} {row.what}: {verdict['state']}, {verdict['second_plane']}: {verdict['reason']}"
        for row, (_, verdict) in zip(world.rows, sorted(judged.items()), strict=True)
        if not is_as_said(row, verdict)
    ]
    assert wrong == []
    asked = {host for host in internet.asked() if host.startswith("bedrock")}
    assert not world.hosts or asked == world.hosts
    assert sandbox.writes() == ()
    text = (
        guard(*verify, ".", cwd=tree, env=environment, hurried=True).stdout if world.note else b""
    )
    assert world.note in " ".join(text.decode().split())


def at_line(incident: Mapping[str, Any]) -> int:
    return int(incident["locations"][0]["line"])


def is_as_said(row: Row, verdict: Mapping[str, Any]) -> bool:
    remarks = (each["answered"]["text"] for each in verdict["evidence"] if each["asked"] == "note")
    words = "; ".join((verdict["reason"], *remarks))
    as_said = (verdict["state"], verdict["second_plane"]) == (row.state, row.second)
    return as_said and row.words in words
