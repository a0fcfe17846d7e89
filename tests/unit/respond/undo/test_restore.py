from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bedrock_key_guard.aws.cloudtrail import Record
from bedrock_key_guard.aws.session import Session, open_session
from bedrock_key_guard.aws.sessions import Sessions
from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.model.actions import Disable, Outcome
from bedrock_key_guard.model.evidence import CredentialRecord
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.account_access import AccountAccess
from bedrock_key_guard.respond.identities import CredentialWriter
from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry, read_ledger
from bedrock_key_guard.respond.ledger.records import StatusChange
from bedrock_key_guard.respond.open_accounts import OpenAccounts
from bedrock_key_guard.respond.undo import undo
from bedrock_key_guard.respond.undo.restoration import activate_again, obstacle, restore
from bedrock_key_guard.respond.undo.reversal import Reversal, Shown
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.base.faults import ACCESS_DENIED, AWS_THROTTLED, UNAVAILABLE, ServiceError
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.investigate.records import Time
from tests.unit.respond.doubles import RECORD, WHAT, Diary, FakeWriter, What, changed
from tests.unit.respond.stage import Stage
from tests.unit.variables import use
from tests.unit.verify.doubles import ACCOUNT, STRANGER, credential

# ── what stands in the way ──────────────────────────────────────────────────────────────────────

GUARD = f"arn:aws:iam::{ACCOUNT}:user/bedrock-key-guard"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/{{}}"
ENTRY = LedgerEntry(
    change="5f1c0ffee000",
    phase="done",
    time="2026-11-23T06:00:00+00:00",
    action="disable",
    actor=GUARD,
    account_id=ACCOUNT,
    partition="aws",
    fingerprint="0" * 64,
    record=RECORD,
)
UPDATE = "UpdateServiceSpecificCredential"


def update(
    status: str | None = "Inactive",
    *,
    name: str = UPDATE,
    actor: str = GUARD,
    agent: str = "Boto3/1.44 bedrock-key-guard/0.1.0",
    failed: bool = False,
) -> Record:
    what = {"by": actor, "agent": agent, "status": status, "failed": failed}
    return changed(name, RECORD.credential_id, **what)  # type: ignore[arg-type]


DISABLED = update()
ACTIVATED = update("Active", agent="console.amazonaws.com")
OTHERS = update(agent="aws-cli/2.30")
RESET = update(None, name="ResetServiceSpecificCredential", agent="console.amazonaws.com")
INACTIVE = credential("Inactive")
OURS = Account(ACCOUNT)


def recorded(**changes: str) -> LedgerEntry:
    return replace(ENTRY, record=replace(RECORD, **changes))


def obstacle_to(
    entry: LedgerEntry, credential: CredentialRecord | None, events: Sequence[Record]
) -> Outcome | None:
    record = entry.record
    assert isinstance(record, StatusChange)
    access = replace(Stage(ThreadPoolExecutor(), Path()).access, account=OURS)
    way = obstacle(entry, access) or activate_again(
        entry.action, record, credential, Shown(events, (entry.actor,)), FakeWriter(Diary())
    )
    assert isinstance(way, Outcome | Reversal)
    return way if isinstance(way, Outcome) else None


@pytest.mark.parametrize(
    ("entry", "found", "events", "state", "reason"),
    [
        # What the ledger says of itself.
        (replace(ENTRY, phase="restored"), INACTIVE, [DISABLED], "not-needed", "restored before"),
        (replace(ENTRY, phase="lifted"), INACTIVE, [DISABLED], "not-needed", "lifted before"),
        (replace(ENTRY, action="reset"), INACTIVE, [DISABLED], "refused", "reset cannot be und"),
        (replace(ENTRY, action="restore"), INACTIVE, [DISABLED], "refused", "cannot be undone"),
        (recorded(status_before="Inactive"), INACTIVE, [DISABLED], "refused", "cannot be"),
        (recorded(status_after="Active"), INACTIVE, [DISABLED], "refused", "cannot be und"),
        (replace(ENTRY, account_id=STRANGER), INACTIVE, [DISABLED], "refused", "of account 2109"),
        (replace(ENTRY, partition="aws-us-gov"), INACTIVE, [DISABLED], "refused", "of account"),
        # What IAM says.
        (ENTRY, None, [DISABLED], "refused", "no such credential any more"),
        (recorded(alias="x-at-1"), INACTIVE, [DISABLED], "refused", "another alias or user"),
        (recorded(user_name="x"), INACTIVE, [DISABLED], "refused", "another alias or user"),
        (ENTRY, credential("Active"), [DISABLED], "not-needed", "the credential is Active"),
        (ENTRY, credential("Expired"), [DISABLED], "refused", "the credential is Expired"),
        # What CloudTrail says.
        (ENTRY, INACTIVE, [], "refused", "CloudTrail does not show that the guard"),
        (ENTRY, INACTIVE, [update(failed=True)], "refused", "CloudTrail does not show"),
        (ENTRY, INACTIVE, [OTHERS], "refused", "it was not the guard"),
        (ENTRY, INACTIVE, [update(actor=f"{GUARD}-2")], "refused", "not the guard"),
        (ENTRY, INACTIVE, [DISABLED, ACTIVATED], "refused", "somebody has changed it since"),
        (ENTRY, INACTIVE, [DISABLED, RESET], "refused", "somebody has changed it since"),
        (ENTRY, INACTIVE, [DISABLED, ACTIVATED, OTHERS], "refused", "it was not the guard"),
        (ENTRY, INACTIVE, [ACTIVATED], "refused", "somebody has changed it since"),
    ],
)
def test_what_may_not_or_need_not_be_undone(
    entry: LedgerEntry,
    found: CredentialRecord | None,
    events: list[Record],
    state: str,
    reason: str,
) -> None:
    obstacle = obstacle_to(entry, found, events)
    assert obstacle is not None
    assert (obstacle.action, obstacle.state) == ("restore", state)
    assert reason in obstacle.reason


@pytest.mark.parametrize("action", ["disable", "delete"])
@pytest.mark.parametrize("phase", ["intent", "done", "failed"])
@pytest.mark.parametrize(
    "events",
    [
        [DISABLED],
        [OTHERS, ACTIVATED, DISABLED],
        [RESET, DISABLED],
        [DISABLED, update("Active", agent="console.amazonaws.com", failed=True)],
    ],
)
def test_what_the_guard_is_shown_to_have_taken_may_be_given_back(
    action: str, phase: str, events: list[Record]
) -> None:
    """Also where the run was killed before it could write that it had done it, or delete it."""
    entry = replace(ENTRY, action=action, phase=phase)  # type: ignore[arg-type]
    assert obstacle_to(entry, INACTIVE, events) is None


@pytest.mark.parametrize(
    ("in_the_ledger", "in_the_trail", "same"),
    [
        (ROLE.format("run-7"), ROLE.format("run-7"), True),
        (ROLE.format("run-7"), ROLE.format("run-8"), True),
        (ROLE.format("run-7"), ROLE.format("run-7").replace("/guard/", "/guard-2/"), False),
        (ROLE.format("run-7"), ROLE.format("run-7").replace(ACCOUNT, STRANGER), False),
        (ROLE.format("run-7"), GUARD, False),
        (GUARD, f"{GUARD}/x", False),
        ("", ROLE.format("run-7"), False),
    ],
)
def test_a_role_is_the_same_whatever_its_session_is_called(
    in_the_ledger: str, in_the_trail: str, same: bool
) -> None:
    entry = replace(ENTRY, actor=in_the_ledger)
    event = update(actor=in_the_trail)
    assert (obstacle_to(entry, INACTIVE, [event]) is None) is same


# ── against AWS ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def take(leaked: Leaked, session: Session, path: Path) -> LedgerEntry:
    """Disable a credential as a response does, and remember it."""
    ledger = Ledger(path)
    record = IamDirectory(session).by_id(leaked.credential_id)
    assert record is not None
    entry = ledger.open_change(**what(record, session))
    CredentialWriter(session).set_status(record, "Inactive")
    ledger.close_change(entry, "done")
    return entry


def what(record: CredentialRecord, session: Session) -> What:
    change = StatusChange(
        record.user_name, record.credential_id, record.alias, "Active", "Inactive"
    )
    return {**WHAT, "actor": session.arn, "record": change}


def given_back(
    path: Path, environment: dict[str, str], *, dry_run: bool = False, change: str | None = None
) -> list[Outcome]:
    return [outcome for _, outcome in undo(path, change, environment, dry_run=dry_run)]


def status(leaked: Leaked, sandbox: Sandbox) -> str | None:
    return sandbox.credential_status(ACCOUNT, leaked.credential_id)


def by_owner(leaked: Leaked, sandbox: Sandbox, status: str) -> None:
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=leaked.credential_id, Status=status
    )


def test_what_was_taken_is_given_back_to_the_letter(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    iam = sandbox.client("iam", ACCOUNT)
    before = iam.list_service_specific_credentials(UserName="alice")
    entry = take(leaked, session, path)
    assert status(leaked, sandbox) == "Inactive"
    (outcome,) = given_back(path, environment)
    assert (outcome.action, outcome.state) == ("restore", "done")
    assert outcome.reason == (
        f"credential {leaked.credential_id} of user alice is Active: its leaked key works again"
    )
    after = iam.list_service_specific_credentials(UserName="alice")
    listed = "ServiceSpecificCredentials"
    assert after[listed] == before[listed]
    assert [(known.change, known.phase) for known in read_ledger(path)] == [
        (entry.change, "restored")
    ]


def test_what_was_given_back_is_not_given_twice(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    given_back(path, environment)
    writes = len(sandbox.writes())
    (outcome,) = given_back(path, environment)
    assert (outcome.state, outcome.reason) == ("not-needed", "it was restored before")
    by_owner(leaked, sandbox, "Inactive")
    (outcome,) = given_back(path, environment)
    assert outcome.state == "not-needed"
    assert status(leaked, sandbox) == "Inactive"
    assert len(sandbox.writes()) == writes


def test_a_dry_run_changes_nothing(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    ledger, writes = path.read_bytes(), sandbox.writes()
    (outcome,) = given_back(path, environment, dry_run=True)
    assert outcome.state == "dry-run"
    assert "would set" in outcome.reason
    assert "its leaked key works again" in outcome.reason
    assert (path.read_bytes(), sandbox.writes()) == (ledger, writes)
    assert status(leaked, sandbox) == "Inactive"


def test_what_the_owner_changed_since_is_the_owners(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    by_owner(leaked, sandbox, "Active")
    by_owner(leaked, sandbox, "Inactive")
    (outcome,) = given_back(path, environment)
    assert outcome.state == "refused"
    assert f"it was not the guard that did it, but arn:aws:iam::{ACCOUNT}:user/" in outcome.reason
    assert status(leaked, sandbox) == "Inactive"


def test_a_key_that_its_owner_reset_is_not_given_back(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    sandbox.client("iam", ACCOUNT).reset_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=leaked.credential_id
    )
    (outcome,) = given_back(path, environment)
    assert (outcome.state, status(leaked, sandbox)) == ("refused", "Inactive")
    assert "ResetServiceSpecificCredential" in outcome.reason


def test_what_cloudtrail_does_not_show_yet_is_not_given_back(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    sandbox.trail.replace(ACCOUNT, "us-east-1", [])
    (outcome,) = given_back(path, environment)
    assert (outcome.state, status(leaked, sandbox)) == ("refused", "Inactive")
    assert "15 minutes late" in outcome.reason


def test_a_forged_ledger_grants_nothing(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    """Whoever can write a file could otherwise switch on what its owner switched off."""
    by_owner(leaked, sandbox, "Inactive")
    record = IamDirectory(session).by_id(leaked.credential_id)
    assert record is not None
    for actor in (session.arn, f"arn:aws:iam::{ACCOUNT}:user/sandbox-admin", ""):
        path.unlink(missing_ok=True)
        forged: What = {**what(record, session), "actor": actor}
        Ledger(path).open_change(**forged)
        (outcome,) = given_back(path, environment)
        assert outcome.state == "refused"
    assert status(leaked, sandbox) == "Inactive"
    assert sandbox.writes() == ()


def test_a_ledger_of_another_account_is_refused(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    path.write_text(
        path.read_text().replace(f'"account_id": "{ACCOUNT}"', f'"account_id": "{STRANGER}"')
    )
    (outcome,) = given_back(path, environment)
    assert (outcome.state, status(leaked, sandbox)) == ("refused", "Inactive")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_ledger_of_an_absurd_time_is_refused(
    time: str,
    sandbox: Sandbox,
    session: Session,
    environment: dict[str, str],
    leaked: Leaked,
    path: Path,
) -> None:
    take(leaked, session, path)
    lines = [{**json.loads(line), "time": time} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    (outcome,) = given_back(path, environment)
    assert outcome.state == "refused"
    assert status(leaked, sandbox) == "Inactive"


@pytest.mark.parametrize(
    ("fault", "after", "remedy"),
    [
        (ACCESS_DENIED, 0, "give credentials that may call cloudtrail:LookupEvents"),
        (ACCESS_DENIED, 2, "give credentials that may call cloudtrail:LookupEvents"),
        (AWS_THROTTLED, 0, "run it again in a few minutes"),
        (AWS_THROTTLED, 1, "run it again in a few minutes"),
        (UNAVAILABLE, 0, "run it again when AWS answers"),
    ],
)
def test_what_cloudtrail_could_not_say_is_not_given_back(
    *,
    fault: ServiceError,
    after: int,
    remedy: str,
    sandbox: Sandbox,
    session: Session,
    leaked: Leaked,
    path: Path,
) -> None:
    """The guard did set it Inactive, and what could be read shows nobody who changed it since."""
    entry = take(leaked, session, path)
    sandbox.aws_faults.add(fault, on="cloudtrail:*", times=None, after=after)
    session.limiter = Time().limiter()
    access = OpenAccounts(Sessions(session), lambda: datetime.now(timezone.utc)).of(ACCOUNT)
    assert isinstance(access, AccountAccess)
    outcome = restore(entry, access, Ledger(path), dry_run=False)
    assert outcome.state == "refused"
    assert outcome.reason.startswith("CloudTrail could not be read (")
    assert "cloudtrail:LookupEvents" in outcome.reason
    assert remedy in outcome.reason
    assert status(leaked, sandbox) == "Inactive"


def test_where_iam_cannot_be_asked_nothing_is_given_back(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:List*", times=None)
    (outcome,) = given_back(path, environment)
    assert (outcome.state, outcome.reason) == ("refused", "AWS could not be asked (AccessDenied)")
    assert status(leaked, sandbox) == "Inactive"


def test_a_write_that_iam_refuses_is_a_failure(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:Update*", times=None)
    (outcome,) = given_back(path, environment)
    assert outcome.state == "failed"
    assert "was not restored (AccessDenied)" in outcome.reason
    assert [entry.phase for entry in read_ledger(path)] == ["done"]


def test_a_ledger_that_cannot_be_written_makes_no_lie_of_what_was_done(
    sandbox: Sandbox,
    session: Session,
    environment: dict[str, str],
    leaked: Leaked,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(leaked, session, path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Ledger, "close_change", full)
    (outcome,) = given_back(path, environment)
    assert (outcome.state, status(leaked, sandbox)) == ("done", "Active")
    assert outcome.reason.endswith("works again (the ledger: No space left on device)")


def test_one_change_is_given_back_and_the_others_stay(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    other = sandbox.make_long_term_key(ACCOUNT, "bob")
    take(leaked, session, path)
    second = take(other, session, path)
    (outcome,) = given_back(path, environment, change=second.change)
    assert outcome.state == "done"
    assert (status(leaked, sandbox), status(other, sandbox)) == ("Inactive", "Active")


def test_a_change_that_the_ledger_does_not_have_is_a_usage_error(
    session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    with pytest.raises(UsageError, match="records no change '000'"):
        undo(path, "000", environment, dry_run=True)


def test_without_credentials_nothing_can_be_given_back(
    session: Session,
    environment: dict[str, str],
    leaked: Leaked,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(leaked, session, path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CredentialsError, match="there are no AWS credentials") as refused:
        undo(path, None, environment, dry_run=False)
    assert refused.value.remedy == (
        f"Give credentials that may call {', '.join(sorted(Disable.to_undo))}."
    )
    assert "iam:UpdateServiceSpecificCredential" in refused.value.remedy


def test_a_role_gives_back_what_another_session_of_it_took(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, leaked: Leaked, path: Path
) -> None:
    first, second = (sandbox.environment(ACCOUNT, role="guard") for _ in range(2))
    use(first, monkeypatch)
    session = open_session(first)
    assert isinstance(session, Session)
    take(leaked, session, path)
    use(second, monkeypatch)
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    (outcome,) = given_back(path, second)
    assert outcome.state == "done"


def test_each_listing_of_an_account_is_asked_for_once(
    sandbox: Sandbox, session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    for key in (leaked, *(sandbox.make_long_term_key(ACCOUNT, name) for name in ("bob", "eve"))):
        take(key, session, path)
    before = len(sandbox.calls())
    assert [outcome.state for outcome in given_back(path, environment)] == ["done"] * 3
    asked = Counter(call.operation for call in sandbox.calls()[before:])
    assert asked["ListServiceSpecificCredentials"] == 1
    assert asked["LookupEvents"] == 3  # one for each kind of change


def test_what_cloudtrail_keeps_no_longer_is_not_given_back(
    session: Session, environment: dict[str, str], leaked: Leaked, path: Path
) -> None:
    take(leaked, session, path)
    old = (datetime.now(timezone.utc) - timedelta(days=91)).isoformat(timespec="seconds")
    lines = [{**json.loads(line), "time": old} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    (outcome,) = given_back(path, environment)
    assert outcome.state == "refused"
    assert "older than 90 days" in outcome.reason
