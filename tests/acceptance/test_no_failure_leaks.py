"""Let everything fail that can, and look for pieces of keys in all that was written.

The fixture `scene` looks, when the test is over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from queue import SimpleQueue

import pytest

from sandbox.base.faults import (
    ACCESS_DENIED,
    THROTTLED,
    UNAVAILABLE,
    Answer,
    Drop,
    Fault,
    NamePrincipal,
    ServiceError,
    html,
)
from sandbox.github.github_server import GitHubServer
from tests.jobs import ACCOUNT, Done
from tests.needles import secret_parts
from tests.scenes import Scene
from tests.sweeps import sweep
from tests.traps import ambush

STORE = "secretsmanager:bedrock/leaked"
BEFORE_A_RESET = b"A reset cannot be undone"


def secret_of(key: str) -> str:
    return secret_parts(key)[0]


AWS_STAGES = (
    "sts:GetCallerIdentity",
    "iam:ListServiceSpecificCredentials",
    "iam:GetAccessKeyLastUsed",
    "iam:UpdateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "secretsmanager:PutSecretValue",
    "secretsmanager:CreateSecret",
)
WRITES = ("iam:UpdateServiceSpecificCredential", "secretsmanager:PutSecretValue")
AWS_FAULTS: Mapping[str, Fault] = {
    "cut off": Drop(),
    "a portal's page": html(),
}


@pytest.mark.parametrize("fault", AWS_FAULTS.values(), ids=AWS_FAULTS.keys())
@pytest.mark.parametrize("stage", sweep(AWS_STAGES, quick=lambda stage: stage in WRITES))
def test_no_failure_of_aws_tells_a_key(scene: Scene, stage: str, fault: Fault) -> None:
    scene.sandbox.aws_faults.add(fault, on=stage, times=None)
    fails_as_planned(scene.note(scene.job().run(respond="reset", reset_store=STORE)))


def test_no_denial_tells_a_key(scene: Scene) -> None:
    scene.sandbox.aws_faults.add(ACCESS_DENIED, on="iam:Update*", times=None)
    fails_as_planned(scene.note(scene.job().run()))


@pytest.mark.parametrize("quoted", [str, secret_of], ids=["the key", "the secret"])
def test_a_store_that_quotes_the_new_key_in_its_error_tells_it_to_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, quoted: Callable[[str], str]
) -> None:
    def quote_it() -> Fault:
        return ServiceError(400, "ValidationException", f"{quoted(scene.new_key())} is too long")

    # The first write is the check, before the reset.
    wanted = "secretsmanager:PutSecretValue"
    ambush(monkeypatch, scene.sandbox.aws_faults, lambda a: a == wanted, quote_it, after=1)
    done = scene.note(scene.job().run(respond="reset", reset_store=STORE))
    fails_as_planned(done)
    assert b"ValidationException" in done.stdout


BEDROCK_FAULTS: Mapping[str, Callable[[str], Fault]] = {
    "cut off": lambda _: Drop(),
    "throttled": lambda _: THROTTLED,
    "unavailable": lambda _: UNAVAILABLE,
    "a page that quotes": lambda key: Answer(502, f"<html>Authorization: Bearer {key}</html>"),
    "a model list that quotes": lambda key: Answer(200, f'{{"modelSummaries": ["{key}"]}}'),
    "a refusal that quotes": lambda key: Answer(403, f'{{"Message": "{key} is not valid"}}'),
    "a refusal that decodes": lambda key: Answer(403, f'{{"Message": "{secret_of(key)}?"}}'),
    "a denial that quotes": lambda key: NamePrincipal(f"arn:aws:iam::{ACCOUNT}:user/{key}"),
    "a redirect that quotes": lambda key: Answer(302, "", (("Location", f"https://{key}"),)),
    "a header that quotes": lambda key: Answer(200, key, (("Content-Encoding", key),)),
    "a status without sense": lambda key: Answer(418, key),
}


@pytest.mark.parametrize("name", sweep(BEDROCK_FAULTS, quick=lambda name: "that quotes" in name))
def test_no_failure_of_bedrock_tells_a_key(scene: Scene, name: str) -> None:
    fault = BEDROCK_FAULTS[name](scene.keys["the live key"])
    scene.sandbox.bedrock.faults.add(fault, times=None)
    fails_as_planned(scene.note(scene.job().run()))


GITHUB_FAULTS: Mapping[str, Callable[[GitHubServer], None]] = {
    "silent": lambda github: github.faults.drop(times=99),
    "broken": lambda github: github.faults.server_error(times=99),
    "refusing": lambda github: github.faults.refuse(403, "No.", times=99),
    "issues refused": lambda github: github.faults.refuse(422, "No.", path="issues", times=99),
    "limited": lambda github: github.faults.secondary_rate_limit(times=99),
}


@pytest.mark.parametrize("arrange", GITHUB_FAULTS.values(), ids=GITHUB_FAULTS.keys())
def test_no_failure_of_github_tells_a_key(
    scene: Scene, arrange: Callable[[GitHubServer], None]
) -> None:
    arrange(scene.github)
    done = scene.note(scene.job().run())
    fails_as_planned(done)
    assert b"An issue could not be written" in done.stdout


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"GITHUB_OUTPUT": "/dev/full"}, 4),
        ({"GITHUB_STEP_SUMMARY": "/dev/full"}, 4),
        ({"GITHUB_OUTPUT": "/nowhere/outputs"}, 4),
        ({"GITHUB_EVENT_PATH": "/proc/self/mem"}, 1),
        ({"TMPDIR": "/proc/self", "TEMP": "/proc/self"}, 1),
        ({"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}, 1),
        ({"HOME": "/dev/null"}, 1),
    ],
    ids=str,
)
def test_no_broken_disk_of_a_runner_tells_a_key(
    scene: Scene, settings: dict[str, str], code: int
) -> None:
    fails_as_planned(scene.note(scene.job(**settings).run()), code)


@pytest.mark.parametrize("ledger", ["/dev/full", "/dev/null/ledger", "/proc/self/mem"])
def test_no_broken_disk_under_the_ledger_tells_a_key(scene: Scene, ledger: str) -> None:
    done = scene.command("respond", "--ledger", ledger, ".")
    fails_as_planned(done)
    assert scene.sandbox.writes() == ()


@pytest.mark.parametrize(("command", "found"), [("scan --format json .", 1), ("explain", 0)])
@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ("{} >/dev/full", 4),
        ("{} >&-", None),
        ("{} 2>&-", None),
        ("{} 2>/dev/full", None),
        ("{} | true; exit ${{PIPESTATUS[0]}}", None),
    ],
)
def test_no_broken_pipe_or_full_disk_tells_a_key(
    scene: Scene, command: str, found: int, shell: str, code: int | None
) -> None:
    run = shell.format(f"{sys.executable} -I -m bedrock_key_guard {command}")
    done = scene.note(
        subprocess.run(
            ["bash", "-c", run],
            cwd=scene.tree,
            env=scene.environment,
            input=scene.keys["the live key"].encode(),
            capture_output=True,
            check=False,
        )
    )
    assert done.returncode == (found if code is None else code)
    assert len(done.stderr.splitlines()) == (0 if code is None else 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("stage", ["bedrock:ListFoundationModels", "iam:Update*", "GitHub"])
def test_no_interruption_tells_a_key(
    scene: Scene, stage: str, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: SimpleQueue[int] = SimpleQueue()

    def interrupt() -> None:
        os.killpg(started.get(timeout=60), number)

    if stage == "GitHub":
        ambush(monkeypatch, scene.github.faults, lambda _: True, interrupt)
    elif stage.startswith("bedrock"):
        ambush(monkeypatch, scene.sandbox.bedrock.faults, lambda a: a == stage, interrupt)
    else:
        update = "iam:UpdateServiceSpecificCredential"
        ambush(monkeypatch, scene.sandbox.aws_faults, lambda a: a == update, interrupt)
    process = scene.job().start()
    started.put(process.pid)
    stdout, stderr = process.communicate(timeout=60)
    scene.note(subprocess.CompletedProcess([], process.returncode, stdout, stderr))
    assert b"Traceback" not in stderr
    assert process.returncode == (130 if number == signal.SIGINT else -number), stderr


def fails_as_planned(done: Done, code: int = 1) -> None:
    """Check that the failure was noticed; if it ends the run, one annotation says so."""
    assert done.returncode == code, done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith(BEFORE_A_RESET)]
    assert [line.startswith(b"::error ") for line in said] == ([] if code == 1 else [True]), said
