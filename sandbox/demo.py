"""Show the whole way on one machine: a leaked key is found, proven live, made dead and reported.

    python -m sandbox.demo

AWS, Bedrock and GitHub are the sandbox's, on loopback. The guard runs as its GitHub Action would,
twice. What it left is in build/demo. Exits 0 where everything ended as it should.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from rich.console import Console
from rich.table import Table

from sandbox.aws import Sandbox
from sandbox.github import GitHubServer
from sandbox.story import HOME, STRANGER, Leak, leak_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "demo"
REPOSITORY = "acme/shop"


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run of the Action gave."""

    exit_code: int
    seconds: float
    report: dict[str, Any]


def main() -> int:
    """Tell the story, and check its end."""
    console = Console(width=118, highlight=False)
    shutil.rmtree(FOLDER, ignore_errors=True)
    repository = FOLDER / "repository"
    with Sandbox((HOME, STRANGER)) as sandbox, GitHubServer() as github:
        github.add_repository(REPOSITORY, visibility="private")
        token = github.add_actions_token(REPOSITORY)
        leaks, healthy = leak_keys(sandbox, repository)
        before = {leak.name: _standing(sandbox, leak) for leak in leaks}
        first = _run_action(sandbox, github, token, repository, "first")
        writes, issues = sandbox.writes(), github.issues(REPOSITORY)
        after = {leak.name: _standing(sandbox, leak) for leak in leaks}
        second = _run_action(sandbox, github, token, repository, "second")
        console.print(_table(leaks, before, after, first))
        _write("report.json", first.report)
        _write("issues.json", issues)
        checks = [
            *_checks(sandbox, leaks, first, healthy),
            ("one credential was changed, once", len(writes) == len(sandbox.writes()) == 1),
            ("one issue for each key that people must act on", len(issues) == 2),
            ("the second run opened none", len(github.issues(REPOSITORY)) == len(issues)),
        ]
    for what, holds in checks:
        console.print(f"  {'[green]yes' if holds else '[bold red]NO '}[/]  {what}")
    console.print(
        f"\nThe first run took {first.seconds:.1f} s, the second {second.seconds:.1f} s. "
        f"In {FOLDER.relative_to(ROOT)}: report.json, issues.json, and the log and the job summary "
        "of each run."
    )
    return 0 if all(holds for _, holds in checks) else 1


def _run_action(
    sandbox: Sandbox, github: GitHubServer, token: str, repository: Path, name: str
) -> Run:
    """Run what action.yml runs, as a push to the repository would."""
    temporary = FOLDER / name
    temporary.mkdir(parents=True)
    event = {"repository": {"full_name": REPOSITORY, "private": True, "visibility": "private"}}
    (temporary / "event.json").write_text(json.dumps(event), encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary),
        **sandbox.environment(HOME),
        "GITHUB_API_URL": github.api_url,
        "GITHUB_SERVER_URL": github.server_url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(temporary / "event.json"),
        "GITHUB_SHA": _head(repository),
        "GITHUB_RUN_ID": "1",
        "GITHUB_OUTPUT": str(temporary / "outputs.txt"),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
        "RUNNER_TEMP": str(temporary),
        "INPUT_GITHUB_TOKEN": token,
    }
    started = time.monotonic()
    with (temporary / "log.txt").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "bedrock_key_guard", "action"],
            cwd=repository,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    seconds = time.monotonic() - started
    report = temporary / "bedrock-key-guard" / "report.json"
    if not report.is_file():
        sys.exit(f"The guard wrote no report; see {temporary / 'log.txt'}.")
    return Run(done.returncode, seconds, json.loads(report.read_text(encoding="utf-8")))


def _head(repository: Path) -> str:
    head = ["git", "-C", str(repository), "rev-parse", "HEAD"]
    return subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()


def _standing(sandbox: Sandbox, leak: Leak) -> str:
    """Say how a key stands by Bedrock's own answer and by IAM's."""
    answer = "accepted" if _accepts(sandbox, leak.key) else "refused"
    if leak.credential_id is None:
        return answer
    return f"{answer}, {sandbox.credential_status(leak.account_id, leak.credential_id)}"


def _accepts(sandbox: Sandbox, key: str) -> bool:
    answer = requests.get(
        f"{sandbox.bedrock.url}/foundation-models",
        headers={"Authorization": f"Bearer {key}"},
        verify=str(sandbox.bedrock.ca_bundle),
        proxies={"https": ""},
        timeout=10,
    )
    return bool(answer.status_code == requests.codes.ok)


def _table(leaks: Sequence[Leak], before: dict[str, str], after: dict[str, str], run: Run) -> Table:
    table = Table(title="Six leaked keys, before and after one run of the guard")
    for heading in ("leaked key", "in", "before", "verdict", "response", "after", "issue"):
        table.add_column(heading, overflow="fold")
    incidents = {incident["fingerprint"]: incident for incident in run.report["incidents"]}
    for leak in leaks:
        found = incidents[leak.fingerprint]
        outcome = found["outcome"]
        done = f"{outcome['action']}: {outcome['state']}"
        if outcome["seconds_to_dead"] is not None:
            done += f", dead in {outcome['seconds_to_dead']} s"
        table.add_row(
            leak.name,
            f"{len(leak.paths)} files" if len(leak.paths) > 1 else leak.paths[0],
            before[leak.name],
            found["verdict"]["state"],
            done,
            after[leak.name],
            f"#{found['issue_url'].rpartition('/')[2]}" if found["issue_url"] else "",
        )
    return table


def _checks(
    sandbox: Sandbox, leaks: Sequence[Leak], run: Run, healthy: str
) -> Iterator[tuple[str, bool]]:
    incidents = {incident["fingerprint"]: incident for incident in run.report["incidents"]}
    verdicts = {leak.name: incidents[leak.fingerprint]["verdict"]["state"] for leak in leaks}
    yield "every verdict is right", all(verdicts[leak.name] == leak.expected for leak in leaks)
    yield (
        "every place was found",
        all(
            {place["path"] for place in incidents[leak.fingerprint]["locations"]} == set(leak.paths)
            for leak in leaks
        ),
    )
    yield "the live key is dead by Bedrock's own answer", not _accepts(sandbox, leaks[0].key)
    yield "the key that the forged one names is still accepted", _accepts(sandbox, healthy)
    yield (
        "IAM says of every credential what it should",
        all(
            sandbox.credential_status(leak.account_id, leak.credential_id) == leak.status_after
            for leak in leaks
            if leak.credential_id
        ),
    )


def _write(name: str, document: object) -> None:
    text = json.dumps(document, indent=2) + "\n"
    (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
