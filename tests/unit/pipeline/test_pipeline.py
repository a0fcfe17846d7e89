from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.keys.key import Key, Secret
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import BedrockAnswer, CredentialRecord, Plane, Verdict
from bedrock_key_guard.model.findings import Case, Incident
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import Responding, Surroundings, Verifying
from bedrock_key_guard.pipeline.pipeline import run
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.respond.consent import Consent
from bedrock_key_guard.respond.identities import Status
from bedrock_key_guard.respond.ledger.entries import read_ledger
from bedrock_key_guard.respond.ledger.records import StatusChange
from bedrock_key_guard.respond.plan import Policy, plan
from bedrock_key_guard.respond.responder import Responder
from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.allowlist import AllowList, entries_of
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.verify.schedule import STEPS_AT_A_TIME, Steps
from bedrock_key_guard.verify.verifier import Verifier
from sandbox.base.faults import ACCESS_DENIED, THROTTLED, AcceptEverything
from sandbox.base.lag import Lag
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import DENY_BOTH_PLANES
from sandbox.front.seeding import LongTermKey as Leaked
from tests import keysmith
from tests.unit.respond.doubles import FakeWriter
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import (
    FakeTime,
    ScriptedBedrock,
    ScriptedDirectory,
    credential,
    found,
    incident,
    long_term,
    witnesses,
)

ACCOUNT, STRANGER = "111122223333", "210987654321"
UPDATE, RESET = "iam:UpdateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"
STORE = "secretsmanager:team/bedrock-key"
PART_OF_A_KEY = "ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4"


@dataclass
class Tree:
    """Hold files that leak keys, and where a run remembers what it did."""

    folder: Path
    ledger: Path
    naps: list[float] = field(default_factory=list)

    def leak(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"key = {text}\n", encoding="utf-8")

    @property
    def around(self) -> Surroundings:
        """Take the process as it is, but for the time that waiting takes."""
        return Surroundings(os.environ, sleep=self.naps.append, clock=lambda: sum(self.naps))

    @property
    def scanning(self) -> Scanning:
        return Scanning((self.folder,))

    def responds(self, policy: Policy | None = None, store: str | None = None) -> Report:
        return run(
            self.scanning,
            Verifying(),
            Responding(policy or Policy(), self.ledger, store),
            self.around,
        )

    def verifies(self, verifying: Verifying | None = None) -> Report:
        return run(self.scanning, verifying or Verifying(), None, self.around)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    folder = tmp_path / "tree"
    folder.mkdir()
    return Tree(folder, tmp_path / "state" / "ledger.jsonl")


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def leaked(sandbox: Sandbox, environment: dict[str, str], tree: Tree) -> Leaked:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    tree.leak("leak.env", leaked.key)
    return leaked


def only(report: Report) -> Case:
    (case,) = report.cases
    return case


def state(case: Case) -> str | None:
    return case.verdict.state if case.verdict else None


def outcome_of(report: Report) -> Outcome:
    outcome = only(report).outcome
    assert outcome is not None
    return outcome


# ── stage by stage ──────────────────────────────────────────────────────────────────────────────


def test_a_scan_alone_asks_nobody(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    case = only(run(tree.scanning))
    assert (case.verdict, case.outcome) == (None, None)
    assert case.incident.locations[0].path.endswith("leak.env")
    assert (sandbox.calls(), sandbox.bedrock.log.calls()) == ((), ())


def test_a_verification_changes_nothing(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    case = only(tree.verifies())
    assert (state(case), case.outcome) == ("live", None)
    assert sandbox.writes() == ()


def test_a_clean_tree_asks_nobody(
    tree: Tree, environment: dict[str, str], sandbox: Sandbox
) -> None:
    tree.leak("clean.env", "none")
    report = tree.responds()
    assert (report.cases, report.complete) == ((), True)
    assert sandbox.calls() == ()


def test_a_live_key_is_made_dead(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    report = tree.responds()
    assert state(only(report)) == "live"
    outcome = outcome_of(report)
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("disable", "done", True)
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    assert [call.action for call in sandbox.writes()] == [UPDATE]
    (entry,) = read_ledger(tree.ledger)
    assert isinstance(entry.record, StatusChange)
    assert (entry.phase, entry.record.credential_id) == ("done", leaked.credential_id)


def test_a_change_that_travels_is_waited_for(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    sandbox.bedrock.lag = Lag(probes=3)
    outcome = outcome_of(tree.responds())
    assert (outcome.state, outcome.confirmed_dead) == ("done", True)
    assert sum(tree.naps) == 16.75  # waits of 0.25, 0.5 and 1, and 15 to confirm it


def test_each_confirming_probe_comes_on_a_connection_of_its_own(
    tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    outcome_of(tree.responds())
    calls = sandbox.bedrock.log.calls()
    ports = [call.port for call in calls]
    kept, fresh = set(ports[:4]), ports[4:]  # for the verdict and right before the change
    assert Counter(call.plane for call in calls[4:]) == {"bedrock": 3, "bedrock-mantle": 3}
    assert len(set(fresh) - kept) == len(fresh) == 6


@pytest.mark.parametrize(("accepted", "state"), [(2, "done"), (3, "failed")])
def test_throttling_is_no_confirmation(
    accepted: int, state: str, tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    """The key was accepted before the change, or after it too; then nothing more is known."""
    sandbox.bedrock.faults.add(AcceptEverything(), on="bedrock:*", times=accepted)
    sandbox.bedrock.faults.add(THROTTLED, on="bedrock:*", times=None)
    outcome = outcome_of(tree.responds())
    assert (outcome.state, outcome.confirmed_dead, outcome.urgent) == (state, False, True)
    assert "bedrock: answered 429" in outcome.reason
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"


def test_a_second_run_recalls_what_the_first_one_did(
    tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    tree.responds()
    tree.ledger.unlink()
    report = tree.responds()
    outcome = outcome_of(report)
    assert (state(only(report)), outcome.state, outcome.confirmed_dead) == (
        "dead",
        "not-needed",
        True,
    )
    assert [call.action for call in sandbox.writes()] == [UPDATE]


def test_a_contained_key_is_made_dead_too(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    sandbox.client("iam", ACCOUNT).put_user_policy(
        UserName="alice", PolicyName="deny", PolicyDocument=json.dumps(DENY_BOTH_PLANES)
    )
    report = tree.responds()
    assert (state(only(report)), outcome_of(report).state) == ("contained", "done")
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (Policy(dry_run=True), "dry-run"),
        (Policy(response="off"), "refused"),
        (Policy(untrusted="a fork"), "refused"),
        (Policy(protect=frozenset(("alice",))), "refused"),
        (Policy(max_responses=0), "refused"),
    ],
)
def test_a_policy_that_forbids_it_changes_nothing(
    policy: Policy, state: str, tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    report = tree.responds(policy)
    assert outcome_of(report).state == state
    assert sandbox.writes() == ()
    assert not tree.ledger.exists()


def test_what_iam_refuses_is_told(tree: Tree, leaked: Leaked, sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:Update*", times=None)
    outcome = outcome_of(tree.responds())
    assert (outcome.state, outcome.urgent) == ("failed", True)
    assert "AccessDenied" in outcome.reason


def test_without_credentials_nothing_is_asked_and_nothing_known(
    tree: Tree, leaked: Leaked, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    report = tree.responds()
    assert state(only(report)) == "unverified"
    outcome = outcome_of(report)
    assert (outcome.action, outcome.state, outcome.urgent) == ("manual", "refused", True)
    assert (sandbox.calls(), sandbox.bedrock.log.calls()) == ((), ())


def test_with_a_list_but_no_credentials_a_key_is_tried_and_left_to_people(
    tree: Tree, leaked: Leaked, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    report = run(
        tree.scanning,
        Verifying(frozenset((ACCOUNT,))),
        Responding(Policy(), tree.ledger),
        Surroundings(os.environ),
    )
    assert state(only(report)) == "live"
    assert outcome_of(report).reason == (
        "which credential it is could not be found out: there are no AWS credentials"
    )


# ── reset ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def kept(sandbox: Sandbox) -> Callable[[], str]:
    """Read what is kept in the store."""
    client: Any = sandbox.client("secretsmanager", ACCOUNT)
    return lambda: str(client.get_secret_value(SecretId="team/bedrock-key")["SecretString"])


@pytest.mark.parametrize("reactivate", [False, True])
def test_a_reset_goes_the_safe_way(
    reactivate: bool, tree: Tree, leaked: Leaked, sandbox: Sandbox, kept: Callable[[], str]
) -> None:
    client: Any = sandbox.client("secretsmanager", ACCOUNT)
    client.create_secret(Name="team/bedrock-key", SecretString="in use")
    outcome = outcome_of(tree.responds(Policy("reset", reactivate=reactivate), STORE))
    put = "secretsmanager:PutSecretValue"
    steps = [put, UPDATE, RESET, put, *([UPDATE] if reactivate else [])]
    assert [call.action for call in sandbox.writes()] == steps
    statuses = [call.parameter("Status") for call in sandbox.writes() if call.action == UPDATE]
    assert statuses == ["Inactive", "Active"][: 1 + reactivate]
    assert (outcome.state, outcome.confirmed_dead, outcome.undo) == ("done", True, None)
    expected = "Active" if reactivate else "Inactive"
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == expected
    assert kept().startswith("ABSK")
    assert kept() != leaked.key


@pytest.mark.parametrize(
    ("fault", "steps", "reason"),
    [
        ("secretsmanager:*", ["secretsmanager:PutSecretValue"], "does not accept a write"),
        (
            RESET,
            [
                "secretsmanager:PutSecretValue",
                "secretsmanager:CreateSecret",
                UPDATE,
                RESET,
            ],
            "IAM did not reset it (AccessDenied)",
        ),
    ],
)
def test_a_reset_that_fails_never_leaves_the_key_alive_behind_its_back(
    fault: str, steps: list[str], reason: str, tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on=fault, times=None)
    outcome = outcome_of(tree.responds(Policy("reset", reactivate=True), STORE))
    assert [call.action for call in sandbox.writes()] == steps
    assert reason in outcome.reason
    assert outcome.urgent
    changed = UPDATE in steps
    assert outcome.confirmed_dead is changed
    status = sandbox.credential_status(ACCOUNT, leaked.credential_id)
    assert status == ("Inactive" if changed else "Active")


def test_a_new_key_is_masked_before_it_is_stored_and_is_in_no_output(
    tree: Tree,
    leaked: Leaked,
    sandbox: Sandbox,
    kept: Callable[[], str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    masked: list[str] = []
    report = run(
        tree.scanning,
        Verifying(),
        Responding(Policy("reset"), tree.ledger, STORE),
        replace(tree.around, mask=lambda secret: masked.append(secret.unseal())),
    )
    assert masked == [leaked.key, kept()]
    written = repr(report) + tree.ledger.read_text() + "".join(capfd.readouterr())
    for key in masked:
        assert key[40:52] not in written


@pytest.mark.parametrize(
    ("policy", "store"),
    [(Policy("reset"), None), (Policy("reset"), ""), (Policy("reset"), "vault:x"), (Policy(), "x")],
)
def test_a_reset_without_a_store_is_refused_before_anything(
    policy: Policy, store: str | None, tree: Tree
) -> None:
    with pytest.raises(UsageError, match=r"store"):
        Responding(policy, tree.ledger, store)


# ── what people are shown ───────────────────────────────────────────────────────────────────────


def test_an_allow_listed_key_is_hidden_unless_it_is_live(
    tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    pragma = "  # pragma: allowlist secret"
    tree.leak("leak.env", leaked.key + pragma)
    tree.leak("dead.env", keysmith.long_term("ghost") + pragma)
    scanned = run(tree.scanning)
    assert scanned.cases == ()
    assert scanned.notes == ("2 keys were allow-listed, and shown only if proven live.",)
    report = tree.responds()
    assert state(only(report)) == "live"
    assert only(report).incident.allowed == "pragma: allowlist secret"
    assert outcome_of(report).confirmed_dead
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"


def test_part_of_a_key_is_shown_only_on_request(tree: Tree) -> None:
    tree.leak("part.env", PART_OF_A_KEY)
    assert run(tree.scanning).cases == ()
    shown = run(Scanning((tree.folder,), include_malformed=True))
    assert only(shown).incident.confidence == "malformed"


def test_part_of_a_key_is_asked_about_nowhere(
    tree: Tree, environment: dict[str, str], sandbox: Sandbox
) -> None:
    tree.leak("part.env", PART_OF_A_KEY)
    around = Surroundings(os.environ)
    report = run(Scanning((tree.folder,), include_malformed=True), Verifying(), None, around)
    assert only(report).verdict is None
    assert sandbox.bedrock.log.calls() == ()


def test_a_run_that_met_its_bounds_is_incomplete(tree: Tree, leaked: Leaked) -> None:
    report = tree.verifies(Verifying(max_probes=0))
    assert state(only(report)) == "unverified"
    assert report.incomplete == ("1 key was not verified: the run met max-probes.",)
    assert not report.complete
    report = tree.responds(Policy(max_responses=0))
    assert report.incomplete == ("1 key was not answered: it met max-responses.",)


# ── where it reads ──────────────────────────────────────────────────────────────────────────────


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.TextIOWrapper(io.BytesIO(keysmith.long_term().encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    case = only(run(Scanning(source="stdin")))
    assert case.incident.locations[0].source == "stdin"


def test_the_index_is_read_not_the_disk(tree: Tree) -> None:
    subprocess.run(["git", "init", "--quiet", str(tree.folder)], check=True)
    tree.leak("staged.env", keysmith.long_term("staged"))
    subprocess.run(["git", "-C", str(tree.folder), "add", "--all"], check=True)
    tree.leak("staged.env", "clean")
    case = only(run(Scanning((tree.folder,), "index")))
    assert case.incident.locations[0].source == "index"


def test_an_allow_list_reaches_the_scanner(tree: Tree) -> None:
    key = keysmith.long_term()
    tree.leak("leak.env", key)
    allow = AllowList((AllowedKey(keysmith.fingerprint_of(key)[:12]),))
    assert run(Scanning((tree.folder,), allow=allow)).cases == ()


# ── in which order ──────────────────────────────────────────────────────────────────────────────


def test_every_key_is_masked_before_anybody_is_asked(
    tree: Tree, leaked: Leaked, sandbox: Sandbox
) -> None:
    tree.leak("other.env", keysmith.long_term("other"))
    tree.leak("part.env", PART_OF_A_KEY)
    asked: list[int] = []

    def mask(secret: Secret) -> None:
        asked.append(len(sandbox.calls()) + len(sandbox.bedrock.log.calls()))

    run(tree.scanning, Verifying(), None, Surroundings(os.environ, mask))
    assert asked == [0, 0, 0]


def unjudged(*keys: Key) -> tuple[Case, ...]:
    return tuple(Case(incident(key)) for key in keys)


def still(time: FakeTime) -> Surroundings:
    return Surroundings(sleep=time.sleep, clock=time.clock)


@pytest.mark.slow
def test_two_hundred_keys_are_confirmed_side_by_side_once_every_write_is_made(
    executor: Executor, tmp_path: Path
) -> None:
    stage = Stage(executor, tmp_path)
    happened: list[str] = []

    class Writer(FakeWriter):
        def set_status(self, credential: CredentialRecord, status: Status) -> None:
            happened.append("write")

    class Bedrock(ScriptedBedrock):
        def ask(self, plane: Plane, key: Any, region: str, *, fresh: bool = False) -> BedrockAnswer:
            happened.append("confirm" if fresh else "probe")
            return super().ask(plane, key, region, fresh=fresh)

    stage.writer, dies = Writer(stage.diary), ["accepted"] * 3 + ["refused"]
    stage.bedrock = Bedrock(stage.time, dies, dies)
    keys = [long_term(f"user-{number}") for number in range(200)]
    policy = Policy(max_responses=200)
    responder = Responder(stage.dependencies, policy)

    class Directory(ScriptedDirectory):
        def find_credential(self, key: Any) -> Any:
            return found(credential(user=key.user_name_candidates[0], alias=key.alias))

    asked = replace(stage.dependencies.witnesses, directory_of=lambda _: Directory(found()))
    verifier, around = Verifier(asked, max_probes=200, keys=200), still(stage.time)

    def respond(incident: Incident, verdict: Verdict) -> Steps[Outcome]:
        return responder.respond(verdict, plan(incident, verdict, policy))

    cases = pipeline._judged(unjudged(*keys), verifier, respond, around, Consent())
    assert [case.incident.key for case in cases] == keys
    outcomes = [case.outcome for case in cases if case.outcome]
    assert [(o.state, o.confirmed_dead) for o in outcomes] == [("done", True)] * 200
    assert sum(stage.time.slept) == 15.25  # as for a single key
    begun = happened.index("confirm")
    assert happened[:begun].count("write") == happened.count("write") == 200
    assert happened[begun:].count("probe") == 0


def test_a_slow_verdict_does_not_delay_another_keys_response() -> None:
    slow, quick = long_term("slow"), long_term("quick")
    answered = threading.Event()

    class Directory(ScriptedDirectory):
        def find_credential(self, key: Any) -> Any:
            assert key.fingerprint != slow.fingerprint or answered.wait(10)
            return found()

    def respond(incident: Incident, verdict: Verdict) -> Steps[Outcome]:
        if incident.key is quick:
            answered.set()
        yield 0.0
        return Outcome("disable", "done", incident.fingerprint)

    bedrock = ScriptedBedrock(FakeTime(), ["accepted"], ["accepted"])
    with ThreadPoolExecutor(8) as executor:
        asked = witnesses(bedrock, Directory(found()), executor)
        verifier, around = Verifier(asked, max_probes=9, keys=2), still(bedrock.time)
        cases = pipeline._judged(unjudged(slow, quick), verifier, respond, around, Consent())
    assert [case.outcome.reason for case in cases if case.verdict and case.outcome] == [
        slow.fingerprint,
        quick.fingerprint,
    ]


def test_a_run_that_is_stopped_begins_no_more_responses() -> None:
    keys = [long_term(f"user-{number}") for number in range(40)]
    begun: list[str] = []

    def respond(incident: Incident, _verdict: Verdict) -> Steps[Outcome]:
        begun.append(incident.fingerprint)
        yield from ()
        raise KeyboardInterrupt

    bedrock = ScriptedBedrock(FakeTime(), ["accepted"], ["accepted"])
    with ThreadPoolExecutor(8) as executor:
        asked = witnesses(bedrock, ScriptedDirectory(found()), executor)
        verifier, around = Verifier(asked, max_probes=99, keys=40), still(bedrock.time)
        with pytest.raises(KeyboardInterrupt):
            pipeline._judged(unjudged(*keys), verifier, respond, around, Consent())
    assert 1 <= len(begun) <= STEPS_AT_A_TIME


def test_an_expired_key_needs_no_network(
    tree: Tree, environment: dict[str, str], sandbox: Sandbox
) -> None:
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    tree.leak("old.env", keysmith.short_term(issued_at=yesterday))
    assert state(only(tree.verifies())) == "dead"
    assert sandbox.bedrock.log.calls() == ()


@pytest.mark.parametrize("module", ["requests", "boto3"])
def test_without_its_libraries_a_run_says_what_to_install(module: str, tree: Tree) -> None:
    tree.leak("leak.env", keysmith.long_term())
    code = f"""
import sys
from pathlib import Path
sys.modules[{module!r}] = None
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.pipeline.options import Verifying
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.pipeline.pipeline import run
assert len(run(Scanning((Path({str(tree.folder)!r}),))).cases) == 1
try:
    run(Scanning((Path({str(tree.folder)!r}),)), Verifying())
except UsageError as error:
    print(error, error.remedy)
"""
    ran = subprocess.run([sys.executable, "-Ic", code], check=True, capture_output=True, text=True)
    assert f"{module} is not installed" in ran.stdout
    assert "pip install" in ran.stdout


# ── what is unopened but for a module ───────────────────────────────────────────────────────────

MISSING = ("compression.zstd", "backports.zstd")


@pytest.fixture
def without_zstd(monkeypatch: pytest.MonkeyPatch, tree: Tree) -> Any:
    """Leave Python without zstd, beside a file that wants it; return what lets it have it."""
    name = next(name for name in reversed(MISSING) if find(name))
    library = importlib.import_module(name)
    text = "".join(f"{number} = x\n" for number in range(99)) + keysmith.long_term("hidden")
    (tree.folder / "logs.zst").write_bytes(library.compress(text.encode()))
    for each in MISSING:
        monkeypatch.setitem(sys.modules, each, None)
    return lambda: monkeypatch.setitem(sys.modules, name, library)


def find(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@dataclass
class Installer:
    """Write down what happens: which keys are masked, and which modules are asked for."""

    install: Callable[[], object]
    done: list[object] = field(default_factory=list)
    error: UsageError | None = None

    @property
    def around(self) -> Surroundings:
        def mask(_: Secret) -> None:
            self.done.append("mask")

        return Surroundings(mask=mask, unpack_by=self._unpack_by)

    def _unpack_by(self, modules: Sequence[str]) -> bool:
        self.done.append(list(modules))
        if self.error:
            raise self.error
        self.install()
        return True


def test_what_wants_a_module_is_read_once_that_is_there(tree: Tree, without_zstd: Any) -> None:
    tree.leak("a.env", keysmith.long_term("shown"))
    installer = Installer(without_zstd)
    report = run(tree.scanning, None, None, installer.around)
    assert len(report.cases) == 2
    assert report.scan.complete
    # No key is met by whoever installs before it is masked.
    assert installer.done == ["mask", ["backports.zstd"], "mask", "mask"]


def test_where_nobody_installs_modules_the_file_stays_unopened(
    tree: Tree, without_zstd: Any
) -> None:
    report = run(tree.scanning)
    assert [(gap.kind, gap.wants) for gap in report.scan.not_scanned] == [
        ("unopened", "backports.zstd")
    ]
    assert not report.scan.complete


def test_a_module_that_could_not_be_installed_is_told_of(tree: Tree, without_zstd: Any) -> None:
    installer = Installer(without_zstd, error=UsageError("It is gone.", remedy="Fetch it."))
    report = run(tree.scanning, None, None, installer.around)
    assert report.incomplete == ("Not everything was opened: It is gone. Fetch it.",)
    assert not report.scan.complete


def test_what_people_accept_unopened_installs_nothing(tree: Tree, without_zstd: Any) -> None:
    known, _ = entries_of("unread *logs.zst as it is")
    installer = Installer(without_zstd)
    scanning = replace(tree.scanning, allow=known)
    report = run(scanning, None, None, installer.around)
    assert (installer.done, report.scan.complete) == ([], True)
