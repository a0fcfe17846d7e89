"""Run the guard as a person does, and as a runner of GitHub Actions does with action.yml's steps.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/variables and
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (`shell: bash`).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.github.github_server import GitHubServer
from tests import doors
from tests.doors import git, warm

ACCOUNT = "111122223333"
STRANGER = "210987654321"
REPOSITORY = "acme/app"
ROOT = Path(__file__).parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
(_STEP,) = ACTION["runs"]["steps"]
HURRIED = doors.HURRIED
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
BASH = (shutil.which("bash") or "bash", "--noprofile", "--norc", "-eo", "pipefail")

Done = subprocess.CompletedProcess[bytes]


_ASKING = (("respond",), ("restore",), ("lift",))


def guard(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    hurried: bool = True,
) -> Done:
    """Run the command as a script does: nobody is asked.

    `hurried`, it sits no waiting out, and need not import what it needs.
    """
    if arguments[:1] in _ASKING and "--dry-run" not in arguments:
        arguments = (arguments[0], "--yes", *arguments[1:])
    start = warm() if hurried else (sys.executable, "-I", "-m", "bedrock_key_guard")
    return _run([*start, *arguments], cwd, env, stdin)


def said(done: Done) -> str:
    """Return what a process told people."""
    return done.stderr.decode("utf-8", "backslashreplace")


def explained(done: Done, code: int, *words: str) -> None:
    """Check that there is one sentence and a remedy, and nothing else."""
    lines = said(done).splitlines()
    assert done.returncode == code, lines
    assert len(lines) == 2, lines
    assert lines[0].startswith("bedrock-key-guard: ")
    assert lines[0].endswith(".")
    assert lines[1].startswith("  ")
    assert lines[1].strip().endswith((".", "`"))
    for word in words:
        assert word in " ".join(lines)
    assert done.stdout == b""


def annotated(done: Done, code: int, *words: str) -> None:
    """Check that a step ends with one error, shown beside the run, and nothing else."""
    (line,) = said(done).splitlines()
    assert (done.returncode, done.stdout) == (code, b"")
    assert line.startswith("::error title=Bedrock Key Guard::")
    assert line.endswith((".", "`"))
    for word in words:
        assert word in line


def report_of(done: Done) -> dict[str, Any]:
    """Return the JSON report of a command."""
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def verdicts(report: Mapping[str, Any]) -> list[str | None]:
    """Return the state of each incident's verdict."""
    return [(incident["verdict"] or {}).get("state") for incident in report["incidents"]]


def push(visibility: str = "private") -> dict[str, Any]:
    """Return what matters here of the event of a push."""
    private = visibility != "public"
    return {
        "ref": "refs/heads/main",
        "repository": {"full_name": REPOSITORY, "private": private, "visibility": visibility},
    }


def pull_request(head: str) -> dict[str, Any]:
    """Return the event of a pull request from the repository `head`."""
    return {
        **push("public"),
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"ref": "change", "sha": "1" * 40, "repo": {"full_name": head}},
            "base": {"ref": "main", "sha": "2" * 40, "repo": {"full_name": REPOSITORY}},
        },
    }


def checked_out(folder: Path) -> tuple[str, bool]:
    """Return the commit that a folder has checked out, and if it is empty; one is made for none.

    Nothing that the folder asks Git to run is run.
    """
    known = git("rev-parse", "HEAD", "HEAD^{tree}", cwd=folder)
    if known.returncode == 0:
        commit, tree = known.stdout.split()
        return commit, tree == EMPTY_TREE
    _plumb(folder, "init", "--quiet")
    tree = _plumb(folder, "hash-object", "-t", "tree", "-w", os.devnull)
    commit = _plumb(folder, "commit-tree", tree, "-m", "Begin")
    _plumb(folder, "update-ref", "HEAD", commit)
    return commit, True


def _plumb(folder: Path, *arguments: str) -> str:
    done = git("-c", f"core.hooksPath={os.devnull}", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Host:
    """Be a machine that runs jobs in `workspace`; what they write is in `folder`.

    `secrets` are the AWS settings that an earlier step of the job has put into the environment.
    """

    workspace: Path
    folder: Path
    github: GitHubServer
    secrets: Mapping[str, str] = field(default_factory=dict)

    def job(
        self,
        name: str = "job",
        settings: Mapping[str, str] | None = None,
        *,
        event: Mapping[str, Any] | None = None,
        event_name: str = "push",
        python: Sequence[str] = HURRIED,
    ) -> Job:
        """Prepare a job that an event starts, with `settings` in its environment.

        A workspace without a commit gets an empty one, and what is in it is read as files.
        """
        commit, files_alone = checked_out(self.workspace)
        folder = self.folder / name
        for each in ("home", "tmp", "runner"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        payload = push() if event is None else event
        (folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        environment = {
            **os.environ,
            **self.secrets,
            "GITHUB_ACTION": "__acme_bedrock-key-guard",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ACTOR": "octocat",
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "outputs"),
            "GITHUB_JOB": "guard",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": self.github.server_url,
            "GITHUB_SHA": commit,
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(folder / "home"),
            "RUNNER_TEMP": str(folder / "runner"),
            "TMPDIR": str(folder / "tmp"),
            **(settings or {}),
        }
        token = self.github.add_actions_token(REPOSITORY)
        scan = "tree" if files_alone else "auto"
        return Job(self.workspace, folder, environment, token, tuple(python), scan)


@dataclass(frozen=True, slots=True)
class Job:
    """Run the step of action.yml.

    `python` starts a Python that has the guard's libraries, so that none are installed; where it is
    empty, the step takes the first one on PATH without them, as it does on a runner.
    """

    workspace: Path
    folder: Path
    environment: dict[str, str]
    token: str
    python: tuple[str, ...]
    scan: str = "auto"

    def run(self, **inputs: str) -> Done:
        """Run the step."""
        python = warm() if self.python == HURRIED else self.python
        return _run(self.command(), self.workspace, self.step_environment(inputs, python), b"")

    def start(self, **inputs: str) -> subprocess.Popen[bytes]:
        """Start the step in a process group of its own."""
        return subprocess.Popen(
            self.command(),
            cwd=self.workspace,
            env=self.step_environment(inputs, self.python),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def command(self) -> list[str]:
        """Return how a runner starts the step."""
        script = self.folder / "step.sh"
        script.write_text(_STEP["run"], encoding="utf-8")
        return [*BASH, str(script)]

    def step_environment(
        self, inputs: Mapping[str, str], python: Sequence[str] = ()
    ) -> dict[str, str]:
        """Return the environment of the step, with inputs as a runner gives them."""
        values = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
        values["scan"] = self.scan
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in values.items()}
        resolved = {n: expressions.get(text, text) for n, text in _STEP["env"].items()}
        given = {"${{ github.token }}": self.token}
        environment = self.environment | {n: given.get(v, v) for n, v in resolved.items()}
        if python:
            launcher = equipped_python(self.folder / "python", python)
            environment["PATH"] = f"{launcher}{os.pathsep}{environment['PATH']}"
        return environment

    @property
    def temp(self) -> Path:
        """Return the folder that the last run has made for its own files."""
        made = Path(self.environment["RUNNER_TEMP"]).glob("bedrock-key-guard.*")
        return max(made, key=lambda path: path.stat().st_mtime_ns)

    def file(self, kind: str, ending: str) -> Path:
        """Return one of those files, which the last run has left."""
        return self.temp / f"{kind}-4711-1-guard-__acme_bedrock-key-guard.{ending}"

    @property
    def report(self) -> dict[str, Any]:
        """Return the report that the job has left."""
        report: dict[str, Any] = json.loads(self.file("report", "json").read_text("utf-8"))
        return report

    @property
    def outputs(self) -> dict[str, str]:
        """Return the outputs as the runner reads them: `name<<delimiter`, lines, delimiter."""
        lines = iter(Path(self.environment["GITHUB_OUTPUT"]).read_text("utf-8").splitlines())
        outputs = {}
        for line in lines:
            name, _, delimiter = line.partition("<<")
            outputs[name] = "\n".join(iter(lambda: next(lines), delimiter))
        return outputs

    @property
    def summary(self) -> str:
        """Return the page that the job has written."""
        return Path(self.environment["GITHUB_STEP_SUMMARY"]).read_text("utf-8")


def equipped_python(folder: Path, python: Sequence[str] = (sys.executable,)) -> Path:
    """Put into `folder` a Python that sees what is installed, and return the folder."""
    hurried = str(doors.HURRY) in python
    launched = ["bedrock_key_guard.action"] if hurried else ["-I"]
    arguments = "" if hurried else '"${@:3}"'
    body = f'[ "$2" = -S ] || exec {shlex.quote(sys.executable)} "$@"\n'
    body += f"exec {shlex.join([*python, *launched])} {arguments}\n"
    folder.mkdir(parents=True, exist_ok=True)
    launcher = folder / "python3"
    launcher.write_text(f"#!/bin/bash\n{body}", encoding="utf-8")
    launcher.chmod(0o755)
    return folder


def _run(command: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bytes) -> Done:
    return subprocess.run(
        command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=120, check=False
    )
