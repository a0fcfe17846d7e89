from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from bedrock_key_guard.model import (
    Account,
    IamAnswer,
    LongTermKey,
    ShortTermKey,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.respond.plan import Policy, plan
from tests.unit.respond.doubles import contained, live, other
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SIGNER,
    USER,
    credential,
    found,
    incident,
    key_of,
    long_term,
    short_term,
)

LONG, SHORT = long_term(), short_term()
FORK = "the pull request comes from a fork"
ABSENT = IamAnswer("absent", NOW, Account(ACCOUNT))
UNKNOWN = IamAnswer("unknown", NOW, Account(ACCOUNT), detail="AccessDenied")

BY_HAND, NOTHING = "manual", "nothing"
KEYS: tuple[LongTermKey | ShortTermKey, ...] = (LONG, SHORT)
SETTLED: tuple[VerdictState, ...] = ("dead", "rejected", "foreign")
POLICIES = (Policy(), Policy(response="reset"), Policy(response="off"), Policy(dry_run=True))


@pytest.mark.parametrize(
    ("verdict", "policy", "action", "reason"),
    [
        # A proven live or contained key of an Active credential is acted on.
        (live(), Policy(), "disable", "live: bedrock and bedrock-mantle accepted it"),
        (contained(), Policy(), "disable", "contained: "),
        (live(), Policy(response="reset"), "reset", "live: "),
        (contained(), Policy(response="reset"), "reset", "contained: "),
        (live(), Policy(dry_run=True), "disable", "live: "),
        (live(), Policy(response="reset", reactivate=True), "reset", "live: "),
        (live(), Policy(max_responses=0), "disable", "live: "),
        # Unless somebody or something forbids it.
        (live(), Policy(response="off"), BY_HAND, "responses are off"),
        (contained(), Policy(response="off"), BY_HAND, "responses are off"),
        (live(), Policy(untrusted=FORK), BY_HAND, FORK),
        (live(), Policy(untrusted=FORK, response="reset"), BY_HAND, FORK),
        (live(), Policy(protect=frozenset((USER,))), BY_HAND, f"user {USER} is protected"),
        (live(iam=UNKNOWN), Policy(), BY_HAND, "IAM could not be asked which credential this is"),
        (live(iam=ABSENT), Policy(), BY_HAND, "IAM could not be asked which credential this is"),
        (
            live(iam=found(credential("Inactive"))),
            Policy(),
            BY_HAND,
            "although IAM calls its credential Inactive",
        ),
        (
            live(iam=found(credential("Expired"))),
            Policy(response="reset"),
            BY_HAND,
            "although IAM calls its credential Expired",
        ),
        # A short-term key is never acted on.
        (live(SHORT), Policy(), BY_HAND, "a short-term key cannot be switched off alone"),
        (contained(SHORT), Policy(), NOTHING, "the key expires by itself"),
        # Without proof nothing happens.
        *(
            (other(state, key), policy, NOTHING, f"it is {state}")
            for state, key, policy in product(SETTLED, KEYS, POLICIES)
        ),
        *(
            (other("unverified", key), policy, BY_HAND, "it is unverified")
            for key, policy in product(KEYS, POLICIES)
        ),
    ],
)
def test_what_a_verdict_permits(verdict: Verdict, policy: Policy, action: str, reason: str) -> None:
    planned = plan(incident(verdict.evidence.key), verdict, policy)
    assert (planned.name, reason in planned.reason) == (action, True), planned.reason


@pytest.mark.parametrize("key", [LONG, SHORT])
@pytest.mark.parametrize(
    "state", ["live", "contained", "rejected", "unverified", "dead", "foreign"]
)
@pytest.mark.parametrize("response", ["off", "disable", "reset"])
@pytest.mark.parametrize("untrusted", [None, FORK])
@pytest.mark.parametrize("protect", [frozenset(), frozenset((USER,))])
@pytest.mark.parametrize("status", ["Active", "Inactive", "Expired", None])
def test_nothing_is_changed_without_proof_of_possession(
    key: LongTermKey | ShortTermKey,
    state: str,
    response: str,
    untrusted: str | None,
    protect: frozenset[str],
    status: str | None,
) -> None:
    iam = found(credential(status)) if status else UNKNOWN
    verdict = replace(live(key, iam), state=state)  # type: ignore[arg-type]
    policy = Policy(response=response, untrusted=untrusted, protect=protect)  # type: ignore[arg-type]
    changes = plan(incident(key), verdict, policy).name in ("disable", "reset")
    assert changes is (
        key is LONG
        and state in ("live", "contained")
        and status == "Active"
        and response != "off"
        and untrusted is None
        and not protect
    )


@pytest.mark.parametrize(
    ("protect", "protected"),
    [
        (USER, True),
        (USER.upper(), True),
        (USER.casefold(), True),
        (f"arn:aws:iam::{ACCOUNT}:user/{USER}", True),
        (f"arn:aws:iam::{ACCOUNT}:user/teams/ml/{USER}", True),
        (f"user/{USER}", True),
        (USER[:-1], False),
        (f"{USER}2", False),
        ("*", False),
        ("", False),
        (f"{USER}/", False),
    ],
)
def test_who_is_protected(protect: str, protected: bool) -> None:
    planned = plan(incident(LONG), live(), Policy(protect=frozenset((protect, "somebody-else"))))
    assert (planned.name == "manual") is protected


def test_protection_goes_by_iams_name_not_by_the_keys_claim() -> None:
    """A renamed user keeps the alias, so that the key still bears the old name."""
    renamed = live(iam=found(credential(user="production")))
    for name, expected in (("production", "manual"), (USER, "disable")):
        assert plan(incident(LONG), renamed, Policy(protect=frozenset((name,)))).name == expected


def test_what_is_not_said_is_bounded_and_reversible() -> None:
    assert Policy() == Policy(
        response="disable",
        dry_run=False,
        reactivate=False,
        untrusted=None,
        protect=frozenset(),
        max_responses=20,
    )


def test_whatever_a_person_must_do_is_urgent_and_comes_with_commands() -> None:
    for verdict in (live(SHORT), other("unverified", SHORT), other("unverified"), live()):
        action = plan(incident(verdict.evidence.key), verdict, Policy(response="off"))
        assert action.name == "manual"
        assert action.urgent
        assert action.commands


@pytest.mark.parametrize("state", ["dead", "rejected", "foreign"])
def test_what_is_settled_is_neither_urgent_nor_has_commands(state: str) -> None:
    action = plan(incident(LONG), other(state), Policy())  # type: ignore[arg-type]
    assert (action.urgent, action.commands) == (False, ())


def test_the_commands_for_a_live_short_term_key_name_whom_bedrock_named() -> None:
    (command,) = plan(incident(SHORT), live(SHORT, principal=SIGNER), Policy()).commands
    assert "--role-name=ml-pipeline" in command


def test_where_bedrock_named_nobody_the_commands_name_whom_iam_did() -> None:
    key = short_term(kind="AKIA")
    iam = IamAnswer("found", NOW, Account(ACCOUNT), user_name="sam")
    (command,) = plan(incident(key), live(key, iam), Policy()).commands
    assert "put-user-policy --user-name=sam" in command
    (command,) = plan(incident(key), live(key, iam, principal=SIGNER), Policy()).commands
    assert "--role-name=ml-pipeline" in command
    (command,) = plan(incident(key), live(key, UNKNOWN), Policy()).commands
    assert "get-access-key-last-used" in command


def test_part_of_a_key_is_nothing_to_act_on() -> None:
    part = key_of("ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4")
    assert plan(incident(part), live(), Policy()).name == "nothing"
