"""Play drills against the sandbox, and kill them at every step: the next one leaves nothing."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from bedrock_key_guard.aws.session import Session, open_session
from bedrock_key_guard.doctor.drill.disk import Disk, leak_of
from bedrock_key_guard.doctor.drill.leftovers import clean
from bedrock_key_guard.doctor.drill.operator import Operator
from bedrock_key_guard.doctor.drill.play import play
from bedrock_key_guard.doctor.drill.rehearsal import Rehearsal, prepare
from bedrock_key_guard.doctor.drill.traces import NAME, Traces
from bedrock_key_guard.doctor.examination import Examination
from bedrock_key_guard.errors import CredentialsError, IncompleteError, UsageError
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.pipeline.options import Surroundings
from sandbox.base.faults import ACCESS_DENIED, Lost
from sandbox.front.sandbox import GUARD_USER, Sandbox
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, ROOT, guard, said
from tests.needles import secret_parts
from tests.privileges import ROLE, deployed, install
from tests.unit.variables import use

OPERATOR = f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
ID = "0123456789abcdef"


class Killed(BaseException):
    """Nothing that runs in the process catches it, and nothing is done after it."""


class Mortal:
    """Do what another object does, until the n-th effect of all: there the process dies."""

    def __init__(self, body: object, life: list[int], *, carried_out: bool) -> None:
        self._body, self._life, self._carried_out = body, life, carried_out

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._body, name)

        def called(*arguments: Any) -> Any:
            self._life[0] -= 1
            if self._life[0] > 0:
                return act(*arguments)
            if self._life[0] == 0 and self._carried_out:
                act(*arguments)
            raise Killed

        return called


@pytest.fixture
def own(sandbox: Sandbox, home: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Open the operator's session, in an account that has the guard's role."""
    sandbox.make_role(ACCOUNT, ROLE, permissions=False)
    install(sandbox, deployed("Disable"))
    environment = sandbox.environment(ACCOUNT)
    use(environment, monkeypatch)
    session = open_session(environment)
    assert isinstance(session, Session)
    return session


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "state" / "drills")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder for temporary files, which every drill leaves as it was."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def traces_in(place: Path) -> Traces:
    """Name what a drill makes that began some minutes ago: IAM shows what it made since."""
    return Traces(ID, ACCOUNT, place / f"{NAME}-{ID}", utc_now() - timedelta(minutes=3))


def lived(act: Callable[[], object]) -> bool:
    """Return whether an act came to its end before the process died."""
    try:
        act()
    except Killed:
        return False
    return True


def until_the_loop(traces: Traces, disk: Disk, operator: Operator) -> None:
    """Make all that a drill makes, and stop before the guard begins to look for it."""
    steps = play(traces, disk, operator, Surroundings())
    for _ in range(3):
        next(steps)


def left(sandbox: Sandbox, disk: Disk, place: Path) -> list[str]:
    """Return what is left of drills: users, folders, and what was written down."""
    users = sandbox.client("iam", ACCOUNT).list_users()["Users"]
    named = [user["UserName"] for user in users if user["UserName"].startswith(NAME)]
    return [*named, *map(str, place.iterdir()), *map(str, disk.state.glob("*"))]


def told() -> tuple[list[str], Callable[[str], object]]:
    lines: list[str] = []
    return lines, lines.append


# ── killed at every step ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
def test_a_drill_that_is_killed_at_any_step_leaves_nothing_once_the_next_one_has_cleaned(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path, *, carried_out: bool
) -> None:
    before, operator = iam_state(sandbox, ACCOUNT), Operator(own)
    for number in count(1):
        life, traces = [number], traces_in(place)
        mortal = [Mortal(each, life, carried_out=carried_out) for each in (disk, operator)]
        alive = lived(lambda: until_the_loop(traces, *cast("list[Any]", mortal)))  # noqa: B023
        lines, say = told()
        assert not Rehearsal(own, own, disk).clear(operator, say), lines
        assert left(sandbox, disk, place) == []
        assert iam_state(sandbox, ACCOUNT) == before
        if alive:
            assert number == 1 + len(("disk",) * 6 + ("operator",) * 2)
            return


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
def test_a_drill_that_is_killed_while_it_cleans_is_cleaned_by_the_next_one(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path, *, carried_out: bool
) -> None:
    before, operator = iam_state(sandbox, ACCOUNT), Operator(own)
    for number in count(1):
        life, traces = [number], traces_in(place)
        until_the_loop(traces, disk, operator)
        (made,), _ = disk.drills()
        mortal = [Mortal(each, life, carried_out=carried_out) for each in (disk, operator)]
        alive = lived(lambda: clean(made, *cast("list[Any]", mortal)))  # noqa: B023
        lines, say = told()
        assert not Rehearsal(own, own, disk).clear(operator, say), lines
        assert left(sandbox, disk, place) == []
        assert iam_state(sandbox, ACCOUNT) == before
        if alive:
            assert number == 1 + len(("disk",) * 3 + ("operator",) * 3)
            return


def dies(*_: object) -> Any:
    raise Killed


@pytest.mark.parametrize(
    ("around", "status"),
    [(Surroundings(watch=dies), "Active"), (Surroundings(sleep=dies), "Inactive")],
    ids=["as it scans", "as it waits to confirm what it changed"],
)
def test_a_drill_whose_loop_is_killed_is_cleaned_by_the_next_one(
    around: Surroundings, status: str, own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    before, operator, traces = iam_state(sandbox, ACCOUNT), Operator(own), traces_in(place)
    around = replace(around, session=own)
    assert not lived(lambda: [*play(traces, disk, operator, around)])
    (written,), _ = disk.drills()
    assert sandbox.credential_status(ACCOUNT, written.credential_id) == status
    lines, say = told()
    assert not Rehearsal(own, own, disk).clear(operator, say), lines
    assert left(sandbox, disk, place) == []
    assert iam_state(sandbox, ACCOUNT) == before


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateUser",
        "iam:CreateServiceSpecificCredential",
        "iam:DeleteServiceSpecificCredential",
        "iam:DeleteUser",
    ],
)
def test_an_answer_that_is_lost_leaves_nothing_either(
    action: str, own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    before, operator = iam_state(sandbox, ACCOUNT), Operator(own)
    sandbox.aws_faults.add(Lost(), on=action)
    until_the_loop(traces_in(place), disk, operator)
    lines, say = told()
    assert not Rehearsal(own, own, disk).clear(operator, say), lines
    assert left(sandbox, disk, place) == []
    assert iam_state(sandbox, ACCOUNT) == before


@pytest.mark.parametrize(("minutes", "stays"), [(0, True), (3, False)])
def test_a_user_that_iam_does_not_show_yet_is_looked_for_again(
    minutes: int, stays: bool, own: Session, disk: Disk, place: Path
) -> None:
    begun = utc_now() - timedelta(minutes=minutes)
    disk.write_down(replace(traces_in(place), begun=begun, asked=True))
    lines, say = told()
    assert Rehearsal(own, own, disk).clear(Operator(own), say) is stays
    assert bool(disk.drills()[0]) is stays
    assert any("yet" in line for line in lines) is stays


def test_a_drill_that_a_person_stops_cleans_up_itself(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    before = iam_state(sandbox, ACCOUNT)

    def say(sentence: str) -> None:
        if "Its key" in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Rehearsal(own, own, disk).run(Surroundings(session=own), say)
    assert left(sandbox, disk, place) == []
    assert iam_state(sandbox, ACCOUNT) == before


# ── what is never taken away ────────────────────────────────────────────────────────────────────


def with_a_policy(iam: Any, name: str) -> None:
    iam.attach_user_policy(
        UserName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
    )


def with_an_access_key(iam: Any, name: str) -> None:
    iam.create_access_key(UserName=name)


def in_a_group(iam: Any, name: str) -> None:
    iam.create_group(GroupName="people")
    iam.add_user_to_group(GroupName="people", UserName=name)


def with_a_password(iam: Any, name: str) -> None:
    iam.create_login_profile(UserName=name, Password="Example-1-not-a-password")


def with_a_key_of_another_service(iam: Any, name: str) -> None:
    iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")


def made_anew(iam: Any, name: str) -> None:
    for each in iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]:
        iam.delete_service_specific_credential(
            UserName=name, ServiceSpecificCredentialId=each["ServiceSpecificCredentialId"]
        )
    iam.delete_user(UserName=name)
    iam.create_user(UserName=name)


@pytest.mark.parametrize(
    "becomes",
    [
        with_a_policy,
        with_an_access_key,
        in_a_group,
        with_a_password,
        with_a_key_of_another_service,
        made_anew,
    ],
    ids=lambda each: each.__name__,
)
def test_a_user_that_has_become_anothers_stays_with_all_its_keys(
    becomes: Callable[[Any, str], None],
    own: Session,
    sandbox: Sandbox,
    disk: Disk,
    place: Path,
) -> None:
    operator, traces = Operator(own), traces_in(place)
    until_the_loop(traces, disk, operator)
    becomes(sandbox.client("iam", ACCOUNT), traces.user_name)
    state = iam_state(sandbox, ACCOUNT)
    lines, say = told()
    assert Rehearsal(own, own, disk).clear(operator, say)
    assert iam_state(sandbox, ACCOUNT) == state
    assert not leak_of(traces).exists()
    assert traces.user_name in " ".join(lines)


def test_what_no_drill_has_written_down_leads_to_nothing(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    disk.state.mkdir(parents=True)
    victim = place / "precious"
    victim.mkdir()
    record = {"id": ID, "account_id": ACCOUNT, "folder": str(victim), "begun": "2026-11-29T00:00Z"}
    (disk.state / f"{ID}.json").write_text(
        json.dumps({**record, "asked": "", "user_id": "", "credential_id": ""})
    )
    (disk.state / "torn.json").write_text("{")
    lines, say = told()
    assert Rehearsal(own, own, disk).clear(Operator(own), say)
    assert victim.is_dir()
    assert len(lines) == 2
    assert sandbox.writes() == ()


# ── the whole of it ─────────────────────────────────────────────────────────────────────────────


def test_a_role_that_may_not_disable_fails_the_drill_and_nothing_is_left(
    own: Session, sandbox: Sandbox, tmp_path: Path
) -> None:
    before, place = iam_state(sandbox, ACCOUNT), tmp_path / "tmp"
    place.mkdir()
    environment = {**os.environ, "TMPDIR": str(place), "XDG_STATE_HOME": str(tmp_path / "state")}
    denied = "iam:UpdateServiceSpecificCredential"
    sandbox.aws_faults.add(ACCESS_DENIED, on=denied, times=None)
    done = guard("doctor", "--drill", "--yes", cwd=tmp_path, env=environment, hurried=True)
    assert done.returncode == 4, said(done)
    assert b"The drill failed: the key was not proven dead. disable failed: " in done.stdout
    assert iam_state(sandbox, ACCOUNT) == before
    assert left(sandbox, Disk(tmp_path / "state" / "bedrock-key-guard" / "drills"), place) == []


def test_a_drill_proves_the_key_and_stops_it_as_the_guards_role(
    own: Session, sandbox: Sandbox, tmp_path: Path
) -> None:
    before, place = iam_state(sandbox, ACCOUNT), tmp_path / "tmp"
    place.mkdir()
    environment = {**os.environ, "TMPDIR": str(place), "XDG_STATE_HOME": str(tmp_path / "state")}
    done = guard("doctor", "--drill", "--yes", cwd=tmp_path, env=environment, hurried=True)
    assert done.returncode == 0, said(done)
    assert b"The drill worked: live: " in done.stdout
    assert b"Dead after " in done.stdout
    assert b"ABSK" not in done.stdout + done.stderr
    operators = sandbox.credentials(ACCOUNT, user=GUARD_USER).access_key_id
    by_role = {call.action for call in sandbox.writes() if call.access_key_id != operators}
    assert by_role == {"iam:UpdateServiceSpecificCredential"}
    assert iam_state(sandbox, ACCOUNT) == before
    state = Disk(tmp_path / "state" / "bedrock-key-guard" / "drills")
    assert left(sandbox, state, place) == []


def test_the_key_lies_in_a_folder_that_is_private_and_in_no_repository(
    own: Session, disk: Disk, place: Path
) -> None:
    traces = traces_in(place)
    until_the_loop(traces, disk, Operator(own))
    if os.name != "nt":
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (traces.folder, leak_of(traces))]
        assert modes == [0o700, 0o600]
    written = disk.record_of(traces).read_text()
    key = leak_of(traces).read_text().strip().partition("=")[2]
    assert not any(part in written for part in (key, *secret_parts(key)))


def test_no_key_is_made_where_the_folder_would_lie_in_a_repository(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    (place / ".git").mkdir()
    (place / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    with pytest.raises(UsageError, match="repository"):
        Rehearsal(own, own, disk).run(Surroundings(session=own), lambda _: None)
    assert sandbox.writes() == ()
    assert list(disk.state.glob("*")) == []


def ready(disk: Disk, **asked: Any) -> Rehearsal:
    return prepare(Examination(**asked), Surroundings(), disk.state)


def test_nothing_is_made_where_the_guards_role_trusts_nobody_here(
    own: Session, sandbox: Sandbox, disk: Disk
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="sts:AssumeRole")
    with pytest.raises(CredentialsError, match=ROLE):
        ready(disk)
    assert sandbox.writes() == ()


def test_nothing_is_made_in_an_account_that_is_not_on_the_allow_list(
    own: Session, sandbox: Sandbox, disk: Disk
) -> None:
    with pytest.raises(UsageError, match=ACCOUNT):
        ready(disk, accounts=frozenset(("210987654321",)))
    assert sandbox.writes() == ()


def test_nothing_is_made_for_a_guard_of_another_account(own: Session, disk: Disk) -> None:
    with pytest.raises(UsageError, match="is not of account"):
        ready(disk, guard=f"arn:aws:iam::210987654321:role/{ROLE}")


def test_where_nothing_can_be_written_nothing_is_made(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    place.rmdir()
    with pytest.raises(UsageError, match="cannot write"):
        Rehearsal(own, own, disk).run(Surroundings(session=own), lambda _: None)
    assert sandbox.writes() == ()
    assert list(disk.state.glob("*")) == []


def test_an_operator_may_play_the_guard_too_by_name(own: Session, disk: Disk) -> None:
    assert ready(disk, guard=OPERATOR).guard.arn == OPERATOR
    assert f":assumed-role/{ROLE}/" in ready(disk).guard.arn


def test_what_iam_refuses_the_operator_is_said_and_cleaned(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:CreateServiceSpecificCredential")
    with pytest.raises(CredentialsError, match="key"):
        Rehearsal(own, own, disk).run(Surroundings(session=own), lambda _: None)
    assert left(sandbox, disk, place) == []


def test_what_stays_makes_the_drill_incomplete(
    own: Session, sandbox: Sandbox, disk: Disk, place: Path
) -> None:
    """A user of another account is nobody's here, and is left to those who reach it."""
    disk.write_down(replace(traces_in(place), account_id="210987654321"))
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:CreateUser")
    lines, say = told()
    with pytest.raises((IncompleteError, CredentialsError)):
        Rehearsal(own, own, disk).run(Surroundings(session=own), say)
    assert any("210987654321" in line for line in lines)


def test_an_operator_needs_the_permissions_that_the_docs_name_and_no_more(
    sandbox: Sandbox, home: Path, disk: Disk, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8").partition("## The drill")[2]
    named = set(re.findall(r"`(iam:\w+)`", section))
    statement = {
        "Effect": "Allow",
        "Action": sorted(named),
        "Resource": f"arn:aws:iam::{ACCOUNT}:user/{NAME}*",
    }
    sandbox.make_role(ACCOUNT, "operator", permissions=False)
    sandbox.client("iam", ACCOUNT).put_role_policy(
        RoleName="operator",
        PolicyName="drill",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    environment = sandbox.environment(ACCOUNT, role="operator")
    use(environment, monkeypatch)
    session = open_session(environment)
    assert isinstance(session, Session)
    lines, say = told()
    with sandbox.enforced():
        for begin in (lambda *_: disk.write_down(traces_in(place)), until_the_loop):
            begin(traces_in(place), disk, Operator(session))
            assert not Rehearsal(session, session, disk).clear(Operator(session), say), lines
    called = {call.action for call in sandbox.calls() if call.service == "iam"}
    # IAM asks for it where a user is made with tags.
    assert called | {"iam:TagUser"} == named
