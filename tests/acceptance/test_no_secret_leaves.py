"""Gather all that a run writes, at every door, and look for pieces of keys in it.

The fixture `scene` looks, when the test is over.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import doors
from tests.jobs import ACCOUNT, REPOSITORY, ROOT, Done
from tests.scenes import MASK, Scene

STORE = "secretsmanager:bedrock/leaked"


# ── the command ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("scan .", 1),
        ("scan --format json .", 1),
        ("scan --include-malformed --format json .", 1),
        ("scan --staged", 1),
        ("scan --staged --format json", 1),
        ("verify .", 1),
        ("verify --format json --include-malformed .", 1),
        ("respond --dry-run .", 1),
        ("respond --include-malformed .", 1),
        ("respond --format json .", 1),
        (f"respond --action reset --reset-store {STORE} .", 1),
        ("respond --action reset --reset-store ssm:/leaked --format json .", 1),
        (f"respond --action reset --reset-store {STORE} --reactivate .", 1),
        ("restore", 2),
    ],
)
def test_no_command_tells_a_key(scene: Scene, command: str, code: int) -> None:
    assert scene.command(*command.split()).returncode == code
    writes = [call.operation for call in scene.sandbox.writes()]
    assert ("UpdateServiceSpecificCredential" in writes) == (
        command.startswith("respond") and "--dry-run" not in command
    )
    assert ("ResetServiceSpecificCredential" in writes) == ("--action reset" in command)


def test_a_change_and_its_undoing_tell_no_key(scene: Scene) -> None:
    scene.command("respond", ".")
    assert b"dry-run" in scene.command("restore", "--dry-run").stdout
    assert b"done" in scene.command("restore").stdout
    assert b"not-needed" in scene.command("restore").stdout
    assert (scene.folder / "home" / "state" / "bedrock-key-guard" / "ledger.jsonl").is_file()


def test_a_key_from_standard_input_is_not_told_back(scene: Scene) -> None:
    for key in scene.keys.values():
        assert scene.command("explain", stdin=key.encode()).returncode == 0
    everything = "\n".join(scene.keys.values()).encode()
    assert scene.command("scan", "--stdin", stdin=everything).returncode == 1


def test_a_key_on_the_command_line_is_not_told_back(scene: Scene) -> None:
    key = scene.keys["the live key"]
    for arguments in (
        (key,),
        ("scan", key),
        ("scan", f"--{key}"),
        ("scan", "--format", key),
        ("scan", "--allow-list", key),
        ("verify", "--allowed-account-ids", key),
        ("respond", "--reset-store", key),
        ("restore", "--ledger", key),
        ("restore", "--change", key),
    ):
        assert scene.command(*arguments).returncode == 2
    assert scene.command("respond", "--protect", key, "--dry-run", ".").returncode == 1


# ── the doors of developers ─────────────────────────────────────────────────────────────────────


def test_no_hook_tells_a_key(scene: Scene) -> None:
    names = sorted(path.name for path in scene.tree.iterdir() if path.name != ".git")
    for done in (
        doors.hook("--", *names, cwd=scene.tree, env=scene.environment),
        doors.hook("--staged", cwd=scene.tree, env=scene.environment),
    ):
        assert done.returncode == 1
        scene.note(_in_bytes(done))
    native = ROOT / "hooks" / "pre-commit"
    stopped = subprocess.run(
        [native], cwd=scene.tree, env=scene.environment, capture_output=True, check=False
    )
    assert scene.note(stopped).returncode == 1


def test_detect_secrets_with_the_plugin_tells_no_key(scene: Scene) -> None:
    names = sorted(path.name for path in scene.tree.iterdir() if path.is_file())
    baseline = scene.tree / ".secrets.baseline"
    for arguments in (("hook", *names), ("scan", "--all-files", "."), ("scan", *names)):
        done = doors.detect_secrets(*arguments, cwd=scene.tree, env=scene.environment)
        assert done.returncode == (1 if arguments[0] == "hook" else 0), done.stderr
        scene.note(_in_bytes(done))
        if arguments[0] == "scan":
            baseline.write_text(done.stdout, encoding="utf-8")
    audit = ("audit", "--report", str(baseline))
    scene.note(_in_bytes(doors.detect_secrets(*audit, cwd=scene.tree, env=scene.environment)))


def _in_bytes(done: doors.Done) -> Done:
    stdout, stderr = done.stdout.encode("utf-8", "replace"), done.stderr.encode("utf-8", "replace")
    return subprocess.CompletedProcess(done.args, done.returncode, stdout, stderr)


# ── the Action ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"respond": "dry-run", "report_issue": "always"},
        {"respond": "reset", "reset_store": STORE, "report_issue": "always"},
        {"respond": "reset", "reset_store": "ssm:leaked"},
        {"short_term": "revoke-sessions", "report_issue": "always"},
        {"verify": "false", "issue_labels": "a,b", "issue_assignees": "nobody"},
    ],
    ids=str,
)
def test_the_action_tells_no_key(scene: Scene, inputs: dict[str, str]) -> None:
    job = scene.job()
    done = scene.note(job.run(**inputs, sarif_file="true"))
    assert done.returncode == 1
    assert done.stderr.startswith(b"A reset cannot be undone") is (inputs.get("respond") == "reset")
    assert MASK in done.stdout
    assert scene.github.issues(REPOSITORY)
    written = scene.written()
    gathered = {Path(where).name for where in written}
    assert {"GitHub", "children", "outputs", "stdout", "summary"} <= gathered
    assert {job.file("report", each).name for each in ("json", "sarif")} <= gathered
    assert scene.keys["the live key"].encode() in done.stdout


def test_the_new_key_of_a_reset_is_masked_as_well(scene: Scene) -> None:
    done = scene.note(scene.job().run(respond="reset", reset_store=STORE))
    assert MASK + scene.new_key().encode() in done.stdout.splitlines()
    client = scene.sandbox.client("secretsmanager", ACCOUNT)
    kept = client.get_secret_value(SecretId=STORE.partition(":")[2])["SecretString"]
    assert kept == scene.new_key() != scene.keys["the live key"]
