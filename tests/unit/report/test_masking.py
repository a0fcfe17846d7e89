from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bedrock_key_guard.iam.commands import to_disable
from bedrock_key_guard.model.evidence import TrailAnswer
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.github.issue import IssueContext, issue_text
from bedrock_key_guard.report.masking import MASK, masked
from bedrock_key_guard.report.report import Visibility
from tests.unit.report import samples

TOLD = re.compile(rf"{samples.ACCOUNT}|BedrockAPIKey-ex4m|{samples.ACCESS_KEY_ID}|029608264753")


def of(state: str, visibility: Visibility, *, masks: bool) -> str:
    commands = to_disable(samples.long_term(), samples.CREDENTIAL)
    outcome = Outcome("manual", "refused", f"{samples.ARN} is protected", commands=commands)
    found = samples.verdict(
        state,  # type: ignore[arg-type]
        f"{samples.ARN} was named",
        iam=samples.iam_found(),
        principal=samples.ARN,
    )
    case = samples.case(verdict=found, outcome=outcome)
    return issue_text(case, IssueContext(visibility, masks=masks))


@pytest.mark.parametrize("state", ["live", "contained", "dead", "unverified"])
@pytest.mark.parametrize("visibility", ["public", "unknown"])
def test_where_others_read_nobody_is_named_on_request(state: str, visibility: Visibility) -> None:
    assert TOLD.search(of(state, visibility, masks=False))
    text = of(state, visibility, masks=True)
    assert not TOLD.search(text)
    assert samples.CREDENTIAL.credential_id not in text
    assert MASK in text


@pytest.mark.parametrize("visibility", ["private", "internal"])
def test_owners_are_told_all_the_same(visibility: Visibility) -> None:
    assert of("live", visibility, masks=True) == of("live", visibility, masks=False)


def test_whoever_signed_a_short_term_key_is_masked_too() -> None:
    case = samples.case(samples.short_term(), samples.verdict("live", key=samples.short_term()))
    assert not TOLD.search(issue_text(case, IssueContext("public", masks=True)))


def test_a_name_is_masked_as_a_whole_word_alone() -> None:
    case = samples.case(samples.long_term(user_name_candidates=("app",)))
    text = "app, user app. application app-2 web.app (app)"
    assert masked(text, case) == f"{MASK}, user {MASK}. application app-2 web.app ({MASK})"


def test_whom_cloudtrail_names_as_the_signer_is_masked() -> None:
    key = samples.short_term()
    arn = "arn:aws:sts::111122223333:assumed-role/ml-pipeline/jane"
    known = replace(
        samples.evidence(key, "accepted"),
        trail=TrailAnswer("found", "us-east-1", samples.NOW, arn, arn),
    )
    case = samples.case(key, samples.verdict("live", key=key, evidence=known))
    text = dict(facts(case))["signer"]
    assert text == arn
    for name in ("ml-pipeline", "jane", "111122223333"):
        assert name not in masked(text, case)
