"""Run the Action's own step on a clean push, as a runner does, beside the scan that is in it."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.contenders import COMMAND, ROOT, Bench, Contender
from benchmarks.planting import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")


def checked_out(folder: Path) -> Path:
    """Return a clone of this repository with its files, as a job has it."""
    repository = folder / "checkout"
    shutil.rmtree(repository, ignore_errors=True)
    git(folder, "clone", "--quiet", "--local", str(ROOT), str(repository))
    return repository


def action(bench: Bench, repository: Path) -> list[Contender]:
    """Scan what the last commit added and then the files: by two commands, and by the step."""
    before, after = git(repository, "rev-parse", "HEAD~1", "HEAD").split()
    scan = bench.guard(COMMAND, "scan", "--format", "json", ".")
    commands = ([*scan, "--range", f"{before}..{after}"], scan)
    script = " && ".join(shlex.join(map(str, each)) for each in commands)
    (step,) = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    runner = bench.folder / "runner"
    runner.mkdir(exist_ok=True)
    event = json.dumps({"before": before, "after": after, "ref": "refs/heads/main"})
    (runner / "event.json").write_text(event, encoding="utf-8")
    job = bench.job([*_BASH, step["run"]], repository)
    given = {**bench.environment, **_inputs(step), **_github(runner, repository, after)}
    return [
        Contender(
            "the same scan by hand",
            bench.job([*_BASH, script], repository),
            plants=(),
            is_floor=True,
        ),
        Contender(
            "the step of the Action", replace(job, environment=given), plants=(), is_ours=True
        ),
    ]


def _inputs(step: Mapping[str, Any]) -> dict[str, str]:
    """Return the inputs as a workflow gives them that names none."""
    known = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    defaults = {f"${{{{ inputs.{name} }}}}": str(each["default"]) for name, each in known.items()}
    return {name: defaults.get(text, "") for name, text in step["env"].items()}


def _github(runner: Path, repository: Path, commit: str) -> dict[str, str]:
    """Return what a runner says of a push."""
    return {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(runner / "event.json"),
        "GITHUB_OUTPUT": str(runner / "outputs"),
        "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_SHA": commit,
        "GITHUB_STEP_SUMMARY": str(runner / "summary"),
        "GITHUB_WORKSPACE": str(repository),
        "RUNNER_TEMP": str(runner),
    }
