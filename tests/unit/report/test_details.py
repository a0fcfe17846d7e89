from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.iam.commands import to_disable
from bedrock_key_guard.keys.key import Key
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import TrailAnswer
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.details import MASK, describe, masked
from bedrock_key_guard.report.facts import facts
from bedrock_key_guard.report.github.issue import IssueContext, issue_text
from bedrock_key_guard.report.report import Visibility
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.text.harmless import printable
from tests.contexts import ISSUED_AT
from tests.keysmith import (
    ACCOUNT,
    CLAUDE_PLATFORM_LONG_TERM,
    access_key_id,
    fingerprint_of,
    long_term,
    short_term,
)
from tests.unit.report import samples


def key_of(text: str) -> Key:
    (match,) = matches(text.encode())
    return match.key


def fingerprint(text: str) -> str:
    return f"fingerprint {fingerprint_of(text)[:12]}"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            long_term("alice"),
            (
                f"Amazon Bedrock long-term API key of account {ACCOUNT}",
                f"user alice, alias alice-at-{ACCOUNT}",
            ),
        ),
        (
            long_term("alice", n=1, prefix=CLAUDE_PLATFORM_LONG_TERM),
            (
                f"Claude Platform on AWS long-term API key of account {ACCOUNT}",
                f"user alice or alice+1, alias alice+1-at-{ACCOUNT}",
            ),
        ),
        (
            short_term(region="eu-west-1", kind="AKIA", issued_at=ISSUED_AT),
            (
                f"Amazon Bedrock short-term API key of account {ACCOUNT}",
                f"signed by access key {access_key_id()} for eu-west-1",
                "issued 2026-11-02 09:30 UTC, expires 2026-11-02 21:30 UTC",
            ),
        ),
    ],
)
def test_a_key_is_described_without_telling_it(text: str, lines: tuple[str, ...]) -> None:
    assert describe(key_of(text)) == (*lines, fingerprint(text))


def test_a_part_of_a_key_is_described_by_what_can_be_read() -> None:
    text = long_term("alice")[:60]
    assert describe(key_of(text)) == (
        "Amazon Bedrock long-term API key, truncated or altered, or an example of one",
        f"it names alice-at-{ACCOUNT}",
        fingerprint(text),
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, é, 日本", "plain text, é, 日本"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("two\r\nlines\t", "two\\r\\nlines\\t"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff\x9b", "zero\\u200bwidth\\ufeff\\x9b"),
        ("\U000e0041", "\\U000e0041"),
        (os.fsdecode(b"\xff\x80"), "\\xff\\x80"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_invisible_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_can_drive_a_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


def test_a_moment_is_told_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert moment(datetime(2026, 1, 1, 8, 59, tzinfo=tokyo)) == "2025-12-31 23:59 UTC"


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
