"""Show the whole way on one machine: a leaked key is found, proven live, made dead and reported.

    python -m sandbox.demo [PICTURE]

AWS, Bedrock and GitHub are the sandbox's, on loopback. The guard runs as its GitHub Action would,
twice. What it left is in build/demo, with a picture of what is printed, or else that is in PICTURE.
Exits 0 where everything ended as it should.
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

from rich import box
from rich.console import Console
from rich.table import Table

from sandbox.demo.picture import Row, draw
from sandbox.demo.story import HOME, STRANGER, Leak, leak_keys
from sandbox.front.job import ACTION, REPOSITORY, job_environment, open_repository
from sandbox.front.leaks import git
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "demo"
WIDTH = 80
FOUND = 1  # the exit code for findings
RESPONSES = {
    "disable: done": "disabled",
    "manual: refused": "left to people",
    "nothing: not-needed": "none needed",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run of the Action gave."""

    seconds: float
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """Hold what happened: how each key stood before and after, and what had to come true."""

    leaks: Sequence[Leak]
    before: dict[str, str]
    after: dict[str, str]
    runs: tuple[Run, Run]
    checks: Sequence[tuple[str, bool]]


def main(picture: Path = FOLDER / "demo.svg") -> int:
    """Tell the story, draw it, and check its end."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    if sys.stderr.isatty():
        print("Six keys are leaked, and the guard runs twice ...", file=sys.stderr)
    with Sandbox((HOME, STRANGER)) as sandbox, GitHubServer() as github:
        story = _play(sandbox, github)
    console = Console(width=WIDTH, highlight=False)
    rows = _rows(story)
    console.print(_table(rows))
    picture.write_text(draw(rows, story.checks), encoding="utf-8")
    for what, holds in story.checks:
        console.print(f"  {'[green]yes' if holds else '[bold red]NO '}[/]  {what}")
    first, second = (f"{run.seconds:.1f} s" for run in story.runs)
    summary = FOLDER.relative_to(ROOT) / "first" / "summary.md"
    console.print(f"\nThe two runs took {first} and {second}.")
    console.print(f"Look next at what people are told: {summary}")
    return 0 if all(holds for _, holds in story.checks) else 1


def _play(sandbox: Sandbox, github: GitHubServer) -> Story:
    """Leak the keys, run the guard twice, and keep what it reported."""
    repository = FOLDER / "repository"
    token = open_repository(github)
    leaks, healthy = leak_keys(sandbox, repository)
    before = {leak.name: _standing(sandbox, leak) for leak in leaks}
    first = _run_action(sandbox, github, token, repository, "first")
    writes, issues = sandbox.writes(), github.issues(REPOSITORY)
    after = {leak.name: _standing(sandbox, leak) for leak in leaks}
    second = _run_action(sandbox, github, token, repository, "second")
    _write("report.json", first.report)
    _write("issues.json", issues)
    checks = (
        *_checks(sandbox, leaks, first, healthy),
        ("one credential was changed, once", len(writes) == len(sandbox.writes()) == 1),
        ("one issue for each key that people must act on", len(issues) == 2),
        ("the second run opened none", len(github.issues(REPOSITORY)) == len(issues)),
    )
    return Story(leaks, before, after, (first, second), checks)


def _run_action(
    sandbox: Sandbox, github: GitHubServer, token: str, repository: Path, name: str
) -> Run:
    """Run what action.yml runs, as a push to the repository would."""
    temporary = FOLDER / name
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary),
        **sandbox.environment(HOME),
        **job_environment(github, token, temporary),
        "GITHUB_SHA": git(repository, "rev-parse", "HEAD"),
    }
    started = time.monotonic()
    with (temporary / "log.txt").open("wb") as log:
        done = subprocess.run(
            ACTION,
            cwd=repository,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    seconds = time.monotonic() - started
    if done.returncode != FOUND:
        sys.exit(f"The guard ended with {done.returncode}; see {temporary / 'log.txt'}.")
    (report,) = temporary.glob("bedrock-key-guard.*/report*.json")
    return Run(seconds, json.loads(report.read_text(encoding="utf-8")))


def _standing(sandbox: Sandbox, leak: Leak) -> str:
    """Say how a key stands by Bedrock's own answer and, below, by IAM's."""
    answer = "accepted" if sandbox.accepts(leak.key) else "refused"
    status = _status(sandbox, leak)
    return answer if status is None else f"{answer}\n{status}"


def _status(sandbox: Sandbox, leak: Leak) -> str | None:
    named = leak.credential
    if named is None:
        return None
    return sandbox.credential_status(named.account_id, named.credential_id)


def _rows(story: Story) -> list[Row]:
    incidents = _by_fingerprint(story.runs[0])
    return [_row(story, leak, incidents[leak.fingerprint]) for leak in story.leaks]


def _row(story: Story, leak: Leak, found: dict[str, Any]) -> Row:
    return Row(
        name=leak.name,
        where=f"in {len(leak.paths)} files" if leak.paths[1:] else leak.paths[0],
        before=story.before[leak.name],
        verdict=found["verdict"]["state"],
        response=_response(found["outcome"]),
        after=story.after[leak.name],
        issue=f"#{found['issue_url'].rpartition('/')[2]}" if found["issue_url"] else "",
    )


def _table(rows: Sequence[Row]) -> Table:
    table = Table(
        title="Six leaked keys, before and after one run of the guard",
        title_justify="left",
        caption="Before and after: what Bedrock answers to the key, and what IAM calls it.\n",
        caption_justify="left",
        box=box.HORIZONTALS,
        show_lines=True,
        pad_edge=False,
    )
    for heading in ("leaked key", "before", "verdict", "response", "after", "issue"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        named = f"{row.name}\n{row.where}"
        table.add_row(named, row.before, row.verdict, row.response, row.after, row.issue)
    return table


def _response(outcome: dict[str, Any]) -> str:
    """Say what was done, in the report's own words where that was not to be expected."""
    ended = f"{outcome['action']}: {outcome['state']}"
    said = RESPONSES.get(ended, ended)
    seconds = outcome["seconds_to_dead"]
    return said if seconds is None else f"{said},\ndead in {max(seconds, 0.1)} s"


def _checks(
    sandbox: Sandbox, leaks: Sequence[Leak], run: Run, healthy: str
) -> Iterator[tuple[str, bool]]:
    incidents = _by_fingerprint(run)
    verdicts = {leak.name: incidents[leak.fingerprint]["verdict"]["state"] for leak in leaks}
    yield "every verdict is right", all(verdicts[leak.name] == leak.expected for leak in leaks)
    yield (
        "every place was found",
        all(
            {place["path"] for place in incidents[leak.fingerprint]["locations"]} == set(leak.paths)
            for leak in leaks
        ),
    )
    yield "the live key is dead by Bedrock's own answer", not sandbox.accepts(leaks[0].key)
    yield "the key that the forged one names is still accepted", sandbox.accepts(healthy)
    yield (
        "IAM says of every credential what it should",
        all(_status(sandbox, leak) == leak.status_after for leak in leaks),
    )


def _by_fingerprint(run: Run) -> dict[str, dict[str, Any]]:
    return {incident["fingerprint"]: incident for incident in run.report["incidents"]}


def _write(name: str, document: object) -> None:
    text = json.dumps(document, indent=2) + "\n"
    (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        raise SystemExit(main(*map(Path, sys.argv[1:2])))
    except KeyboardInterrupt:
        sys.exit(130)
