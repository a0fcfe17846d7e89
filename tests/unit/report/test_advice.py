from __future__ import annotations

import shlex

import pytest

from bedrock_key_guard.keys.families import CLAUDE_PLATFORM_LONG_TERM
from bedrock_key_guard.model.actions import ActionName, Outcome
from bedrock_key_guard.model.evidence import Verdict, VerdictState
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.report.advice import (
    LEAVE_OFF,
    MEND,
    PURGE,
    REPLACE,
    TAKE_NEW,
    WATCH,
    Further,
    advice,
    afterwards,
    find_out,
    particular,
)
from tests.unit.report import samples

LIVE = samples.verdict("live")
PLAIN_USER = samples.long_term(user_name_candidates=("alice",))
SHORT = samples.short_term()


def steps(case: Case) -> list[str]:
    return [step.text for step in advice(case)]


def first(case: Case) -> str:
    return advice(case)[0].text


@pytest.mark.parametrize(
    ("verdict", "general"),
    [
        (None, (WATCH, REPLACE, PURGE)),
        (LIVE, (WATCH, REPLACE, PURGE)),
        (samples.verdict("unverified"), (WATCH, REPLACE, PURGE)),
        (samples.verdict("contained"), (WATCH, REPLACE, PURGE)),
        (samples.verdict("foreign"), (PURGE,)),
        (samples.verdict("rejected"), (PURGE,)),
        (samples.verdict("dead"), (WATCH, PURGE)),
    ],
)
def test_what_holds_for_every_key_depends_on_the_status(
    verdict: Verdict | None, general: tuple[object, ...]
) -> None:
    case = samples.case(PLAIN_USER, verdict)
    assert afterwards([case, case]) == general
    assert tuple(step for step in advice(case) if step not in particular(case)) == general


def test_a_malformed_key_is_only_to_be_looked_at() -> None:
    assert len(advice(samples.case(samples.malformed()))) == 1


def test_a_live_long_term_key_is_to_be_switched_off_first() -> None:
    assert first(samples.case(verdict=LIVE)) == "Stop it now: set its credential to Inactive."


def test_a_live_key_whose_credential_is_off_already_is_to_be_denied() -> None:
    off = samples.verdict("live", iam=samples.iam_found(status="Inactive"))
    step = advice(samples.case(verdict=off))[0]
    assert "its credential is Inactive already, so deny its user the use of such keys." in step.text
    assert [shlex.split(command)[2] for command in step.code] == ["put-user-policy"]


def test_the_commands_of_the_response_are_given() -> None:
    outcome = Outcome("manual", "refused", "protected", commands=("aws iam x",))
    assert advice(samples.case(verdict=LIVE, outcome=outcome))[0].code == ("aws iam x",)


def test_without_a_response_the_commands_follow_from_the_key() -> None:
    commands = advice(samples.case(PLAIN_USER, LIVE))[0].code
    assert [shlex.split(command)[2] for command in commands] == [
        "list-service-specific-credentials",
        "update-service-specific-credential",
    ]


def test_a_live_short_term_key_is_to_be_denied_on_every_plane_until_it_expires() -> None:
    assert first(samples.case(SHORT, samples.verdict("live", key=SHORT))) == (
        "Stop it now: deny bedrock:CallWithBearerToken and bedrock-mantle:CallWithBearerToken to "
        "the identity that signed it. It works until 2026-11-23 17:00 UTC at the latest."
    )


def test_a_change_that_is_not_confirmed_is_to_be_watched() -> None:
    case = samples.case(verdict=LIVE, outcome=samples.done(confirmed_at=None))
    assert first(case).startswith("Ask Bedrock again until it refuses the key.")


def test_a_contained_long_term_key_is_still_to_be_switched_off() -> None:
    case = samples.case(verdict=samples.verdict("contained"))
    assert first(case).startswith("Set its credential to Inactive")


def test_the_policy_that_contains_a_short_term_key_is_to_be_kept() -> None:
    case = samples.case(SHORT, samples.verdict("contained", key=SHORT))
    assert first(case).startswith("Keep the policy that denies it until it has expired")
    assert advice(case)[0].code == ()


@pytest.mark.parametrize("verdict", [None, samples.verdict("unverified")])
def test_a_key_that_nobody_knows_of_is_to_be_found_out_about_first(
    verdict: Verdict | None,
) -> None:
    found_out, in_doubt = advice(samples.case(verdict=verdict))[:2]
    assert found_out == find_out(Further())
    assert "anyone can forge a key that names a user who leaked nothing" in in_doubt.text


@pytest.mark.parametrize("verdict", [None, samples.verdict("unverified")])
def test_nobody_is_to_ask_about_a_key_that_the_guard_cannot_ask_about(
    verdict: Verdict | None,
) -> None:
    case = samples.case(samples.long_term(family=CLAUDE_PLATFORM_LONG_TERM), verdict)
    assert find_out(Further()) not in advice(case)
    assert first(case).startswith(
        "The guard cannot ask whether it is live: set its credential to Inactive. Check the"
    )


def test_what_used_a_key_that_was_made_dead_comes_first_and_the_key_is_to_be_left_off() -> None:
    assert advice(samples.case(verdict=LIVE, outcome=samples.done()))[:2] == (MEND, LEAVE_OFF)


def test_a_user_that_the_console_made_for_the_key_is_to_be_deleted() -> None:
    case = samples.case(verdict=LIVE)
    assert steps(case)[-1].startswith("Delete the user BedrockAPIKey-ex4m if it was made for")


@pytest.mark.parametrize(
    "case",
    [
        samples.case(PLAIN_USER, LIVE),
        samples.case(verdict=samples.verdict("unverified")),
        samples.case(),
        samples.case(verdict=samples.verdict("rejected")),
        samples.case(verdict=samples.verdict("foreign")),
        samples.case(SHORT, samples.verdict("live", key=SHORT)),
    ],
)
def test_no_user_is_to_be_deleted_on_a_key_that_is_not_proven_to_be_its_own(case: Case) -> None:
    assert not any("Delete the user" in step for step in steps(case))


def test_the_owner_of_a_foreign_key_is_to_be_told() -> None:
    foreign = samples.verdict("foreign")
    assert "account 111122223333" in first(samples.case(verdict=foreign))
    nameless = samples.short_term(account_id=None)
    assert "its account" in first(samples.case(nameless, samples.verdict("foreign", key=nameless)))


@pytest.mark.parametrize("action", ["quarantine", "revoke-sessions"])
def test_a_denial_is_to_be_taken_away_once_its_key_has_expired(action: ActionName) -> None:
    verdict = samples.verdict("live", key=SHORT)
    answered = samples.case(SHORT, verdict=verdict, outcome=samples.done(action=action))
    mend, step = advice(answered)[:2]
    assert mend == MEND
    assert "Once the key has expired" in step.text
    assert step.code == ("bedrock-key-guard lift",)


def test_the_new_key_of_a_reset_is_to_be_taken_from_its_store() -> None:
    reset = samples.case(verdict=LIVE, outcome=samples.done(action="reset", undo=None))
    assert advice(reset)[0] == TAKE_NEW
    assert LEAVE_OFF not in advice(reset)


def test_what_is_deleted_need_not_be_left_off() -> None:
    assert LEAVE_OFF in advice(samples.case(verdict=LIVE, outcome=samples.done()))
    deleted = samples.case(verdict=LIVE, outcome=samples.done(action="delete"))
    assert LEAVE_OFF not in advice(deleted)


@pytest.mark.parametrize(
    ("verdict", "begins"),
    [
        ("live", "Stop it now"),
        ("contained", "Set its credential to Inactive"),
        ("unverified", "Find out whether it is live"),
        ("foreign", "If account 111122223333 is yours"),
        ("rejected", "If nobody here made or reset"),
        ("dead", "See in CloudTrail"),
    ],
)
def test_the_first_step_is_the_one_to_take_now(verdict: VerdictState, begins: str) -> None:
    assert first(samples.case(verdict=samples.verdict(verdict))).startswith(begins)
