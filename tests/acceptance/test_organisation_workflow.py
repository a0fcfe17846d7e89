"""The documented workflow of a sweep runs as it is, under a real runner, with a matrix of four."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acting import ACT
from tests.doors import git
from tests.jobs import ACCOUNT, HURRIED
from tests.leaks import status
from tests.organisations import CENTRAL, OWNER, Hub, organisation
from tests.workflows import WORKFLOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.front.sandbox import Sandbox

pytestmark = pytest.mark.long

SHARDS = 4
# What stands for the actions of others: each does with the files of this machine what they do.
STAND_INS = {
    "actions/setup-python": (("python-version",), "true", ()),
    "actions/create-github-app-token": (
        *(("client-id", "private-key", "owner", "permission-contents", "permission-metadata"),),
        *('echo "token=$READER_TOKEN" >> "$GITHUB_OUTPUT"', ("token",)),
    ),
    "actions/upload-artifact": (
        *(("name", "path", "retention-days"),),
        *('mkdir -p "$STORE/$NAME" && cp $PATHS "$STORE/$NAME/"', ()),
    ),
    "actions/download-artifact": (*(("name", "merge-multiple"), 'cp "$STORE"/${NAME:-*}/* .', ()),),
    "aws-actions/configure-aws-credentials": (
        *(("role-to-assume", "aws-region"), 'cat "$SETTINGS" >> "$GITHUB_ENV"', ()),
    ),
}
SHIM = """\
#!/bin/sh
echo "$2 $(env | sed 's/=.*//' | sort | tr '\\n' ' ')" >> "$STORE/../invocations"
exec {command} "$@"
"""


def stand_in(folder: Path, inputs: tuple[str, ...], run: str, outputs: tuple[str, ...]) -> Path:
    folder.mkdir(parents=True)
    named = {"NAME": "${{ inputs.name }}", "PATHS": "${{ inputs.path }}"}
    step = {"id": "step", "shell": "bash", "env": named, "run": run}
    action = {
        "name": "Stand-in",
        "inputs": {name: {"required": False} for name in inputs},
        "outputs": {name: {"value": f"${{{{ steps.step.outputs.{name} }}}}"} for name in outputs},
        "runs": {"using": "composite", "steps": [step]},
    }
    (folder / "action.yml").write_text(json.dumps(action), encoding="utf-8")
    return folder


def tools(folder: Path) -> Path:
    """Make a `pip` that has nothing to do, and a command that writes down what it is given."""
    folder.mkdir()
    words = " ".join(map(str, HURRIED))
    for name, text in (("pip", "#!/bin/sh\n"), ("bedrock-key-guard", SHIM.format(command=words))):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def hub(tmp_path: Path, sandbox: Sandbox, home: Path) -> Iterator[Hub]:
    with organisation(tmp_path, sandbox) as lent:
        lent.add_central()
        yield lent


def run(
    hub: Hub, aws: Mapping[str, str], *, private: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the workflow as an operator has saved it, with four shards."""
    text = (WORKFLOWS / "organisation.yml").read_text(encoding="utf-8")
    workspace, store = hub.folder / "workspace", hub.folder / "store"
    (workspace / ".github/workflows").mkdir(parents=True)
    store.mkdir()
    saved = workspace / ".github/workflows/organisation.yml"
    saved.write_text(text.replace('SHARDS: "20"', f'SHARDS: "{SHARDS}"'), encoding="utf-8")
    origin = f"https://github.com/{CENTRAL}.git"
    for words in (
        ("init",),
        ("add", "--all"),
        ("commit", "--message=Sweep"),
        ("remote", "add", "origin", origin),
    ):
        git(*words, cwd=workspace)
    used = dict(re.findall(r"uses: ([\w/-]+)@([0-9a-f]{40})", text))
    local = {
        f"{name}@{used[name]}": stand_in(hub.folder / "actions" / name, *made)
        for name, made in STAND_INS.items()
    }
    settings = hub.folder / "aws"
    settings.write_text("".join(f"{n}={v}\n" for n, v in aws.items()), encoding="utf-8")
    given = {name: hub.environment[name] for name in ("GITHUB_API_URL", "GITHUB_SERVER_URL")}
    given |= {"READER_TOKEN": hub.environment["GITHUB_TOKEN"], "STORE": str(store)}
    given["SETTINGS"] = str(settings)
    variables = hub.folder / "variables"
    variables.write_text("".join(f"{n}={v}\n" for n, v in given.items()), encoding="utf-8")
    event = hub.folder / "event.json"
    repository = {"private": private, "full_name": CENTRAL, "owner": {"login": OWNER}}
    event.write_text(json.dumps({"repository": repository}), encoding="utf-8")
    token = hub.server.add_actions_token(CENTRAL)
    options = {
        "platform": "ubuntu-latest=-self-hosted",
        "workflows": ".github/workflows/organisation.yml",
        "eventpath": event,
        "env-file": variables,
        "secret-file": os.devnull,
        "var-file": os.devnull,
        "input-file": os.devnull,
        "secret": f"GITHUB_TOKEN={token}",
    }
    path = [tools(hub.folder / "tools"), Path(sys.executable).parent, os.environ["PATH"]]
    return subprocess.run(
        [
            *(str(ACT), "workflow_dispatch", "--no-cache-server"),
            *(f"--{name}={value}" for name, value in options.items()),
            *(f"--local-repository={name}={folder}" for name, folder in local.items()),
        ],
        cwd=workspace,
        env={"HOME": str(hub.folder), "PATH": os.pathsep.join(map(str, path))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def leaks(key: str, text: str) -> bool:
    return any(key[at : at + 12] in text for at in range(4, len(key) - 12))


def test_shards_hold_no_credential_and_no_file_or_log_holds_a_key(
    hub: Hub, sandbox: Sandbox
) -> None:
    keys = [sandbox.make_long_term_key(ACCOUNT, f"user-{number}") for number in range(3)]
    for number in range(10):
        held = f"KEY={keys[number % 3].key}\n" if number < 6 else ""
        hub.add(f"app-{number}", **{"settings.env": held})
    done = run(hub, sandbox.environment(ACCOUNT))
    assert "Job failed" in done.stdout, done.stdout + done.stderr  # for there were keys
    lines = (hub.folder / "invocations").read_text("utf-8").splitlines()
    steps = [(line.split()[0], set(line.split()[1:])) for line in lines]
    assert sorted(step for step, _ in steps) == ["plan", "reduce", *["scan"] * SHARDS]
    for step, names in steps:
        holds = {name for name in names if name.startswith(("AWS_", "ACTIONS_ID_TOKEN"))}
        assert bool(holds) is (step == "reduce"), (step, holds)
    assert {status(sandbox, key) for key in keys} == {"Inactive"}
    assert len(hub.server.issues(CENTRAL)) == 3
    written = "".join(file.read_text("utf-8") for file in (hub.folder / "store").rglob("*.json*"))
    assert written.count('"fingerprint"') == 6
    everything = done.stdout + done.stderr + written + json.dumps(hub.server.issues(CENTRAL))
    assert not any(leaks(key.key, everything) for key in keys)


def test_nothing_is_read_where_the_central_repository_is_public(hub: Hub) -> None:
    # How this runner ends is its own: it cannot read the matrix of a job that is skipped.
    run(hub, {}, private=False)
    assert not (hub.folder / "invocations").exists()
    assert list((hub.folder / "store").iterdir()) == []
