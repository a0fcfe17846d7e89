"""Read the rules of the verdict one by one; test_every_verdict.py has all combinations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Clock,
    Evidence,
    IamAnswer,
)
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.verify.verdict import verdict_from
from tests import keysmith
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOT_SHOWN,
    NOW,
    OWN,
    SHOWN,
    SIGNER,
    STRANGER,
    UNREAD,
    USER,
    answer,
    both,
    credential,
    found,
    key_of,
    long_term,
    short_term,
)

SECOND = timedelta(seconds=1)
REFUSED = both("refused twice")
EXPIRED = answer("bedrock", "expired twice")
OF_A_USER = short_term(kind="AKIA")


def elsewhere(said: str, *regions: str) -> tuple[BedrockAnswer, ...]:
    return tuple(each for region in regions for each in both(said, region=region))


EVERYWHERE = (*REFUSED, *elsewhere("refused twice", "us-west-2", "eu-central-1"))
ABSENT = IamAnswer("absent", NOW, Account(ACCOUNT))
IAM_DENIED = IamAnswer("unknown", NOW, Account(ACCOUNT), detail="AccessDenied")


def long_evidence(
    bedrock: tuple[BedrockAnswer, ...] = (), iam: IamAnswer | None = None, **more: object
) -> Evidence:
    allowed = AllowedAccounts(ACCOUNT, frozenset((ACCOUNT,)))
    evidence = Evidence(long_term(), Clock(NOW), allowed, bedrock, iam)
    return replace(evidence, **more)  # type: ignore[arg-type]


def short_evidence(
    bedrock: tuple[BedrockAnswer, ...] = (), iam: IamAnswer | None = None, **more: object
) -> Evidence:
    key = short_term()
    evidence = replace(
        long_evidence(bedrock, iam), key=key, clock=Clock(NOW, key.expires_at, timedelta())
    )
    return replace(evidence, **more)  # type: ignore[arg-type]


def after_expiry(by: timedelta, **more: object) -> Evidence:
    key = short_term()
    return short_evidence(clock=Clock(key.expires_at + by, key.expires_at, timedelta()), **more)  # type: ignore[arg-type]


def unconfirmed(by: timedelta) -> Evidence:
    evidence = after_expiry(by)
    return replace(evidence, clock=replace(evidence.clock, ahead=None))


def allowed(account_id: str | None, lookup: str = "decoded") -> AllowedAccounts:
    accounts = frozenset((ACCOUNT,))
    return AllowedAccounts(account_id, accounts, lookup, "STS said Throttling")  # type: ignore[arg-type]


TWO_MINUTES = timedelta(minutes=2)
FIVE_MINUTES = timedelta(minutes=5)
OTHER_USER = f"arn:aws:iam::{ACCOUNT}:user/eve"
OTHER_ACCOUNT = f"arn:aws:iam::{STRANGER}:user/{USER}"
OTHER_PARTITION = f"arn:aws-us-gov:iam::{ACCOUNT}:user/{USER}"
IN_A_PATH = f"arn:aws:iam::{ACCOUNT}:user/teams/ml/{USER}"
A_ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/{USER}/{USER}"
DENIED = (answer("bedrock", "denied"), answer("bedrock-mantle", "unknown"))


def denied_as(principal: str) -> tuple[BedrockAnswer, ...]:
    return (answer("bedrock", "denied", principal=principal), answer("bedrock-mantle", "unknown"))


@pytest.mark.parametrize(
    ("evidence", "state", "reason"),
    [
        # 1: expired by our clock, with five minutes for its being wrong
        (after_expiry(FIVE_MINUTES + SECOND), "dead", "expired at 2026-11-23 17:00 UTC"),
        (after_expiry(FIVE_MINUTES), "unverified", "nothing could be asked"),
        # ... but not by a clock that no server has confirmed, before a day has passed
        (unconfirmed(timedelta(hours=24)), "unverified", "nothing could be asked"),
        (unconfirmed(timedelta(hours=24) + SECOND), "dead", "expired at"),
        (after_expiry(FIVE_MINUTES + SECOND, allowed=allowed(STRANGER)), "dead", "expired"),
        (after_expiry(FIVE_MINUTES + SECOND, bedrock=both("accepted")), "dead", "expired"),
        # 2 and 3: whose key it is
        (
            long_evidence(both("accepted"), allowed=AllowedAccounts(ACCOUNT, None, detail="why")),
            "unverified",
            "why",
        ),
        (long_evidence(allowed=allowed(STRANGER)), "foreign", f"{STRANGER} is not on the allow"),
        (short_evidence(allowed=allowed(None, "not-found")), "foreign", "AWS knows no account"),
        (short_evidence(allowed=allowed(None, "failed")), "unverified", "STS said Throttling"),
        (short_evidence(both("accepted"), allowed=allowed(ACCOUNT, "named")), "live", "accepted"),
        # 4: accepted
        (long_evidence(both("accepted"), found()), "live", "bedrock and bedrock-mantle accepted"),
        (long_evidence(both("accepted")), "live", "accepted"),
        (long_evidence(both("accepted"), ABSENT), "live", "although IAM calls its credential abs"),
        (
            long_evidence(both("accepted"), found(credential("Inactive"))),
            "live",
            "although IAM calls its credential Inactive",
        ),
        (
            short_evidence(both("accepted"), IamAnswer("inactive", NOW, Account(ACCOUNT))),
            "live",
            "although IAM calls its credential inactive",
        ),
        (
            long_evidence(
                (answer("bedrock", "refused twice"), answer("bedrock-mantle", "accepted"))
            ),
            "live",
            "bedrock-mantle accepted it",
        ),
        # 5: whom Bedrock named
        (long_evidence(denied_as(OTHER_ACCOUNT), found()), "unverified", "principals disagree"),
        (long_evidence(denied_as(OTHER_PARTITION), found()), "unverified", "principals disagree"),
        (long_evidence(denied_as(OTHER_USER), found()), "unverified", "principals disagree"),
        (long_evidence(denied_as(A_ROLE), found()), "unverified", "principals disagree"),
        (long_evidence(denied_as(OWN), ABSENT), "unverified", "principals disagree"),
        (long_evidence(denied_as(OTHER_USER), IAM_DENIED), "live", "bedrock knew it as"),
        (short_evidence(denied_as(OTHER_ACCOUNT)), "unverified", "principals disagree"),
        (short_evidence(denied_as(SIGNER)), "live", f"bedrock knew it as {SIGNER}"),
        # 6: may not use API keys at all
        (
            long_evidence(both("denied bearer"), found(), policies=SHOWN),
            "contained",
            "on either plane",
        ),
        (
            short_evidence(both("denied bearer", principal=SIGNER), policies=SHOWN),
            "contained",
            "on either plane",
        ),
        (
            long_evidence(
                (answer("bedrock", "denied bearer"), answer("bedrock-mantle", "not offered")),
                policies=SHOWN,
            ),
            "contained",
            "on either plane",
        ),
        (
            long_evidence(
                (answer("bedrock", "denied bearer"), answer("bedrock-mantle", "refused twice")),
                policies=SHOWN,
            ),
            "contained",
            "on either plane",
        ),
        # What may deny it somewhere else, or not at all there, contains nothing.
        (
            long_evidence(
                (answer("bedrock", "denied bearer"), answer("bedrock-mantle", "unknown")),
                policies=SHOWN,
            ),
            "live",
            "bedrock-mantle said unknown",
        ),
        (long_evidence(both("denied bearer"), found()), "live", "denied from here"),
        (
            long_evidence(both("denied bearer"), found(), policies=NOT_SHOWN),
            "live",
            f"IAM shows no policy of user {USER} itself",
        ),
        (
            long_evidence(both("denied bearer"), found(), policies=UNREAD),
            "live",
            "could not be read: IAM would not list its policies",
        ),
        # 7: authentic, and denied something else
        (long_evidence(DENIED, found()), "live", "bedrock knew it as"),
        (long_evidence(denied_as(IN_A_PATH), found()), "live", "bedrock knew it as"),
        (
            long_evidence((answer("bedrock", "denied bearer"), answer("bedrock-mantle", "denied"))),
            "live",
            "bedrock-mantle knew it as",
        ),
        # 8: refused twice, and IAM says why
        (long_evidence(REFUSED, ABSENT), "dead", "IAM lists no credential with its alias"),
        (long_evidence(REFUSED, found(credential("Inactive"))), "dead", "calls its credential Ina"),
        (long_evidence(REFUSED, found(credential("Expired"))), "dead", "calls its credential Exp"),
        (
            long_evidence(
                (answer("bedrock", "refused twice"), answer("bedrock-mantle", "not offered")),
                ABSENT,
            ),
            "dead",
            "no credential",
        ),
        # 9: refused twice, and the credential is Active
        (
            long_evidence(EVERYWHERE, found()),
            "rejected",
            "although its credential is Active",
        ),
        # ... in three regions; one that cannot be reached is named
        (long_evidence(REFUSED, found()), "unverified", "said refused"),
        (long_evidence(EVERYWHERE[:-2], found()), "unverified", "said refused"),
        (
            long_evidence((*EVERYWHERE[:-2], *elsewhere("unknown", "eu-central-1")), found()),
            "rejected",
            "bedrock in eu-central-1: bedrock said unknown",
        ),
        (
            long_evidence((*EVERYWHERE[:-2], *elsewhere("refused", "eu-central-1")), found()),
            "unverified",
            "",
        ),
        (
            long_evidence((*EVERYWHERE[:-2], *elsewhere("accepted", "eu-central-1")), found()),
            "live",
            "bedrock in eu-central-1 and bedrock-mantle in eu-central-1 accepted it",
        ),
        (
            long_evidence((*EVERYWHERE[:-2], *elsewhere("denied", "eu-central-1")), found()),
            "live",
            "denied from here",
        ),
        (
            long_evidence(
                (REFUSED[0], answer("bedrock-mantle", "unknown"), *EVERYWHERE[2:]), found()
            ),
            "unverified",
            "",
        ),
        # ... of which a partition may have fewer
        (
            long_evidence(
                both("refused twice", region="eusc-de-east-1"),
                replace(found(), account=Account(ACCOUNT, "aws-eusc")),
            ),
            "rejected",
            "although its credential is Active",
        ),
        # 10: Bedrock's own word that a short-term key has expired
        (short_evidence(both("expired twice")), "dead", "the session behind it has ended"),
        (short_evidence(both("expired")), "unverified", "said expired"),
        (
            short_evidence((EXPIRED, answer("bedrock-mantle", "not offered"))),
            "dead",
            "the session behind it has ended",
        ),
        (
            short_evidence((EXPIRED, answer("bedrock-mantle", "refused twice"))),
            "dead",
            "the session behind it has ended",
        ),
        (
            short_evidence((EXPIRED, answer("bedrock-mantle", "unknown"))),
            "dead",
            "bedrock-mantle has not confirmed it",
        ),
        (short_evidence((EXPIRED, answer("bedrock-mantle", "accepted"))), "live", "accepted it"),
        (short_evidence(both("expired twice", region="eu-west-1")), "unverified", ""),
        (long_evidence(both("expired twice"), ABSENT), "unverified", "said expired"),
        # 11: short-term
        (short_evidence(REFUSED), "rejected", "in its own region"),
        # Whether a user's access key may still sign IAM has to say.
        (short_evidence(REFUSED, IAM_DENIED, key=OF_A_USER), "unverified", "AccessDenied"),
        (short_evidence(REFUSED, key=OF_A_USER), "unverified", "said refused"),
        (
            short_evidence(REFUSED, replace(ABSENT, state="found"), key=OF_A_USER),
            "rejected",
            "in its own region",
        ),
        (short_evidence(REFUSED, IAM_DENIED), "rejected", "in its own region"),
        (
            short_evidence(REFUSED, IamAnswer("inactive", NOW, Account(ACCOUNT))),
            "dead",
            "the access key that signed it is Inactive",
        ),
        (
            short_evidence(REFUSED, IamAnswer("absent", NOW, Account(ACCOUNT))),
            "dead",
            "the access key that signed it is gone",
        ),
        (
            short_evidence(REFUSED, IamAnswer("absent", NOW, Account(STRANGER))),
            "rejected",
            "in its own region",
        ),
        (short_evidence(both("refused twice", region="eu-west-1")), "unverified", "said refused"),
        (
            short_evidence(
                (REFUSED[0], answer("bedrock-mantle", "refused twice", region="eu-west-1"))
            ),
            "unverified",
            "said refused",
        ),
        # 11: what was not found out is no verdict
        (long_evidence(REFUSED, IAM_DENIED), "unverified", "IAM: AccessDenied"),
        (long_evidence(REFUSED), "unverified", "said refused twice"),
        (long_evidence(REFUSED, replace(ABSENT, account=Account(STRANGER))), "unverified", ""),
        (long_evidence(REFUSED, replace(ABSENT, account=None)), "unverified", ""),
        (
            long_evidence(REFUSED, replace(ABSENT, account=Account(ACCOUNT, "aws-us-gov"))),
            "unverified",
            "",
        ),
        (long_evidence(both("refused"), ABSENT), "unverified", "said refused"),
        (
            long_evidence(
                (answer("bedrock", "refused twice"), answer("bedrock-mantle", "unknown")), ABSENT
            ),
            "dead",
            "bedrock-mantle has not confirmed it: bedrock-mantle in us-east-1: bedrock-mantle said",
        ),
        (long_evidence(REFUSED[:1], ABSENT), "unverified", ""),
        (
            long_evidence(both("unknown"), found()),
            "unverified",
            "bedrock in us-east-1: bedrock said",
        ),
        (long_evidence(notes=("not asked",)), "unverified", "not asked"),
    ],
)
def test_each_rule(evidence: Evidence, state: str, reason: str) -> None:
    verdict = verdict_from(evidence)
    assert (verdict.state, reason in verdict.reason) == (state, True), verdict.reason
    assert verdict.evidence is evidence


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (after_expiry(FIVE_MINUTES + SECOND), "expired at 2026-11-23 17:00 UTC"),
        (
            long_evidence(allowed=AllowedAccounts(ACCOUNT, None, detail="there is nobody to ask")),
            "there is nobody to ask, so no key may be tried",
        ),
        (
            short_evidence(allowed=allowed(None, "failed")),
            "the key's account is unknown: STS said Throttling",
        ),
        (
            short_evidence(allowed=allowed(None, "not-found")),
            "AWS knows no account for its access key",
        ),
        (
            long_evidence(allowed=allowed(STRANGER)),
            f"account {STRANGER} is not on the allow-list",
        ),
        (long_evidence(both("accepted"), found()), "bedrock and bedrock-mantle accepted it"),
        (
            long_evidence(both("accepted"), ABSENT),
            "bedrock and bedrock-mantle accepted it, although IAM calls its credential absent",
        ),
        (
            long_evidence(denied_as(OTHER_ACCOUNT), found()),
            f"principals disagree: Bedrock named {OTHER_ACCOUNT}",
        ),
        (
            long_evidence(both("denied bearer"), found(), policies=SHOWN),
            (
                f"{OWN} may not use API keys on either plane: "
                f"user {USER} is denied them by Deny-keys"
            ),
        ),
        (
            long_evidence(DENIED, found()),
            (
                f"denied from here: bedrock knew it as {OWN} and denied "
                "bedrock:ListFoundationModels; bedrock-mantle in us-east-1: "
                "bedrock-mantle said unknown"
            ),
        ),
        (long_evidence(REFUSED, ABSENT), "IAM lists no credential with its alias"),
        (
            long_evidence(REFUSED, found(credential("Inactive"))),
            "IAM calls its credential Inactive",
        ),
        (
            long_evidence(EVERYWHERE, found()),
            (
                "Bedrock refused it, although its credential is Active: "
                "it was forged, altered, or reset since"
            ),
        ),
        (
            short_evidence(REFUSED, replace(ABSENT, state="inactive")),
            "the access key that signed it is Inactive",
        ),
        (short_evidence(REFUSED, ABSENT), "the access key that signed it is gone"),
        (
            short_evidence(REFUSED),
            "Bedrock refused it in its own region: it was forged or altered",
        ),
        (
            long_evidence(both("unknown"), IAM_DENIED),
            (
                "bedrock in us-east-1: bedrock said unknown; "
                "bedrock-mantle in us-east-1: bedrock-mantle said unknown; IAM: AccessDenied"
            ),
        ),
        (
            long_evidence((replace(answer("bedrock", "expired"), detail=""),), found()),
            "bedrock in us-east-1: expired; IAM: found",
        ),
        (long_evidence(), "nothing could be asked"),
        (
            long_evidence(key=key_of(keysmith.long_term(prefix=keysmith.CLOUDWATCH_LOGS))),
            "the guard cannot ask logs.amazonaws.com yet",
        ),
        (
            long_evidence(key=key_of(keysmith.long_term(prefix=keysmith.UNKNOWN))),
            "no service is known whose keys begin with AXRY",
        ),
    ],
)
def test_what_people_are_told(evidence: Evidence, told: str) -> None:
    assert verdict_from(evidence).reason == told


@pytest.mark.parametrize(
    ("age", "status", "expected"),
    [
        (TWO_MINUTES - SECOND, "Active", "unverified"),
        (TWO_MINUTES, "Active", "rejected"),
        (TWO_MINUTES - SECOND, "Inactive", "unverified"),
        (TWO_MINUTES, "Inactive", "dead"),
    ],
)
def test_a_young_credential_is_not_judged_before_two_minutes(
    age: timedelta, status: str, expected: str
) -> None:
    record = credential(status, created_at=NOW - age)
    assert verdict_from(long_evidence(EVERYWHERE, found(record))).state == expected


@pytest.mark.parametrize(
    ("ago", "iam", "expected"),
    [
        (TWO_MINUTES - SECOND, ABSENT, "unverified"),
        (TWO_MINUTES, ABSENT, "dead"),
        (TWO_MINUTES - SECOND, found(credential("Inactive")), "dead"),
    ],
)
def test_what_iam_does_not_list_may_be_as_new_as_its_event(
    ago: timedelta, iam: IamAnswer, expected: str
) -> None:
    assert verdict_from(long_evidence(REFUSED, iam, arrived_at=NOW - ago)).state == expected


@pytest.mark.parametrize(
    ("second", "plane", "proven"),
    [
        ("refused twice", "asked", True),
        ("not offered", "not-offered", True),
        ("unknown", "unasked", False),
        ("refused", "unasked", False),
    ],
)
def test_dead_is_proven_when_the_second_plane_has_said_so(
    second: str, plane: str, proven: bool
) -> None:
    answers = (answer("bedrock", "refused twice"), answer("bedrock-mantle", second))
    verdict = verdict_from(long_evidence(answers, ABSENT))
    assert (verdict.state, verdict.second_plane, verdict.proves_dead) == ("dead", plane, proven)


def test_what_has_expired_by_its_date_is_proven_dead_though_nobody_was_asked() -> None:
    verdict = verdict_from(after_expiry(FIVE_MINUTES + SECOND))
    assert (verdict.second_plane, verdict.proves_dead) == ("unasked", True)


@pytest.mark.parametrize(
    ("region", "partition", "expected"),
    [
        ("us-gov-west-1", "aws-us-gov", "dead"),
        ("us-east-1", "aws", "dead"),
        ("us-gov-west-1", "aws", "unverified"),
        ("us-east-1", "aws-us-gov", "unverified"),
    ],
)
def test_iam_and_bedrock_have_to_speak_of_the_same_partition(
    region: str, partition: str, expected: str
) -> None:
    iam = IamAnswer("absent", NOW, Account(ACCOUNT, partition))
    evidence = long_evidence(both("refused twice", region=region), iam)
    assert verdict_from(evidence).state == expected


@pytest.mark.parametrize("prefix", [keysmith.CLAUDE_PLATFORM_LONG_TERM, keysmith.CLOUDWATCH_LOGS])
def test_a_family_without_a_probe_is_unverified_however_bedrock_answers(prefix: str) -> None:
    key = key_of(keysmith.long_term(USER, prefix=prefix))
    assert isinstance(key, LongTermKey)
    verdict = verdict_from(long_evidence(both("accepted"), found(), key=key))
    assert verdict.state == "unverified"
    assert key.family.service_name in verdict.reason


def test_a_key_of_another_service_expires_too() -> None:
    token = keysmith.claude_platform_short_term(issued_at=NOW - timedelta(days=1))
    key = key_of(token)
    assert isinstance(key, ShortTermKey)
    evidence = short_evidence(key=key, clock=Clock(NOW, key.expires_at, timedelta()))
    assert verdict_from(evidence).state == "dead"


def test_the_principal_is_the_one_that_bedrock_named() -> None:
    assert verdict_from(long_evidence(DENIED, found())).principal == OWN
    assert verdict_from(long_evidence(both("accepted"), found())).principal is None


def test_a_principal_that_the_key_cannot_be_of_is_not_its_principal() -> None:
    planes = (
        answer("bedrock", "accepted"),
        answer("bedrock-mantle", "denied", principal=OTHER_ACCOUNT),
    )
    assert verdict_from(long_evidence(planes, found())).principal is None
    assert verdict_from(long_evidence(planes[1:], found())).principal is None


def test_a_principal_that_is_no_arn_is_nobody() -> None:
    planes = (answer("bedrock", "denied", principal="alice"),)
    assert verdict_from(long_evidence(planes)).state == "unverified"


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (long_evidence(both("accepted"), IAM_DENIED), "; AccessDenied"),
        (
            short_evidence(both("accepted"), IAM_DENIED, key=short_term(kind="AKIA")),
            "; AccessDenied",
        ),
        (short_evidence(both("accepted"), IAM_DENIED), ""),
        (
            long_evidence(both("accepted"), replace(found(), detail="of no interest")),
            "",
        ),
        (long_evidence(both("accepted"), found()), ""),
        (long_evidence(both("accepted")), ""),
    ],
)
def test_a_live_key_tells_why_iam_did_not_say_whose_it_is(evidence: Evidence, told: str) -> None:
    verdict = verdict_from(evidence)
    assert verdict.reason == f"bedrock and bedrock-mantle accepted it{told}"
