"""Try each change on users and roles that are held in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bedrock_key_guard.iam.policy_documents import denial
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import CredentialRecord, Verdict
from bedrock_key_guard.model.principals import HolderKind
from bedrock_key_guard.respond.ledger.entries import Ledger, read_ledger
from bedrock_key_guard.respond.ledger.records import (
    Hold,
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
)
from bedrock_key_guard.respond.policy import Policy
from bedrock_key_guard.verify.verdict import verdict_from
from tests.unit.respond.doubles import (
    DENIES_KEYS,
    QUARANTINE,
    RECORD,
    FakeWriter,
    contained,
    live,
    other,
    signed_by,
)
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SHOWN,
    SIGNER,
    USER,
    both,
    long_term,
    offline,
    short_term,
)

SAM = f"arn:aws:iam::{ACCOUNT}:user/sam"
GUARDS_OWN = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/run-7"
LIMITED = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
BY_ROLE = signed_by(SIGNER, by="CloudTrail")
FINGERPRINT = BY_ROLE.evidence.key.fingerprint
QUARANTINES = Policy(short_term="quarantine")
REVOKES = Policy(short_term="revoke-sessions")
STRIPS = Policy(response="strip-policies")
NAME = f"BedrockKeyGuard-revoke-until-20261123T1700Z-{FINGERPRINT[:12]}"


@pytest.fixture(autouse=True)
def account(stage: Stage) -> None:
    """Give an account the role that signed, the user of the key, and the quarantine policy."""
    stage.identities.add("role", "ml-pipeline", LIMITED, unique_id="AROA1")
    stage.identities.add("role", "guard", unique_id="AROA2")
    stage.identities.add("user", "sam", unique_id="AIDA1")
    stage.identities.add("user", USER, LIMITED, unique_id="AIDA2")
    stage.identities.managed[QUARANTINE] = DENIES_KEYS
    stage.says("accepted", "denied bearer")


# ── quarantine ──────────────────────────────────────────────────────────────────────────────────


def test_a_quarantine_is_attached_remembered_and_confirmed(stage: Stage) -> None:
    outcome = stage.respond(QUARANTINES, BY_ROLE)
    (entry,) = read_ledger(stage.ledger.path)
    assert entry.record == PolicyAttached(
        "role", "ml-pipeline", "AROA1", QUARANTINE, "2026-11-23T17:00:00+00:00", was_attached=False
    )
    assert stage.diary.done == [
        "read BedrockKeyGuardQuarantine",
        "attach BedrockKeyGuardQuarantine to role ml-pipeline",
    ]
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("quarantine", "done", True)
    assert outcome.reason == (
        f"policy {QUARANTINE} is attached to role ml-pipeline of account {ACCOUNT}, "
        "and is needed until 2026-11-23 17:00 UTC"
    )
    assert f"restore --account {ACCOUNT} --change {entry.change}" in (outcome.undo or "")
    assert stage.phases == ["intent", "done"]


def test_a_quarantine_that_is_attached_is_not_attached_again(stage: Stage) -> None:
    stage.identities.add("role", "ml-pipeline", QUARANTINE, unique_id="AROA1")
    outcome = stage.respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead, outcome.undo) == ("not-needed", True, None)
    assert (outcome.seconds_to_dead, stage.phases) == (None, ["intent", "done"])
    assert stage.diary.done == ["read BedrockKeyGuardQuarantine"]
    assert f"{QUARANTINE} is attached already to role ml-pipeline" in outcome.reason
    (entry,) = read_ledger(stage.ledger.path)
    assert isinstance(entry.record, PolicyAttached)
    assert entry.record.was_attached


def test_a_quarantine_that_does_not_hold_is_a_failure(stage: Stage) -> None:
    stage.says("accepted")
    outcome = stage.respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("failed", False, True)
    assert outcome.undo is not None
    assert stage.phases == ["intent", "failed"]


@pytest.mark.parametrize("said", ["denied", "denied bearer from above", "unknown"])
def test_a_denial_of_something_else_is_no_proof_of_a_quarantine(stage: Stage, said: str) -> None:
    outcome = stage.says("accepted", said).respond(QUARANTINES, BY_ROLE)
    assert not outcome.confirmed_dead


def test_a_key_that_expires_before_the_write_needs_none_and_is_proven_dead(stage: Stage) -> None:
    outcome = stage.says("expired").respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("not-needed", True, False)
    assert outcome.reason == "nothing had to be changed: Bedrock says that the key has expired"
    assert (stage.phases, outcome.undo) == ([], None)


@pytest.mark.parametrize("policy", [QUARANTINES, REVOKES])
def test_a_key_that_expires_during_the_response_is_dead(policy: Policy, stage: Stage) -> None:
    outcome = stage.says("accepted", "expired").respond(policy, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (replace(QUARANTINES, quarantine="None"), "there is no such policy"),
        (
            replace(QUARANTINES, quarantine="arn:aws:iam::210987654321:policy/x"),
            f"is not of account {ACCOUNT}",
        ),
    ],
)
def test_a_policy_that_is_no_quarantine_is_not_attached(
    stage: Stage, policy: Policy, why: str
) -> None:
    outcome = stage.respond(policy, BY_ROLE)
    assert (outcome.state, outcome.urgent, stage.phases) == ("refused", True, [])
    assert why in outcome.reason
    assert outcome.commands


def test_a_policy_of_aws_may_be_the_quarantine(stage: Stage) -> None:
    policy = "arn:aws:iam::aws:policy/AWSDenyAll"
    stage.identities.managed[policy] = DENIES_KEYS
    outcome = stage.respond(replace(QUARANTINES, quarantine=policy), BY_ROLE)
    assert outcome.state == "done"
    assert policy in stage.identities.attached("role", "ml-pipeline")


def test_the_quarantine_policy_is_read_once_in_an_account(stage: Stage) -> None:
    stage.identities.managed[QUARANTINE] = denial(("bedrock:*",))
    dependencies = stage.dependencies
    access = dependencies.access_to(ACCOUNT)
    for _ in range(3):
        gap = access.quarantine_shortfall(QUARANTINE, ("bedrock-mantle:X",))  # type: ignore[union-attr]
        assert "does not deny bedrock-mantle:X" in (gap or "")
    assert stage.diary.done == ["read BedrockKeyGuardQuarantine"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/aws-service-role/x.amazonaws.com/", "AWS alone changes"),
        ("/aws-reserved/sso.amazonaws.com/", "AWS alone changes"),
    ],
)
def test_a_role_that_iam_shows_to_be_awss_is_left_alone(stage: Stage, path: str, why: str) -> None:
    stage.identities.add("role", "ml-pipeline", path=path)
    outcome = stage.respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, stage.diary.done) == ("refused", [])
    assert why in outcome.reason
    assert "aws organizations" in outcome.commands[0]


def test_a_role_that_iam_does_not_know_is_left_alone(stage: Stage) -> None:
    del stage.identities.known["role", "ml-pipeline"]
    outcome = stage.respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, outcome.reason) == ("refused", "IAM has no role ml-pipeline")


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (QUARANTINES, "attach BedrockKeyGuardQuarantine to role ml-pipeline"),
        (REVOKES, f"put {NAME} to role ml-pipeline"),
    ],
)
def test_a_write_that_iam_refuses_is_a_failure_with_the_commands(
    stage: Stage, policy: Policy, what: str
) -> None:
    outcome = stage.fails(what).respond(policy, BY_ROLE)
    assert (outcome.state, outcome.urgent, outcome.undo) == ("failed", True, None)
    assert "(PermissionError)" in outcome.reason
    assert "put-role-policy" in outcome.commands[0]


def test_where_iam_cannot_be_asked_nothing_is_changed(stage: Stage) -> None:
    outcome = stage.fails("read BedrockKeyGuardQuarantine").respond(QUARANTINES, BY_ROLE)
    assert (outcome.state, stage.phases) == ("refused", [])
    assert outcome.reason == "AWS could not be asked (PermissionError)"


# ── revoke sessions ─────────────────────────────────────────────────────────────────────────────


def written(stage: Stage) -> dict[str, object]:
    (entry,) = read_ledger(stage.ledger.path)
    assert isinstance(entry.record, PolicyPut)
    assert entry.record.policy == NAME
    (statement,) = json.loads(entry.record.document)["Statement"]
    return dict(statement)


def test_revoking_is_aimed_at_the_session_and_at_keys_alone(stage: Stage) -> None:
    outcome = stage.respond(REVOKES, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    assert written(stage) == {
        "Effect": "Deny",
        "Action": ["bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"],
        "Resource": "*",
        "Condition": {
            "DateLessThan": {"aws:TokenIssueTime": "2026-11-23T06:00:01Z"},
            "StringEquals": {"aws:userid": "AROA1:run-7"},
        },
    }
    assert "session run-7 of role ml-pipeline" in outcome.reason


def test_everything_is_revoked_only_on_request_and_of_the_same_session(stage: Stage) -> None:
    stage.says("accepted", "denied")  # here Bedrock names the operation
    outcome = stage.respond(replace(REVOKES, revoke_everything=True), BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    statement = written(stage)
    assert statement["Action"] == ["*"]
    assert "StringEquals" in statement["Condition"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("verdict", "before", "after", "state"),
    [
        # The operation was denied all along: the key still is what it was.
        (signed_by(SIGNER), "denied", "denied", "failed"),
        (BY_ROLE, "accepted", "unknown", "done"),
    ],
)
def test_what_shows_nothing_of_a_revocation_is_no_proof_of_it(
    stage: Stage, verdict: Verdict, before: str, after: str, state: str
) -> None:
    policy = replace(REVOKES, revoke_everything=True)
    outcome = stage.says(before, after).respond(policy, verdict)
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == (state, False, True)
    assert ("not confirmed on bedrock: " in outcome.reason) is (state == "done")


def test_where_everything_was_revoked_earlier_any_denial_is_its_work(stage: Stage) -> None:
    stage.identities.inlines["role", "ml-pipeline"] = {NAME: "{}"}
    policy = replace(REVOKES, revoke_everything=True)
    outcome = stage.says("denied").respond(policy, signed_by(SIGNER))
    assert (outcome.state, outcome.confirmed_dead) == ("not-needed", True)


def test_a_users_sessions_are_told_apart_by_their_time_alone(stage: Stage) -> None:
    outcome = stage.respond(REVOKES, signed_by(SAM, by="CloudTrail"))
    assert outcome.state == "done"
    (entry,) = read_ledger(stage.ledger.path)
    assert isinstance(entry.record, PolicyPut)
    assert (entry.record.kind, entry.record.name) == ("user", "sam")
    assert "aws:userid" not in entry.record.document
    assert "every session of user sam" in outcome.reason


def test_a_signer_whose_clock_is_ahead_is_revoked_all_the_same(stage: Stage) -> None:
    ahead = signed_by(SIGNER, by="CloudTrail", issued_at=NOW + timedelta(minutes=4))
    stage.respond(REVOKES, ahead)
    (entry,) = read_ledger(stage.ledger.path)
    assert isinstance(entry.record, PolicyPut)
    assert "2026-11-23T06:04:01Z" in entry.record.document


def test_a_session_that_is_revoked_is_not_revoked_again(stage: Stage) -> None:
    there = denial(("bedrock:CallWithBearerToken",))
    stage.identities.inlines["role", "ml-pipeline"] = {NAME: json.dumps(there), "owners": "{}"}
    outcome = stage.respond(REVOKES, BY_ROLE)
    assert (outcome.state, outcome.confirmed_dead, stage.diary.done) == ("not-needed", True, [])
    (entry,) = read_ledger(stage.ledger.path)
    assert isinstance(entry.record, PolicyPut)
    assert json.loads(entry.record.document) == there


@pytest.mark.parametrize(("force", "state"), [(False, "refused"), (True, "done")])
def test_the_guards_own_role_is_revoked_only_by_force(
    stage: Stage, force: bool, state: str
) -> None:
    own = signed_by(GUARDS_OWN.replace("run-7", "run-8"), by="CloudTrail")
    outcome = stage.respond(replace(REVOKES, force=force), own)
    assert outcome.state == state
    assert stage.respond(QUARANTINES, own).state == "done"  # that does not hinder the guard


# ── strip policies ──────────────────────────────────────────────────────────────────────────────


def test_a_user_made_for_a_key_loses_its_policies(stage: Stage) -> None:
    stage.identities.add("user", USER, LIMITED, QUARANTINE, unique_id="AIDA2")
    outcome = stage.respond(STRIPS)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    assert stage.diary.done == [f"detach AmazonBedrockLimitedAccess from user {USER}"]
    (entry,) = read_ledger(stage.ledger.path)
    assert entry.record == PoliciesDetached(USER, "AIDA2", long_term().alias, (LIMITED,))
    assert outcome.undo is not None


def test_a_user_without_policies_is_denied_the_operation_itself(stage: Stage) -> None:
    outcome = stage.says("accepted", "denied").respond(STRIPS)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    assert outcome.reason == f"user {USER} has lost AmazonBedrockLimitedAccess"


def test_a_strip_that_iam_refuses_leaves_the_command_that_disables(stage: Stage) -> None:
    outcome = stage.fails(f"detach AmazonBedrockLimitedAccess from user {USER}").respond(STRIPS)
    assert outcome.state == "failed"
    assert "update-service-specific-credential" in outcome.commands[0]


def test_a_user_without_policies_is_not_stripped_again(stage: Stage) -> None:
    stage.identities.add("user", USER)
    outcome = stage.says("denied bearer").respond(STRIPS, contained())
    assert (outcome.state, outcome.confirmed_dead, outcome.undo) == ("not-needed", True, None)
    assert outcome.reason == f"user {USER} has no policy left"
    assert stage.diary.done == []


def test_a_user_with_anything_else_is_not_stripped(stage: Stage) -> None:
    stage.identities.others = ("access key AKIA1",)
    assert "access key AKIA1" in stage.respond(STRIPS).reason
    stage.identities.others = ()
    stage.identities.member_of = ("admins",)
    assert "groups" in stage.respond(STRIPS).reason
    stage.identities.member_of = ()
    stage.identities.inlines["user", USER] = {"x": "{}"}
    assert "inline policies" in stage.respond(STRIPS).reason
    del stage.identities.known["user", USER]
    assert "no user" in stage.respond(STRIPS).reason
    assert "not made by the console" in stage.respond(STRIPS, live(long_term("alice"))).reason
    assert (stage.diary.done, stage.phases) == ([], [])


# ── delete ──────────────────────────────────────────────────────────────────────────────────────

DELETES = Policy(response="delete")


def test_a_credential_is_deleted_once_bedrock_refuses_its_key(stage: Stage) -> None:
    outcome = stage.says("accepted", "accepted", "refused").respond(DELETES)
    assert stage.diary.done == ["set Inactive", "delete"]
    assert (outcome.action, outcome.state, outcome.undo) == ("delete", "done", None)
    assert outcome.reason.endswith("was deleted")


def test_nothing_is_deleted_before_the_confirmation(stage: Stage) -> None:
    class Times(FakeWriter):
        def delete(self, credential: CredentialRecord) -> None:
            self.diary.note(f"delete after {stage.time.clock()} s")

    stage.writer = Times(stage.diary)
    stage.says("accepted", "accepted", "refused").respond(DELETES)
    assert stage.diary.done == ["set Inactive", "delete after 15.25 s"]


@pytest.mark.parametrize("second", [["accepted", "unknown"], ["accepted", "refused", "unknown"]])
def test_a_credential_is_not_deleted_where_a_plane_has_not_confirmed_it(
    stage: Stage, second: list[str]
) -> None:
    stage.says("accepted", "refused").bedrock.second = second
    outcome = stage.respond(DELETES)
    assert stage.diary.done == ["set Inactive"]
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("failed", False, True)
    waits = "it is Inactive, but not deleted: that waits for the confirmation; not confirmed on "
    assert outcome.reason.startswith(waits)
    assert outcome.undo is not None


def test_a_credential_whose_key_lives_on_is_not_deleted(stage: Stage) -> None:
    outcome = stage.says("accepted").respond(DELETES)
    assert stage.diary.done == ["set Inactive"]
    assert (outcome.state, outcome.confirmed_dead) == ("failed", False)
    assert outcome.undo is not None


def test_a_denial_is_no_proof_that_a_credential_is_inactive(stage: Stage) -> None:
    outcome = stage.says("denied bearer").respond(DELETES, contained())
    assert (outcome.state, stage.diary.done) == ("failed", ["set Inactive"])


def test_a_delete_that_iam_refuses_leaves_it_inactive(stage: Stage) -> None:
    outcome = stage.says("accepted", "refused").fails("delete").respond(DELETES)
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("failed", True, True)
    assert outcome.reason == "it is Inactive, but IAM did not delete it (PermissionError)"
    assert outcome.undo is not None


CUT_OFF = Outcome("delete", "failed", "an earlier run was cut off", confirmed_at=NOW)


@pytest.mark.parametrize(
    ("policy", "deleted"),
    [
        (DELETES, True),
        (Policy(), False),
        (replace(DELETES, dry_run=True), False),
        (replace(DELETES, untrusted="a fork"), False),
        (replace(DELETES, protect=frozenset((USER,))), False),
        (replace(DELETES, max_responses=0), False),
    ],
)
def test_a_delete_that_was_cut_off_is_ended(stage: Stage, policy: Policy, deleted: bool) -> None:
    stage.recalled = CUT_OFF
    outcome = stage.says("refused").respond(policy, other("dead"))
    assert stage.diary.done == ["delete"] * deleted
    assert stage.time.clock() == 15.0 * deleted
    if deleted:
        assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("delete", "done", True)
        assert stage.phases == ["intent", "done"]
        (entry,) = read_ledger(stage.ledger.path)
        assert (entry.action, entry.record) == ("delete", RECORD)
    else:
        assert (outcome.action, outcome.state) == ("disable", "not-needed")


def test_a_delete_that_cannot_be_ended_says_how(stage: Stage) -> None:
    stage.recalled = CUT_OFF
    outcome = stage.says("refused").fails("delete").respond(DELETES, other("dead"))
    assert outcome.state == "failed"
    assert "delete-service-specific-credential" in outcome.commands[0]
    assert stage.phases == ["intent", "failed"]


def test_without_a_ledger_no_delete_is_ended(stage: Stage, tmp_path: Path) -> None:
    stage.recalled, stage.ledger = CUT_OFF, Ledger(tmp_path)
    outcome = stage.says("refused").respond(DELETES, other("dead"))
    assert stage.diary.done == []
    assert outcome.state == "failed"
    assert outcome.reason == f"{CUT_OFF.reason} (the ledger: Is a directory)"


@pytest.mark.parametrize("said", ["unknown", "accepted", "denied bearer"])
def test_a_delete_that_was_cut_off_waits_for_the_confirmation_too(stage: Stage, said: str) -> None:
    stage.recalled = CUT_OFF
    outcome = stage.says(said).respond(DELETES, other("dead"))
    assert stage.diary.done == []
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("failed", False, True)
    assert f"that is not confirmed: bedrock: bedrock said {said}" in outcome.reason


# ── what is held ────────────────────────────────────────────────────────────────────────────────


def held(principal: str, **more: object) -> Verdict:
    """Return the verdict on a key whose signer, a role or a user, is denied the use of keys."""
    key = short_term(**more)  # type: ignore[arg-type]
    denied = both("denied bearer", principal=principal)
    verdict = verdict_from(replace(offline(key), bedrock=denied, policies=SHOWN))
    assert verdict.state == "contained"
    return verdict


@pytest.mark.parametrize(
    ("principal", "kind", "name"), [(SAM, "user", "sam"), (SIGNER, "role", "ml-pipeline")]
)
def test_a_contained_key_is_remembered_once(
    principal: str, kind: HolderKind, name: str, stage: Stage
) -> None:
    verdict = held(principal)
    for _ in range(2):
        outcome = stage.respond(QUARANTINES, verdict)
        assert (outcome.action, outcome.state) == ("nothing", "not-needed")
    (entry,) = read_ledger(stage.ledger.path)
    assert (entry.action, entry.fingerprint) == ("hold", verdict.evidence.key.fingerprint)
    assert entry.record == Hold(kind, name, "2026-11-23T17:00:00+00:00")
    assert stage.diary.done == []


def test_each_contained_key_is_remembered(stage: Stage) -> None:
    verdicts = [held(SIGNER), held(SIGNER, issued_at=NOW - timedelta(hours=2))]
    for verdict in verdicts:
        stage.respond(QUARANTINES, verdict)
    remembered = [entry.fingerprint for entry in read_ledger(stage.ledger.path)]
    assert remembered == [verdict.evidence.key.fingerprint for verdict in verdicts]


@pytest.mark.parametrize("policy", [QUARANTINES, REVOKES])
def test_what_was_answered_before_is_not_remembered_again(policy: Policy, stage: Stage) -> None:
    stage.respond(policy, BY_ROLE)
    stage.respond(policy, held(SIGNER))
    assert [entry.action for entry in read_ledger(stage.ledger.path)] == [policy.short_term]


def test_who_is_held_has_to_be_known(stage: Stage) -> None:
    stage.respond(QUARANTINES, held(f"arn:aws:sts::{ACCOUNT}:federated-user/bob"))
    assert stage.phases == []


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        (replace(QUARANTINES, dry_run=True), contained(short_term())),
        (QUARANTINES, replace(BY_ROLE, state="dead")),
        (QUARANTINES, replace(BY_ROLE, state="rejected")),
        (QUARANTINES, other("dead")),
    ],
)
def test_nothing_else_is_remembered(stage: Stage, policy: Policy, verdict: Verdict) -> None:
    stage.respond(policy, verdict)
    assert stage.phases == []


@pytest.mark.parametrize(
    ("policy", "verdict", "promise"),
    [
        (DELETES, live(), "that cannot be undone"),
        (STRIPS, live(), f"would detach every policy of user {USER}"),
        (QUARANTINES, BY_ROLE, "would attach policy BedrockKeyGuardQuarantine to role ml-pipe"),
        (REVOKES, BY_ROLE, "would deny the use of Bedrock keys to session run-7 of role"),
        (replace(REVOKES, revoke_everything=True), BY_ROLE, "would deny everything to session"),
    ],
)
def test_a_dry_run_only_promises(
    stage: Stage, policy: Policy, verdict: Verdict, promise: str
) -> None:
    outcome = stage.respond(replace(policy, dry_run=True), verdict)
    assert outcome.state == "dry-run"
    assert promise in outcome.reason
    assert (stage.diary.done, stage.bedrock.asked, stage.phases) == ([], [], [])
