from __future__ import annotations

import shlex
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.aws.roles import RoleToAssume
from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.cli.arguments import chosen_role
from bedrock_key_guard.cli.undo import restore_options
from bedrock_key_guard.iam.commands import by_hand
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import CredentialRecord, Verdict, VerdictState
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.account_access import AccountAccess
from bedrock_key_guard.respond.apply import restore_command
from bedrock_key_guard.respond.identities import Status
from bedrock_key_guard.respond.ledger.entries import Ledger, read_ledger
from bedrock_key_guard.respond.plan import Policy, plan
from bedrock_key_guard.respond.purpose import name_change, named_at
from bedrock_key_guard.respond.responder import Responder
from bedrock_key_guard.verify.schedule import Schedule, Steps
from bedrock_key_guard.verify.verdict import verdict_from
from tests.needles import leaks_in
from tests.unit.respond.doubles import (
    NEW_KEY,
    RECORD,
    FakeWriter,
    contained,
    live,
    other,
)
from tests.unit.respond.stage import Stage, answered
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SHOWN,
    STRANGER,
    USER,
    both,
    credential,
    found,
    incident,
    long_term,
    offline,
    short_term,
)

KEY = long_term()
RESET, REACTIVATE = Policy(response="reset"), Policy(response="reset", reactivate=True)
WHAT = f"credential ACCAQNZGKIQYEXAMPLE22 of user {USER}"


# ── disable ─────────────────────────────────────────────────────────────────────────────────────


def test_a_live_key_is_disabled_confirmed_and_remembered(stage: Stage) -> None:
    outcome = stage.respond()
    (entry,) = read_ledger(stage.ledger.path)
    assert outcome == Outcome(
        action="disable",
        state="done",
        reason=f"{WHAT} is Inactive",
        refused_since=NOW,
        confirmed_at=NOW + timedelta(seconds=15),
        seconds_to_dead=0.0,
        undo=f"bedrock-key-guard restore --account {ACCOUNT} --change {entry.change} "
        f"--guard {stage.access.actor}",
    )
    assert stage.diary.done == ["set Inactive"]
    assert stage.phases == ["intent", "done"]
    assert entry.record == RECORD
    assert (entry.account_id, entry.partition) == (ACCOUNT, "aws")
    assert entry.fingerprint == KEY.fingerprint
    assert entry.actor == f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/run-7"


def test_a_contained_key_is_disabled_too(stage: Stage) -> None:
    outcome = stage.says("denied bearer", "refused").respond(verdict=contained())
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)


def test_a_contained_key_that_one_plane_does_not_know_is_disabled_too(stage: Stage) -> None:
    """That plane has refused it twice for the verdict: once more right before is enough."""
    key = long_term()
    first, second = both("denied bearer")
    refused = replace(second, state="refused", refusals=2, principal=None, denied_action=None)
    evidence = replace(offline(key), bedrock=(first, refused), iam=found(), policies=SHOWN)
    verdict = verdict_from(evidence)
    assert verdict.state == "contained"
    stage.bedrock.first, stage.bedrock.second = ["denied bearer", "refused"], ["refused"]
    outcome = stage.respond(verdict=verdict)
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)


def test_the_time_to_dead_runs_from_the_first_probe_to_the_first_lasting_refusal(
    stage: Stage,
) -> None:
    stage.time.sleep(3.0)  # the verdict rests on what was asked three seconds ago
    outcome = stage.says("accepted", "accepted", "accepted", "refused").respond()
    assert outcome.seconds_to_dead == 3.8  # waits of 0.25 and 0.5, to a tenth
    assert outcome.refused_since == NOW + timedelta(seconds=3.75)
    assert outcome.confirmed_at == NOW + timedelta(seconds=18.75)
    assert sum(stage.time.slept) == 18.75


def test_what_confirms_a_response_is_asked_on_connections_of_its_own(stage: Stage) -> None:
    stage.respond()
    before, confirming = stage.bedrock.fresh[:2], stage.bedrock.fresh[2:]
    assert before == [("us-east-1", False)] * 2
    assert Counter(confirming) == {("us-east-1", True): 4, ("us-west-2", True): 2}


def test_a_plane_that_answers_nothing_is_named_and_the_change_is_done(stage: Stage) -> None:
    stage.bedrock.second = ["accepted", "unknown"]
    outcome = stage.respond()
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("done", False, True)
    assert outcome.reason == (
        f"{WHAT} is Inactive; not confirmed on bedrock-mantle: bedrock-mantle said unknown, "
        "bedrock-mantle in us-west-2: bedrock-mantle said unknown"
    )
    assert (outcome.refused_since, outcome.seconds_to_dead) == (NOW, None)
    assert outcome.undo is not None
    assert stage.phases == ["intent", "done"]


def test_the_undo_needs_no_file_and_names_the_guard(stage: Stage) -> None:
    outcome = stage.respond()
    (entry,) = read_ledger(stage.ledger.path)
    assert shlex.split(outcome.undo or "") == [
        *("bedrock-key-guard", "restore"),
        *("--account", ACCOUNT, "--change", entry.change),
        *("--guard", stage.access.actor),
    ]
    assert named_at(entry.change) == NOW.replace(microsecond=0)


@pytest.mark.parametrize(
    "role",
    [
        None,
        RoleToAssume("arn:aws:iam::{account_id}:role/BedrockKeyGuard"),
        RoleToAssume("arn:aws-us-gov:iam::{account_id}:role/a/b@c", "our-guard"),
        RoleToAssume("arn:aws:iam::{account_id}:role/x", "-x", ("-a=b c", "repository=acme/app")),
    ],
    ids=str,
)
@pytest.mark.parametrize("actor", [f"arn:aws:sts::{ACCOUNT}:assumed-role/a b's/$(x)"])
def test_an_undo_is_read_as_it_was_meant_role_and_all(
    role: RoleToAssume | None, actor: str
) -> None:
    change = name_change(NOW)
    undo = restore_command(Account(ACCOUNT), change, actor, role)
    program, command, *options = shlex.split(undo)
    assert (program, command) == ("bedrock-key-guard", "restore")
    read = restore_options().parse_args(options)
    assert (read.account, read.change, read.ledger) == (ACCOUNT, change, None)
    assert chosen_role(read) == role
    assert read.guard == ([] if role else [actor])


def test_a_key_that_is_still_accepted_is_a_failure_that_can_be_undone(stage: Stage) -> None:
    outcome = stage.says("accepted").respond()
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == ("failed", False, True)
    assert outcome.reason.startswith("changed, but the key is still accepted: ")
    assert "bedrock: bedrock said accepted" in outcome.reason
    assert outcome.seconds_to_dead is None
    assert outcome.undo is not None
    assert outcome.commands
    assert stage.phases == ["intent", "failed"]


def test_a_write_that_iam_refuses_is_a_failure_with_the_commands(stage: Stage) -> None:
    outcome = stage.fails("set Inactive").respond()
    assert (outcome.state, outcome.urgent, outcome.undo) == ("failed", True, None)
    assert outcome.reason == "IAM did not set it Inactive (PermissionError)"
    (command,) = outcome.commands
    assert "update-service-specific-credential" in command
    assert stage.phases == ["intent", "failed"]
    assert len(stage.bedrock.asked) == 2  # once more before the write, and not after it


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ("refused", "bedrock said refused"),
        ("unknown", "bedrock said unknown"),
        ("expired", "bedrock said expired"),
    ],
)
@pytest.mark.parametrize("policy", [Policy(), RESET])
def test_a_key_that_has_moved_on_is_left_alone(
    now: str, reason: str, policy: Policy, stage: Stage
) -> None:
    outcome = stage.says(now).respond(policy)
    assert (outcome.state, outcome.urgent) == ("refused", True)
    assert "right before the change Bedrock answered otherwise" in outcome.reason
    assert reason in outcome.reason
    assert stage.diary.done == ["check store"] * (policy is RESET)
    assert stage.phases == []


def test_a_principal_of_another_account_stops_the_change_at_the_last_moment(stage: Stage) -> None:
    stage.says("denied").bedrock.principal = "arn:aws:iam::210987654321:user/eve"
    outcome = stage.respond()
    assert (outcome.state, stage.diary.done) == ("refused", [])
    assert "principals disagree" in outcome.reason


@pytest.mark.parametrize("policy", [Policy(), RESET])
def test_without_a_ledger_nothing_is_changed(policy: Policy, stage: Stage, tmp_path: Path) -> None:
    stage.ledger = Ledger(tmp_path)
    outcome = stage.respond(policy)
    assert (outcome.state, outcome.urgent) == ("refused", True)
    assert outcome.reason == "the ledger cannot be written (Is a directory)"
    assert "set Inactive" not in stage.diary.done


@pytest.mark.parametrize("policy", [Policy(), RESET])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_ledger_is_left_as_it_is_and_so_is_the_credential(
    policy: Policy, linked: bool, stage: Stage, tmp_path: Path
) -> None:
    """What is written there could not be read again, so that there would be no way back."""
    path = stage.ledger.path
    other = tmp_path / "authorized_keys" if linked else path
    other.write_text("ssh-ed25519 AAAA alice\n")
    if linked:
        path.symlink_to(other)
    outcome = stage.respond(policy)
    assert (outcome.state, outcome.urgent) == ("refused", True)
    assert outcome.reason == (
        "the ledger cannot be written (it holds a line that is no entry of a ledger)"
    )
    assert outcome.commands
    assert "set Inactive" not in stage.diary.done
    assert other.read_text() == "ssh-ed25519 AAAA alice\n"


def test_a_ledger_that_fails_after_the_change_takes_nothing_back(stage: Stage) -> None:
    class LosesTheLedger(FakeWriter):
        def set_status(self, credential: CredentialRecord, status: Status) -> None:
            stage.ledger.path.unlink()
            stage.ledger.path.mkdir()

    stage.writer = LosesTheLedger(stage.diary)
    outcome = stage.respond()
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    assert outcome.reason == f"{WHAT} is Inactive (the ledger: Is a directory)"


# ── bounds ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "promise"),
    [
        (Policy(dry_run=True), f"would set {WHAT} Inactive"),
        (
            Policy("reset", dry_run=True),
            f"would reset {WHAT} and leave it Inactive; a reset cannot be undone",
        ),
        (
            Policy("reset", dry_run=True, reactivate=True),
            f"would reset {WHAT} and set it Active again; a reset cannot be undone",
        ),
    ],
)
@pytest.mark.parametrize("credentials", [True, False])
def test_a_dry_run_only_promises(
    policy: Policy, promise: str, credentials: bool, stage: Stage
) -> None:
    stage.nobody = None if credentials else NoSession("there are no AWS credentials")
    responder = Responder(stage.dependencies, policy)
    outcome = answered(responder, policy, live(), stage.time)
    assert outcome == Outcome(policy.response, "dry-run", promise)  # type: ignore[arg-type]
    assert (stage.diary.done, stage.bedrock.asked, stage.phases) == ([], [], [])


def test_no_more_credentials_are_changed_than_allowed(stage: Stage) -> None:
    policy = Policy(max_responses=2)
    responder = Responder(stage.dependencies, policy)
    outcomes = [
        answered(responder, policy, live(long_term(f"user-{number}")), stage.time)
        for number in range(4)
    ]
    assert [outcome.state for outcome in outcomes] == ["done", "done", "refused", "refused"]
    assert stage.diary.done == ["set Inactive"] * 2
    assert outcomes[-1].reason == "this run has made its 2 changes (max-responses)"
    assert [outcome.left_out_by for outcome in outcomes] == [None, None, *["max-responses"] * 2]
    assert outcomes[-1].urgent
    assert "--user-name=user-3" in outcomes[-1].commands[0]


def test_the_bound_holds_for_responses_side_by_side(stage: Stage) -> None:
    policy = Policy(max_responses=3)
    responder = Responder(stage.dependencies, policy)
    verdicts = [live(long_term(f"user-{number}")) for number in range(12)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda verdict: answered(responder, policy, verdict, stage.time), verdicts)
        )
    assert sorted(outcome.state for outcome in outcomes) == ["done"] * 3 + ["refused"] * 9
    assert stage.diary.done == ["set Inactive"] * 3


@pytest.mark.parametrize("first", ["live", "contained"])
def test_the_bound_is_spent_on_what_works_before_what_is_denied(first: str, stage: Stage) -> None:
    policy, became = Policy(max_responses=1), dict[str, str]()
    responder = Responder(stage.dependencies, policy)

    def work(verdict: Verdict) -> Steps[None]:
        case = incident(verdict.evidence.key)
        outcome = yield from responder.respond(verdict, plan(case, verdict, policy))
        became[verdict.state] = outcome.state

    both = [live(long_term("works")), contained(long_term("denied"))]
    both.sort(key=lambda verdict: verdict.state != first)
    Schedule(stage.time.clock, stage.time.sleep).run([[work(verdict)] for verdict in both])
    assert became == {"live": "done", "contained": "refused"}


def test_nothing_and_manual_use_no_response_up(stage: Stage) -> None:
    policy = Policy(max_responses=1)
    responder = Responder(stage.dependencies, policy)
    for verdict in (other("dead"), other("unverified"), live(short_term())):
        answered(responder, policy, verdict, stage.time)
    assert answered(responder, policy, live(), stage.time).state == "done"


def test_without_credentials_people_get_the_commands(stage: Stage) -> None:
    stage.nobody = NoSession("there are no AWS credentials")
    outcome = stage.respond()
    assert (outcome.state, outcome.urgent) == ("refused", True)
    assert outcome.reason == "nothing can be changed: there are no AWS credentials"
    assert outcome.commands


@pytest.mark.parametrize(
    "ours",
    [
        {"accounts": frozenset({STRANGER})},
        {"accounts": frozenset()},
        {"accounts": None},
        {"account_id": None},
    ],
    ids=str,
)
def test_an_account_that_is_not_on_the_allow_list_is_never_reached(
    ours: dict[str, Any], stage: Stage
) -> None:
    verdict = live()
    allowed = replace(verdict.evidence.allowed, **ours)
    elsewhere = replace(verdict, evidence=replace(verdict.evidence, allowed=allowed))
    outcome = stage.respond(verdict=elsewhere)
    assert (outcome.state, stage.diary.done, stage.bedrock.asked) == ("refused", [], [])
    assert outcome.reason.endswith("is not on the allow-list")


def test_what_needs_a_person_is_passed_on(stage: Stage) -> None:
    verdict = live(short_term())
    action = plan(incident(verdict.evidence.key), verdict, Policy())
    outcome = stage.respond(verdict=verdict)
    assert outcome == Outcome(
        "manual", "refused", action.reason, commands=by_hand(action), urgent=True
    )


@pytest.mark.parametrize("state", ["dead", "rejected", "foreign"])
def test_what_needs_nothing_is_not_needed(state: VerdictState, stage: Stage) -> None:
    outcome = stage.respond(verdict=other(state))
    assert outcome == Outcome("nothing", "not-needed", f"it is {state}")


def test_without_credentials_nothing_is_recalled(stage: Stage) -> None:
    stage.nobody = NoSession("there are no AWS credentials")
    stage.recalled = Outcome("disable", "not-needed", "an earlier run did")
    outcome = stage.respond(verdict=other("dead"))
    assert outcome == Outcome("nothing", "not-needed", "it is dead")


def test_what_an_earlier_run_did_is_recalled(stage: Stage) -> None:
    stage.recalled = Outcome("disable", "not-needed", "an earlier run did", confirmed_at=NOW)
    assert stage.respond(verdict=other("dead")) is stage.recalled
    assert stage.respond(verdict=other("rejected")).action == "nothing"
    assert stage.respond(verdict=live()).state == "done"


def test_what_an_earlier_run_left_undone_is_left_out_by_the_bound_too(stage: Stage) -> None:
    stage.recalled = Outcome("delete", "failed", "cut off before it could delete it")
    verdict = other("dead")
    named = replace(verdict, evidence=replace(verdict.evidence, iam=found(credential("Inactive"))))
    outcome = stage.respond(Policy(response="delete", max_responses=0), named)
    left = replace(stage.recalled, action="disable", state="not-needed")
    assert outcome == replace(left, left_out_by="max-responses")
    assert stage.respond(Policy(max_responses=0), named) == left
    assert stage.diary.done == []


# ── reset ───────────────────────────────────────────────────────────────────────────────────────

SAFE_ORDER = ["check store", "set Inactive", "reset", "mask", "write store"]


def test_a_reset_makes_the_key_dead_before_there_is_a_new_one(stage: Stage) -> None:
    outcome = stage.respond(RESET)
    assert stage.diary.done == SAFE_ORDER
    assert (outcome.state, outcome.confirmed_dead, outcome.undo) == ("done", True, None)
    assert outcome.reason == f"{WHAT} was reset, its new key stored, and it is Inactive"
    assert [secret.unseal() for secret in stage.store.kept] == [NEW_KEY]
    (entry,) = read_ledger(stage.ledger.path)
    assert (entry.action, entry.phase, entry.record) == ("reset", "done", RECORD)


def test_a_reset_key_is_activated_only_on_request_and_last(stage: Stage) -> None:
    outcome = stage.respond(REACTIVATE)
    assert stage.diary.done == [*SAFE_ORDER, "set Active"]
    assert outcome.reason.endswith("and it is Active")
    assert read_ledger(stage.ledger.path)[0].record == replace(RECORD, status_after="Active")


def test_a_store_that_takes_no_write_stops_a_reset_before_anything(stage: Stage) -> None:
    outcome = stage.fails("check store").respond(RESET)
    assert (outcome.state, outcome.urgent) == ("refused", True)
    assert outcome.reason == "the store for the new key does not accept a write (check store: no)"
    assert (stage.diary.done, stage.phases) == (["check store"], [])


@pytest.mark.parametrize(
    ("step", "done", "reason"),
    [
        ("reset", SAFE_ORDER[:3], "it is Inactive, but IAM did not reset it (PermissionError)"),
        (
            "write store",
            SAFE_ORDER,
            "it is Inactive and reset, but the store took no key (write store: no)",
        ),
        (
            "set Active",
            [*SAFE_ORDER, "set Active"],
            "the new key is stored, but Inactive (PermissionError)",
        ),
    ],
)
def test_a_reset_that_fails_on_the_way_leaves_a_dead_key(
    step: str, done: list[str], reason: str, stage: Stage
) -> None:
    outcome = stage.fails(step).respond(REACTIVATE)
    assert stage.diary.done == done
    assert (outcome.state, outcome.reason, outcome.urgent) == ("failed", reason, True)
    assert (outcome.confirmed_dead, outcome.undo) == (True, None)
    assert stage.phases == ["intent", "failed"]


def test_a_reset_whose_first_write_fails_goes_no_further(stage: Stage) -> None:
    outcome = stage.fails("set Inactive").respond(REACTIVATE)
    assert stage.diary.done == SAFE_ORDER[:2]
    assert (outcome.state, outcome.confirmed_dead) == ("failed", False)


def test_what_was_left_undone_and_what_was_not_confirmed_are_both_told(stage: Stage) -> None:
    outcome = stage.says("accepted").fails("write store").respond(RESET)
    assert (outcome.state, outcome.confirmed_dead) == ("failed", False)
    assert "the store took no key" in outcome.reason
    assert "the key is still accepted" in outcome.reason


def test_one_store_takes_one_new_key_of_a_run(stage: Stage) -> None:
    """A second would push the first out, and nobody could get it back."""
    responder = Responder(stage.dependencies, RESET)
    first, second = (
        answered(responder, RESET, live(long_term(name)), stage.time) for name in ("a", "b")
    )
    assert (first.state, second.state) == ("done", "failed")
    assert (second.confirmed_dead, second.urgent) == (True, True)
    assert "the store holds another new key of this run" in second.reason
    assert stage.diary.done == [*SAFE_ORDER, "check store", "set Inactive"]
    assert len(stage.store.kept) == 1


def test_a_new_key_is_masked_and_told_to_nobody(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = stage.respond(REACTIVATE)
    assert [secret.unseal() for secret in stage.masked] == [NEW_KEY]
    written = stage.ledger.path.read_text() + repr(outcome) + repr(stage.masked)
    assert leaks_in(NEW_KEY, (written + "".join(capsys.readouterr())).encode()) == []


def test_a_new_key_that_cannot_be_masked_is_stored_all_the_same(stage: Stage) -> None:
    """The log has gone: then nobody reads it either, and the key must not be lost with it."""
    outcome = stage.fails("mask", BrokenPipeError()).respond(REACTIVATE)
    assert (outcome.state, stage.diary.done) == ("done", [*SAFE_ORDER, "set Active"])
    assert [secret.unseal() for secret in stage.store.kept] == [NEW_KEY]


def test_a_key_that_names_a_renamed_user_is_disabled_by_iams_name(stage: Stage) -> None:
    renamed = live(iam=found(credential(user="renamed")))
    outcome = stage.respond(verdict=renamed)
    assert outcome.reason == "credential ACCAQNZGKIQYEXAMPLE22 of user renamed is Inactive"
    assert read_ledger(stage.ledger.path)[0].record == replace(RECORD, user_name="renamed")


def test_a_reset_without_a_store_is_refused(stage: Stage) -> None:
    dependencies, verdict = stage.dependencies, live()
    access = dependencies.access_to(ACCOUNT)
    assert isinstance(access, AccountAccess)
    storeless = replace(dependencies, access_to=lambda _: replace(access, store_of=None))
    outcome = answered(Responder(storeless, RESET), RESET, verdict, stage.time)
    assert (outcome.state, outcome.reason) == ("refused", "there is no store for the new key")
    assert (stage.diary.done, stage.phases) == ([], [])
