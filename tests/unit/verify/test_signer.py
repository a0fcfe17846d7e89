from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_key_guard.model.evidence import BedrockAnswer, Evidence, IamAnswer, TrailAnswer
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.verify.signer import needs_trail, search_for_signer, signer_of
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SIGNER,
    STRANGER,
    answer,
    both,
    offline,
    short_term,
)

KEY = short_term()
SAM = f"arn:aws:iam::{ACCOUNT}:user/sam"
BOB = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/teams/ml-pipeline"
IAM_SAM = IamAnswer("found", NOW, Account(ACCOUNT), user_name="sam")
IAM_NOBODY = IamAnswer("unknown", NOW, Account(ACCOUNT), detail="IAM does not tell")
ACCEPTED = both("accepted")


def named(arn: str) -> tuple[BedrockAnswer, ...]:
    return both("denied", principal=arn)


def trail(principal: str, issuer: str | None = None) -> TrailAnswer:
    return TrailAnswer("found", "us-east-1", NOW, principal, issuer or principal)


def evidence(
    bedrock: tuple[BedrockAnswer, ...] = ACCEPTED,
    iam: IamAnswer | None = None,
    trail: TrailAnswer | None = None,
) -> Evidence:
    return replace(offline(KEY), bedrock=bedrock, iam=iam, trail=trail)


@pytest.mark.parametrize(
    ("known", "holder", "session", "witness"),
    [
        (evidence(named(SIGNER)), "ml-pipeline", "run-7", "Bedrock"),
        (evidence(named(SIGNER), IAM_SAM, trail(SAM)), "ml-pipeline", "run-7", "Bedrock"),
        (evidence(named(SAM)), "sam", None, "Bedrock"),
        (evidence(iam=IAM_SAM), "sam", None, "IAM"),
        (evidence(iam=IAM_SAM, trail=trail(SIGNER)), "sam", None, "IAM"),
        (evidence(trail=trail(SIGNER, ROLE)), "ml-pipeline", "run-7", "CloudTrail"),
        (evidence(iam=IAM_NOBODY, trail=trail(SAM)), "sam", None, "CloudTrail"),
        # A federated user holds nothing: who federated it does.
        (evidence(trail=trail(BOB, SAM)), "sam", None, "CloudTrail"),
        (evidence(named(BOB), trail=trail(BOB, SAM)), "sam", None, "CloudTrail"),
        # Whoever is of another account is not the signer.
        (evidence(named(SIGNER.replace(ACCOUNT, STRANGER)), IAM_SAM), "sam", None, "IAM"),
    ],
)
def test_who_signed(known: Evidence, holder: str, session: str | None, witness: str) -> None:
    signer = signer_of(known)
    assert signer is not None
    assert signer.holder is not None
    assert (signer.holder.name, signer.holder.session) == (holder, session)
    assert signer.named_by == witness


@pytest.mark.parametrize(
    "known",
    [
        evidence(),
        evidence(iam=IAM_NOBODY),
        evidence(trail=TrailAnswer("absent", "us-east-1", NOW)),
        evidence(trail=replace(trail(SIGNER), state="unknown")),
        evidence(trail=trail(SIGNER.replace(ACCOUNT, STRANGER))),
        evidence(trail=trail(BOB, SAM.replace(ACCOUNT, STRANGER))),
        evidence(trail=trail("not an arn")),
        evidence(iam=replace(IAM_SAM, account=Account(STRANGER))),
        evidence(iam=replace(IAM_SAM, account=None)),
    ],
)
def test_who_is_not_known(known: Evidence) -> None:
    assert signer_of(known) is None


def test_a_federated_user_of_nobody_known_has_no_holder() -> None:
    signer = signer_of(evidence(named(BOB)))
    assert signer is not None
    assert (signer.principal.name, signer.holder) == ("bob", None)


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        (evidence(), True),
        (evidence(iam=IAM_NOBODY), True),
        (evidence(named(BOB)), True),
        (evidence((*ACCEPTED[:1], answer("bedrock-mantle", "unknown"))), True),
        (evidence(named(SIGNER)), False),
        (evidence(iam=IAM_SAM), False),
        (evidence(both("refused")), False),
        (evidence(both("unknown")), False),
        (evidence(trail=TrailAnswer("absent", "us-east-1", NOW)), False),
    ],
)
def test_cloudtrail_is_asked_of_a_proven_key_whose_signer_nobody_named(
    known: Evidence, needed: bool
) -> None:
    assert needs_trail(known) is needed


UNTOLD = TrailAnswer("unknown", "eu-west-1", NOW, detail="it would not say (AccessDenied)")


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (evidence(), "Bedrock named nobody"),
        (
            evidence(iam=IAM_NOBODY, trail=UNTOLD),
            (
                "Bedrock named nobody; IAM: IAM does not tell; "
                "CloudTrail in eu-west-1: it would not say (AccessDenied)"
            ),
        ),
        (
            evidence((*named(BOB)[:1], *ACCEPTED[1:]), replace(IAM_NOBODY, detail=""), trail(BOB)),
            f"IAM: unknown; CloudTrail in us-east-1: {BOB}",
        ),
    ],
)
def test_what_was_tried_is_told(known: Evidence, told: str) -> None:
    assert search_for_signer(known) == told


def test_whom_iam_names_is_a_user_of_its_account() -> None:
    signer = signer_of(evidence(iam=IAM_SAM))
    assert signer is not None
    assert signer.principal.arn == SAM
