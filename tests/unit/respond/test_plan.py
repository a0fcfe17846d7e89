from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.iam.commands import by_hand
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.actions import CHANGES, Manual, Nothing
from bedrock_key_guard.model.evidence import IamAnswer, Verdict, VerdictState
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.plan import Policy, plan
from bedrock_key_guard.respond.policy import Response, ShortTerm
from tests.rows import each
from tests.unit.respond.doubles import contained, live, other, signed_by
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SIGNER,
    STRANGER,
    USER,
    credential,
    found,
    incident,
    key_of,
    long_term,
    short_term,
)

LONG, SHORT = long_term(), short_term()
NOT_FOUND_OUT = "which credential it is could not be found out"
FORK = "the pull request comes from a fork"
ABSENT = IamAnswer("absent", NOW, Account(ACCOUNT))
UNKNOWN = IamAnswer("unknown", NOW, Account(ACCOUNT), detail="AccessDenied")

BY_HAND, NOTHING = "manual", "nothing"
KEYS: tuple[LongTermKey | ShortTermKey, ...] = (LONG, SHORT)
SETTLED: tuple[VerdictState, ...] = ("dead", "rejected", "foreign")
POLICIES = (Policy(), Policy(response="reset"), Policy(response="off"), Policy(dry_run=True))


SSO = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/sam@x.example"
LINKED = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SAM = f"arn:aws:iam::{ACCOUNT}:user/teams/sam"
BOB = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
UNASKED = replace(live(), evidence=replace(live().evidence, iam=None))
ROLE = signed_by(SIGNER)
BY_TRAIL = signed_by(SIGNER, by="CloudTrail")
BY_KEY = signed_by(SAM, by="IAM", kind="AKIA")
IN_SESSION = signed_by(SAM, by="CloudTrail")
FEDERATED = signed_by(BOB, by="CloudTrail", issuer=SAM)
NAMELESS = signed_by(BOB)
STRANGE = signed_by(SIGNER.replace(ACCOUNT, STRANGER), by="CloudTrail")
QUARANTINE, REVOKE = Policy(short_term="quarantine"), Policy(short_term="revoke-sessions")


@each(
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
        (live(iam=UNKNOWN), Policy(), BY_HAND, f"{NOT_FOUND_OUT}: AccessDenied"),
        (live(iam=ABSENT), Policy(), BY_HAND, f"{NOT_FOUND_OUT}: IAM calls it absent"),
        (UNASKED, Policy(), BY_HAND, f"{NOT_FOUND_OUT}: IAM was not asked"),
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
        # The other ways to make a long-term key dead.
        *((v, Policy("delete"), "delete", v.state) for v in (live(), contained())),
        *((v, Policy("strip-policies"), "strip-policies", v.state) for v in (live(), contained())),
        (live(), Policy(response="delete", untrusted=FORK), BY_HAND, FORK),
        (live(iam=UNKNOWN), Policy(response="strip-policies"), BY_HAND, NOT_FOUND_OUT),
        # A short-term key is acted on where that is asked for and its signer is known.
        (ROLE, Policy(), BY_HAND, "a short-term key cannot be switched off alone"),
        (ROLE, Policy(untrusted=FORK), BY_HAND, "a short-term key cannot be switched off alone"),
        (ROLE, QUARANTINE, "quarantine", "live: "),
        (ROLE, REVOKE, "revoke-sessions", "live: "),
        (BY_TRAIL, QUARANTINE, "quarantine", "live: "),
        (BY_TRAIL, REVOKE, "revoke-sessions", "live: "),
        (BY_KEY, QUARANTINE, "quarantine", "live: "),
        (BY_KEY, REVOKE, BY_HAND, "only a quarantine stops it"),
        (IN_SESSION, QUARANTINE, "quarantine", "live: "),
        (IN_SESSION, REVOKE, "revoke-sessions", "live: "),
        (FEDERATED, QUARANTINE, "quarantine", "live: "),
        (FEDERATED, REVOKE, "revoke-sessions", "live: "),
        (contained(SHORT), QUARANTINE, NOTHING, "the key expires by itself"),
        (contained(SHORT), REVOKE, NOTHING, "the key expires by itself"),
        (contained(SHORT), Policy(), NOTHING, "the key expires by itself"),
        # Unless nobody knows whom to change, or nobody may.
        (live(SHORT), QUARANTINE, BY_HAND, "who signed it could not be found out"),
        (live(SHORT), Policy(), BY_HAND, "could not be found out, nobody was named"),
        (NAMELESS, QUARANTINE, BY_HAND, "federated user bob of somebody was named"),
        (signed_by(SSO), QUARANTINE, BY_HAND, "is of IAM Identity Center"),
        (signed_by(LINKED), QUARANTINE, BY_HAND, "is linked to a service of AWS"),
        (signed_by(ROOT, by="CloudTrail"), QUARANTINE, BY_HAND, "root user cannot be changed"),
        (STRANGE, QUARANTINE, BY_HAND, "who signed it could not be found out"),
        (ROLE, replace(QUARANTINE, untrusted=FORK), BY_HAND, FORK),
        (ROLE, replace(REVOKE, untrusted=FORK), BY_HAND, FORK),
        (ROLE, replace(QUARANTINE, protect=frozenset(("ML-pipeline",))), BY_HAND, "is protected"),
        (BY_KEY, replace(QUARANTINE, protect=frozenset(("sam",))), BY_HAND, "user sam is prot"),
        (FEDERATED, replace(QUARANTINE, protect=frozenset(("sam",))), BY_HAND, "user sam is pr"),
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


def permitted(verdict: Verdict, policy: Policy) -> bool:
    """Tell whether a change is allowed, by the evidence and the policy of a run."""
    if policy.untrusted is not None or policy.protect:
        return False
    iam = verdict.evidence.iam
    if isinstance(verdict.evidence.key, ShortTermKey):
        # IAM names the user of its access key, whatever the status.
        return verdict.state == "live" and policy.short_term != "off" and iam is not UNKNOWN
    credential = iam.credential if iam else None
    active = credential is not None and credential.status == "Active"
    return verdict.state in ("live", "contained") and active and policy.response != "off"


def test_nothing_is_changed_without_proof_of_possession() -> None:
    answers = (UNKNOWN, *(found(credential(each)) for each in ("Active", "Inactive", "Expired")))
    verdicts = [
        replace(live(key, iam), state=state)
        for key, iam, state in product(KEYS, answers, get_args(VerdictState))
    ]
    policies = [
        Policy(response=response, short_term=short, untrusted=untrusted, protect=protect)
        for response, short, untrusted, protect in product(
            get_args(Response),
            get_args(ShortTerm),
            (None, FORK),
            (frozenset[str](), frozenset((USER,))),
        )
    ]
    assert (len(verdicts), len(policies)) == (48, 60)
    wrong = [
        (verdict, policy)
        for verdict, policy in product(verdicts, policies)
        if (plan(incident(verdict.evidence.key), verdict, policy).name in CHANGES)
        is not permitted(verdict, policy)
    ]
    assert wrong == []


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
        short_term="off",
        quarantine="BedrockKeyGuardQuarantine",
        revoke_everything=False,
        force=False,
    )


def test_whatever_a_person_must_do_is_urgent_and_comes_with_commands() -> None:
    off, protected = Policy(response="off"), Policy(protect=frozenset((USER,)))
    for verdict, policy in (
        (live(SHORT), off),
        (ROLE, off),
        (other("unverified", SHORT), off),
        (other("unverified"), off),
        (live(), off),
        (live(), protected),
        (live(), Policy(untrusted=FORK)),
        (live(iam=UNKNOWN), Policy()),
    ):
        action = plan(incident(verdict.evidence.key), verdict, policy)
        assert isinstance(action, Manual)
        assert action.commands


@pytest.mark.parametrize("state", ["dead", "rejected", "foreign"])
def test_what_is_settled_is_neither_urgent_nor_has_commands(state: str) -> None:
    action = plan(incident(LONG), other(state), Policy())  # type: ignore[arg-type]
    assert action == Nothing(f"it is {state}")
    assert by_hand(action) == ()


def test_the_commands_for_a_live_short_term_key_name_whom_bedrock_named() -> None:
    (command,) = by_hand(plan(incident(SHORT), ROLE, Policy()))
    assert "--role-name=ml-pipeline" in command


def test_where_bedrock_named_nobody_the_commands_name_whom_iam_did() -> None:
    (command,) = by_hand(plan(incident(BY_KEY.evidence.key), BY_KEY, Policy()))
    assert "put-user-policy --user-name=sam" in command
    (command,) = by_hand(plan(incident(FEDERATED.evidence.key), FEDERATED, Policy()))
    assert "put-user-policy --user-name=sam" in command
    key = short_term(kind="AKIA")
    (command,) = by_hand(plan(incident(key), live(key, UNKNOWN), Policy()))
    assert "get-access-key-last-used" in command


@pytest.mark.parametrize(
    "name",
    [
        "",
        "two words",
        "a" * 129,
        "path/Name",
        "arn:aws:iam::1:policy/x",
        f"arn:aws:iam::{ACCOUNT}:role/x",
        f"arn:aws:iam::{ACCOUNT}:policy/",
        "Qu\u0430rantine",
        "x\n",
    ],
)
def test_a_quarantine_policy_needs_a_policys_name(name: str) -> None:
    with pytest.raises(UsageError, match="names no managed policy"):
        Policy(quarantine=name)


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("Deny", "arn:aws-us-gov:iam::123456789012:policy/Deny"),
        (f"arn:aws:iam::{ACCOUNT}:policy/a/b/Deny", f"arn:aws:iam::{ACCOUNT}:policy/a/b/Deny"),
        ("arn:aws:iam::aws:policy/Deny", "arn:aws:iam::aws:policy/Deny"),
    ],
)
def test_a_quarantine_policy_is_found_by_name_in_each_account(name: str, arn: str) -> None:
    account = Account("123456789012", "aws-us-gov")
    assert Policy(quarantine=name).quarantine_in(account) == arn


def test_part_of_a_key_is_nothing_to_act_on() -> None:
    part = key_of("ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4")
    assert plan(incident(part), live(), Policy()).name == "nothing"
