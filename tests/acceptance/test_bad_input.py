"""Give the guard what it cannot use: it says so in one sentence, with what to do about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.base.faults import html
from sandbox.front.sandbox import Sandbox
from tests import keysmith
from tests.jobs import ACCOUNT, explained, guard, report_of, said, verdicts

KEY = keysmith.long_term()
# A file that opens and does not read, for root can read what others cannot.
UNREADABLE = Path("/proc/self/mem")

FILES = {
    "leak.env": f"TOKEN={KEY}\n",
    "list-of-names": "BedrockAPIKey-ex4m\n",
    "list-with-a-short-one": "fingerprint 0123\n",
    "baseline.json": '{"results": ["leak.env"]}',
    "no.json": "results: {}\n",
    "ledger.jsonl": '{"change": "0"}\n',
    "no-ledger": "hello\n",
    "deep.json": "[" * 100_000 + "\n",
    "empty": "",
}
BINARY = {"latin-1.txt": b"fingerprint \xff\n", "nul": b"\0\0\n"}


@pytest.fixture
def files(tree: Path) -> Path:
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    for name, data in BINARY.items():
        (tree / name).write_bytes(data)
    return tree


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("frobnicate", "frobnicate"),
        ("scan --frobnicate", "--frobnicate"),
        ("scan --format xml", "xml"),
        ("scan --fail-on some", "some"),
        ("scan nowhere", "nowhere"),
        ("scan leak.env nowhere", "nowhere"),
        ("scan leak.env/x", "leak.env/x"),
        ("scan --staged", "Git repository"),
        ("scan --staged leak.env nowhere", "--staged"),
        ("scan --stdin leak.env", "--stdin"),
        ("scan --staged --stdin", "--stdin"),
        ("scan --allow-list nowhere .", "nowhere"),
        ("scan --allow-list . .", "allow-list"),
        ("scan --allow-list list-of-names .", "line 1"),
        ("scan --allow-list list-with-a-short-one .", "line 1"),
        ("scan --allow-list latin-1.txt .", "UTF-8"),
        ("scan --allow-list nul .", "line 1"),
        ("scan --baseline nowhere .", "nowhere"),
        ("scan --baseline baseline.json .", "baseline"),
        ("scan --baseline no.json .", "baseline"),
        ("scan --baseline deep.json .", "baseline"),
        ("scan --baseline empty .", "baseline"),
        ("verify --allowed-account-ids 1234 .", "1234"),
        ("verify --allowed-account-ids １１１１２２２２３３３３ .", "12 digits"),
        ("verify --max-probes many .", "many"),
        ("verify --max-probes -1 .", "-1"),
        ("respond --action grant .", "grant"),
        ("respond --action reset .", "store"),
        ("respond --action reset --reset-store nowhere .", "nowhere"),
        ("respond --action reset --reset-store ssm: .", "ssm:"),
        ("respond --action reset --reset-store s3:bucket .", "s3:bucket"),
        ("respond --reset-store s3:bucket .", "s3:bucket"),
        ("respond --max-responses 1.5 .", "1.5"),
        ("restore --ledger nowhere", "nowhere"),
        ("restore --ledger .", "ledger"),
        ("restore --ledger ledger.jsonl", "ledger"),
        ("restore --ledger no-ledger", "ledger"),
        ("restore --ledger deep.json", "ledger"),
        ("restore --ledger latin-1.txt", "ledger"),
        ("restore --ledger empty --change 0123", "0123"),
        ("explain", "standard input"),
        ("explain --format json", "--format"),
    ],
)
def test_what_cannot_be_used_is_named_with_a_remedy(
    command: str, words: str, files: Path, home: Path
) -> None:
    explained(guard(*command.split(), cwd=files, env=os.environ), 2, words)


def test_what_is_no_key_cannot_be_explained(tmp_path: Path, home: Path) -> None:
    explained(guard("explain", cwd=tmp_path, env=os.environ, stdin=b"ABSKnonsense\n"), 2, "no key")


def test_a_closed_pipe_is_not_taken_for_an_empty_one(tmp_path: Path, home: Path) -> None:
    run = f"{sys.executable} -I -m bedrock_key_guard scan --stdin <&-"
    done = subprocess.run(["bash", "-c", run], cwd=tmp_path, capture_output=True, check=False)
    explained(done, 2, "Standard input is closed")


def test_nothing_can_be_restored_without_credentials(files: Path, home: Path) -> None:
    done = guard("restore", "--ledger", "empty", cwd=files, env=os.environ)
    explained(done, 3, "no AWS credentials", "iam:UpdateServiceSpecificCredential")


def test_a_file_that_cannot_be_read_makes_the_run_incomplete(files: Path, home: Path) -> None:
    found = guard("scan", str(UNREADABLE), "leak.env", cwd=files, env=os.environ)
    assert (found.returncode, said(found)) == (1, "")
    assert b"INCOMPLETE" in found.stdout
    clean = guard("scan", str(UNREADABLE), "empty", cwd=files, env=os.environ)
    assert (clean.returncode, said(clean)) == (4, "")
    assert str(UNREADABLE).encode() in clean.stdout


def test_a_broken_repository_is_said_to_be_broken(tree: Path, home: Path) -> None:
    git = tree / ".git"
    (git / "objects").mkdir(parents=True)
    (git / "refs").mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    (git / "index").write_bytes(b"DIRC, or not")
    for command in (["scan", "."], ["scan", "--staged"]):
        explained(guard(*command, cwd=tree, env=os.environ), 2, "git fsck")


def test_without_git_a_repository_cannot_be_read(tree: Path, home: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    done = guard("scan", ".", cwd=tree, env={**os.environ, "PATH": str(tree)})
    explained(done, 2, "Git is not installed")


def test_credentials_that_aws_refuses_leave_a_key_unverified(
    files: Path, credentials: dict[str, str]
) -> None:
    environment = {**credentials, "AWS_ACCESS_KEY_ID": keysmith.access_key_id()}
    done = guard("respond", "--format", "json", ".", cwd=files, env=environment)
    assert (done.returncode, said(done)) == (1, "")
    (incident,) = report_of(done)["incidents"]
    assert incident["verdict"]["state"] == "unverified"
    assert "InvalidClientTokenId" in str(incident["verdict"]["evidence"])


@pytest.mark.parametrize(
    "settings",
    [
        {"AWS_PROFILE": "nobody"},
        {"AWS_CONFIG_FILE": "leak.env"},
        {"AWS_CA_BUNDLE": "nowhere"},
        {"AWS_CA_BUNDLE": "leak.env"},
        {"AWS_REGION": "x@127.0.0.1", "AWS_DEFAULT_REGION": "x@127.0.0.1"},
        {"AWS_ENDPOINT_URL": "nonsense"},
        {"AWS_ENDPOINT_URL_BEDROCK": "nonsense", "AWS_ENDPOINT_URL_BEDROCK_MANTLE": "https://"},
        {
            "HTTPS_PROXY": "nonsense://",
            "https_proxy": "nonsense://",
            "NO_PROXY": "",
            "no_proxy": "",
        },
    ],
    ids=",".join,
)
def test_settings_of_aws_that_make_no_sense_leave_a_key_unverified(
    files: Path, credentials: dict[str, str], settings: dict[str, str]
) -> None:
    environment = {**credentials, **settings}
    arguments = ("--format", "json", "--allowed-account-ids", ACCOUNT, ".")
    done = guard("respond", *arguments, cwd=files, env=environment, hurried=True)
    assert (done.returncode, said(done)) == (1, "")
    assert verdicts(report_of(done)) == ["unverified"]


def test_a_portal_in_front_of_everything_leaves_a_key_unverified(
    files: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(html(), times=None)
    sandbox.bedrock.faults.add(html(), times=None)
    done = guard("respond", "--format", "json", ".", cwd=files, env=credentials, hurried=True)
    assert (done.returncode, said(done)) == (1, "")
    assert verdicts(report_of(done)) == ["unverified"]
