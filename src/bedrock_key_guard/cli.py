"""Open the guard's door for people: the command line.

Data goes to standard output, everything said to people goes to standard error. Exit codes: 0 clean
by `--fail-on`, 1 findings, 2 usage, 3 credentials, 4 incomplete, 70 internal, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bedrock_key_guard import __version__
from bedrock_key_guard.errors import (
    GuardError,
    IncompleteError,
    InterruptedRunError,
    UsageError,
)
from bedrock_key_guard.options import (
    Parser,
    default_ledger,
    respond_options,
    restore_options,
    scan_options,
    verify_options,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from bedrock_key_guard import guard
    from bedrock_key_guard.respond.plan import Policy

    Command = Callable[[argparse.Namespace], int]

PROGRAM = "bedrock-key-guard"
_MOST_PATHS: dict[str, float] = {"tree": inf, "stdin": 0}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no error ends in a traceback."""
    _replace_closed_streams()
    try:
        arguments = _parser().parse_args(argv)
        command: Command = arguments.command
        return command(arguments)
    except KeyboardInterrupt:
        return report_error(InterruptedRunError("The run was interrupted."))
    except Exception as error:  # noqa: BLE001  # people get a sentence, never a traceback
        return report_error(error)


def report_error(error: Exception) -> int:
    """Tell people what happened and what to do, and return the exit code.

    Of an error that is not our own only the class and the place are shown: its text may quote what
    was being read.
    """
    from bedrock_key_guard.report.describe import printable
    from bedrock_key_guard.report.redact import redact

    if not isinstance(error, GuardError):
        error = GuardError(f"Something went wrong inside the guard ({_where(error)}).")
    # The text quotes the command line, and somebody may have put a key there.
    _say(f"{PROGRAM}: {redact(printable(str(error)))}\n  {redact(printable(error.remedy))}")
    return error.exit_code


def warn_of_reset(policy: Policy) -> None:
    """Say, before anything is touched, that what the policy asks for cannot be undone."""
    if policy.response == "reset" and not policy.dry_run:
        _say("A reset cannot be undone: each key that is proven live gets a new secret.")


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}"


def _say(text: str) -> None:
    _put(sys.stderr, f"{text}\n")


def _write(text: str) -> None:
    """Write data, spelled out where the output's encoding lacks a character.

    Whoever read it may have gone: that changes nothing about what was found. Raises
    IncompleteError where it cannot be written.
    """
    encoding = sys.stdout.encoding or "utf-8"
    failure = _put(sys.stdout, text.encode(encoding, "backslashreplace").decode(encoding))
    if failure is not None and not isinstance(failure, BrokenPipeError):
        raise IncompleteError(
            f"What was found could not be written ({failure.strerror}).",
            remedy="Make room where standard output goes, and run the command again.",
        )


def _put(stream: TextIO, text: str) -> OSError | None:
    """Write at once, and silence a stream that fails: Python would complain as it exits."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _replace_closed_streams() -> None:
    """Give Python's None a meaning: a standard stream that the caller has closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  # to the end
            setattr(sys, name, nowhere)


# ── commands ────────────────────────────────────────────────────────────────────────────────────


def _scan(arguments: argparse.Namespace) -> int:
    return _run(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    return _run(arguments, verifying=_verifying(arguments))


def _respond(arguments: argparse.Namespace) -> int:
    return _run(arguments, verifying=_verifying(arguments), responding=_responding(arguments))


def _run(
    arguments: argparse.Namespace,
    verifying: guard.Verifying | None = None,
    responding: guard.Responding | None = None,
) -> int:
    from bedrock_key_guard import guard
    from bedrock_key_guard.report.counts import exit_code
    from bedrock_key_guard.report.json_report import as_json
    from bedrock_key_guard.report.text import as_text

    report = guard.run(_scanning(arguments), verifying, responding)
    as_data = arguments.format == "json"
    _write(as_json(report) if as_data else as_text(report, colour=_in_colour()))
    return exit_code(report, arguments.fail_on)


def _explain(_arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.report.describe import describe
    from bedrock_key_guard.scan.matcher import matches

    found = matches(_key_from_people())
    if not found:
        raise UsageError(
            "What came on standard input is no key of a known family, and no part of one.",
            remedy="Give the whole key, as it was downloaded, on standard input.",
        )
    _write("".join("\n  ".join(describe(match.key)) + "\n" for match in found))
    return 0


def _key_from_people() -> bytes:
    """Read standard input; a key typed at a terminal is not echoed."""
    if sys.stdin.isatty():
        from getpass import getpass

        try:
            return getpass("Key: ", stream=sys.stderr).encode()
        except EOFError:
            return b""
    return sys.stdin.buffer.read(1 << 20)


def _restore(arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.report.describe import printable
    from bedrock_key_guard.respond.undo import undo

    ledger = arguments.ledger or default_ledger()
    done = undo(ledger, arguments.change, os.environ, dry_run=arguments.dry_run)
    for entry, outcome in done:
        line = f"{entry.change}  {entry.alias}  {outcome.state}: {outcome.reason}"
        _write(f"{printable(line)}\n")
    if not done:
        _say("The ledger records no change.")
    settled = ("done", "dry-run", "not-needed")
    return 0 if all(outcome.state in settled for _, outcome in done) else 4


def _action(_arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.action import main as action

    return action()


# ── what the arguments mean ─────────────────────────────────────────────────────────────────────


def _scanning(arguments: argparse.Namespace) -> guard.Scanning:
    from bedrock_key_guard import guard
    from bedrock_key_guard.scan.allowlist import AllowList, read_allow_list, read_baseline

    source = _source(arguments)
    if len(arguments.path) > _MOST_PATHS.get(source, 1):
        raise UsageError("--staged, --history and --range take one folder, --stdin takes none.")
    allowed, baseline = arguments.allow_list, arguments.baseline
    return guard.Scanning(
        paths=tuple(arguments.path) or (Path(),),
        source=source,
        revisions=arguments.range,
        deep=arguments.deep,
        allow=AllowList(
            fingerprints=read_allow_list(allowed) if allowed else (),
            baseline=read_baseline(baseline) if baseline else frozenset(),
            exclude=tuple(arguments.exclude),
        ),
        include_malformed=arguments.include_malformed,
    )


def _source(arguments: argparse.Namespace) -> guard.Source:
    if arguments.range is not None:
        return "range"
    if arguments.history:
        return "history"
    return "stdin" if arguments.stdin else "index" if arguments.staged else "tree"


def _verifying(arguments: argparse.Namespace) -> guard.Verifying:
    from bedrock_key_guard import guard

    return guard.Verifying(frozenset(arguments.allowed_account_ids), arguments.max_probes)


def _responding(arguments: argparse.Namespace) -> guard.Responding:
    from bedrock_key_guard import guard
    from bedrock_key_guard.respond.plan import Policy

    policy = Policy(
        response=arguments.action,
        dry_run=arguments.dry_run,
        reactivate=arguments.reactivate,
        protect=frozenset(arguments.protect),
        max_responses=arguments.max_responses,
    )
    ledger = arguments.ledger or default_ledger()
    responding = guard.Responding(policy, ledger, arguments.reset_store)
    warn_of_reset(policy)
    return responding


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Find leaked Amazon Bedrock API keys, prove which are live, make those dead.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    scanning, verifying, responding = scan_options(), verify_options(), respond_options()
    table: tuple[tuple[str, Command, str, list[Parser]], ...] = (
        ("scan", _scan, "Find keys. Never uses the network.", [scanning]),
        ("verify", _verify, "Find keys and prove which are live.", [scanning, verifying]),
        (
            "respond",
            _respond,
            "Find, verify, and make what is proven live dead.",
            [scanning, verifying, responding],
        ),
        ("restore", _restore, "Undo what a ledger records.", [restore_options()]),
        ("explain", _explain, "Say offline what the key on standard input is.", []),
        ("action", _action, "Run as the GitHub Action does.", []),
    )
    for name, command, summary, parents in table:
        sub = commands.add_parser(
            name, help=summary, description=summary, parents=parents, allow_abbrev=False
        )
        sub.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
