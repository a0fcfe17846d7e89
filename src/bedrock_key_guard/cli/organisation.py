"""Sweep many repositories: `org plan`, `org scan`, `org reduce`, and `org sweep` for all three."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from bedrock_key_guard.cli import respond
from bedrock_key_guard.cli.arguments import Parser, file_name, name, whole_number
from bedrock_key_guard.cli.output import deliver, require_place
from bedrock_key_guard.cli.scan import written
from bedrock_key_guard.console.agreement import agrees_to, require_somebody
from bedrock_key_guard.console.standard_streams import PROGRAM, say, write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import read_day
from bedrock_key_guard.system import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bedrock_key_guard.org.planning import Sweep
    from bedrock_key_guard.org.rows import Row
    from bedrock_key_guard.org.sweep_plan import Plan

_MOST_SHARDS = 256


def organisation_options() -> Parser:
    """Return the options of `org`, a step of a sweep each."""
    options = Parser(add_help=False)
    prog = f"{PROGRAM} org"
    steps = options.add_subparsers(prog=prog, metavar="STEP", required=True, parser_class=Parser)
    for called, run, adds, what in (
        ("plan", plan, (_planning, _plan_file), "share out the repositories to shards"),
        ("scan", scan, (_scanning,), "read the repositories of a shard; it asks no AWS"),
        ("reduce", reduce, (_reducing,), "join what the shards found; verify and respond"),
        ("sweep", sweep, (_planning, _sweeping), "plan, scan and reduce on this machine"),
    ):
        answering = called in ("reduce", "sweep")
        parents = [respond.verify_options(), respond.respond_options()] if answering else []
        step = steps.add_parser(called, help=what, description=what, parents=parents)
        step.set_defaults(step=run)
        for add in adds:
            add(step)
        if answering:
            _reporting(step)
    return options


def organisation(arguments: argparse.Namespace) -> int:
    """Run a step."""
    step: Callable[[argparse.Namespace], int] = arguments.step
    return step(arguments)


def _planning(step: argparse.ArgumentParser) -> None:
    whose = step.add_mutually_exclusive_group(required=True)
    file = "addresses of repositories, one a line, on whatever server; GIT_TOKEN opens them"
    whose.add_argument("--from", dest="addresses", type=file_name, metavar="FILE", help=file)
    owner = "an organisation or a person on GitHub; GITHUB_TOKEN opens it"
    whose.add_argument("--owner", type=name, metavar="NAME", help=owner)
    since = "what an earlier sweep wrote with --state: only what is new is read"
    step.add_argument("--since", type=file_name, metavar="STATE", help=since)
    add = step.add_argument_group("which of the owner's repositories").add_argument
    texts = "read issues, comments, discussions, releases and wikis too"
    add("--texts", action="store_true", help=texts)
    add("--visibility", choices=("public", "private", "internal"), help="only those")
    add("--topic", type=name, metavar="TOPIC", help="only those that have it")
    add("--pushed-since", type=_day, metavar="DATE", help="only those with a push since")
    add("--no-archived", dest="archived", action="store_false", help="leave archived ones out")
    add("--no-forks", dest="forks", action="store_false", help="leave forks out")


def _plan_file(step: argparse.ArgumentParser) -> None:
    step.add_argument("--shards", type=_shards, default=1, metavar="N", help="at most so many (1)")
    step.add_argument("--output", type=file_name, required=True, metavar="PLAN")


def _scanning(step: argparse.ArgumentParser) -> None:
    step.add_argument("--plan", type=file_name, required=True, metavar="PLAN")
    step.add_argument("--shard", type=whole_number, required=True, metavar="K", help="from 1")
    step.add_argument("--output", type=file_name, required=True, metavar="ROWS")
    step.add_argument("--deep", action="store_true", help="search for every encoding")


def _reducing(step: argparse.ArgumentParser) -> None:
    step.add_argument("rows", nargs="+", type=file_name, metavar="ROWS", help="of each shard")
    step.add_argument("--plan", type=file_name, required=True, metavar="PLAN")


def _sweeping(step: argparse.ArgumentParser) -> None:
    step.add_argument("--jobs", type=_shards, default=os.cpu_count() or 1, metavar="N")
    work = "where the plan and what was found are kept: run the same again to go on after a stop"
    step.add_argument("--work", type=file_name, required=True, metavar="FOLDER", help=work)
    step.add_argument("--deep", action="store_true", help="search for every encoding")


def _reporting(step: argparse.ArgumentParser) -> None:
    add = step.add_argument
    add("--respond", action="store_true", help="make what is proven live dead")
    add("--no-verify", action="store_true", help="ask no AWS at all")
    where = "keep an issue for each key in this private repository"
    add("--issue-repository", type=name, metavar="OWNER/NAME", help=where)
    everywhere = "open an issue in each repository that holds a key, too"
    add("--tell-repositories", action="store_true", help=everywhere)
    add("--state", type=file_name, metavar="FILE", help="write what was read, for --since")
    add("--format", choices=("text", "json", "html", "markdown"), default="text")
    add("--output", type=file_name, metavar="FILE", help="write the report there, not to stdout")
    add("--fail-on", choices=("any", "live", "none"), default="any")


def _shards(text: str) -> int:
    number = whole_number(text)
    if not 1 <= number <= _MOST_SHARDS:
        raise argparse.ArgumentTypeError(f"from 1 to {_MOST_SHARDS}")
    return number


def _day(text: str) -> str:
    try:
        return read_day(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-20") from None


def plan(arguments: argparse.Namespace) -> int:
    """Write a plan, and print the numbers of its shards as JSON: what a matrix of jobs needs."""
    from bedrock_key_guard.org.planning import planned as make

    planned = make(_wanted(arguments), arguments.shards)
    _write_plan(arguments.output, planned)
    write(f"{list(range(1, len(planned.shards) + 1))}\n")
    return 0


def _write_plan(file: Path, planned: Plan) -> None:
    from bedrock_key_guard.org.state import as_json

    write_whole(file, f"{as_json(planned)}\n".encode(), 0o600)
    shards = len(planned.shards)
    say(f"{len(planned.repositories):,} repositories in {shards:,} shards: {file}")
    for sentence in (*planned.unseen, *planned.notes):
        say(sentence)


def _wanted(arguments: argparse.Namespace) -> Sweep:
    from bedrock_key_guard.org.listing import Filter
    from bedrock_key_guard.org.planning import Sweep

    names = ("visibility", "topic", "pushed_since", "archived", "forks")
    only = Filter(**{each: getattr(arguments, each) for each in names})
    return Sweep(arguments.addresses, arguments.owner, only, arguments.texts, since=arguments.since)


def scan(arguments: argparse.Namespace) -> int:
    """Read a shard. Raises CredentialsError where the environment leads to AWS."""
    from bedrock_key_guard.org.hosting import hosting_of
    from bedrock_key_guard.org.shard import refuse_credentials, scan_shard

    refuse_credentials(os.environ)
    planned = _read_plan(arguments.plan)
    number = arguments.shard
    if not 1 <= number <= len(planned.shards):
        raise UsageError(
            f"The plan has no shard {number}.", remedy=f"Name one from 1 to {len(planned.shards)}."
        )
    tell, hosting = _telling(arguments), hosting_of(planned, os.environ)
    for row in scan_shard(planned, number, hosting, arguments.output, deep=arguments.deep):
        tell(_told(row))
    return 0


def _told(row: Row) -> str:
    keys = len({each.fingerprint for each in row.found if each.confidence == "exact"})
    what = row.reason if row.state != "read" else f"{keys:,} keys" if keys else "no keys"
    return f"{row.now or row.name}: {row.state}, {what}"


def _read_plan(file: Path) -> Plan:
    from bedrock_key_guard.org.state import from_json, text_of
    from bedrock_key_guard.org.sweep_plan import Plan

    return from_json(text_of(file), Plan, file)


def reduce(arguments: argparse.Namespace) -> int:
    """Join the shards, verify, respond and report."""
    _require(arguments)
    return _reduced(arguments, _read_plan(arguments.plan), arguments.rows)


def sweep(arguments: argparse.Namespace) -> int:
    """Plan, scan and reduce; what a sweep before it left in its folder is not done again."""
    from bedrock_key_guard.org.planning import planned as make
    from bedrock_key_guard.org.sweep import Shard, scan_shards

    _require(arguments)
    work: Path = arguments.work
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    file, wanted = work / "plan.json", _wanted(arguments)
    if not file.exists():
        _write_plan(file, make(wanted, arguments.jobs))
    planned = _read_plan(file)
    if planned.of != wanted.told:
        raise UsageError(
            f"{str(work)!r} holds the plan of another sweep.",
            remedy="Name another folder with --work, or give the options that it was begun with.",
        )
    shards = [
        Shard(number, len(each), work / f"shard-{number}.jsonl")
        for number, each in enumerate(planned.shards, 1)
    ]
    scan_shards(file, shards, ["--deep"] if arguments.deep else [], _telling(arguments))
    return _reduced(arguments, planned, [each.rows for each in shards if each.rows.exists()])


def _telling(arguments: argparse.Namespace) -> Callable[[str], object]:
    """Return what tells people how far a step is."""
    return (lambda _: None) if arguments.quiet else say


def _require(arguments: argparse.Namespace) -> None:
    """Raise UsageError where what is to come would end in one, before anything is read."""
    require_place(arguments)
    if arguments.respond and not (arguments.yes or arguments.dry_run):
        require_somebody("--respond")


def _reduced(arguments: argparse.Namespace, planned: Plan, files: list[Path]) -> int:
    from bedrock_key_guard.org.answering import announced, answered, told_everywhere
    from bedrock_key_guard.org.shard import read_rows
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import exit_code

    rows = [row for file in files for row in read_rows(file, planned)]
    verifying = None if arguments.no_verify else respond.verifying(arguments)
    responding = respond.responding(arguments) if arguments.respond and verifying else None
    asks = responding is not None and not (arguments.yes or arguments.dry_run)
    around = Surroundings(ask=agrees_to if asks else None)
    report = answered(planned, rows, verifying, responding, around, arguments.state)
    if arguments.issue_repository:
        report = announced(report, arguments.issue_repository)
    if arguments.tell_repositories:
        report = told_everywhere(report)
    deliver(written(report, arguments), report, arguments)
    return exit_code(report, arguments.fail_on)
