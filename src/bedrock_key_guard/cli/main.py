"""Open the guard's door for people: the command line.

Data goes to standard output, everything said to people goes to standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.cli.arguments import Parser
from bedrock_key_guard.cli.explain import explain
from bedrock_key_guard.cli.respond import (
    respond,
    respond_options,
    timeline,
    timeline_flag,
    timeline_options,
    verify,
    verify_options,
)
from bedrock_key_guard.cli.scan import scan, scan_options
from bedrock_key_guard.cli.undo import lift, lift_options, restore, restore_options
from bedrock_key_guard.console.standard_streams import PROGRAM, replace_closed_streams, report_error
from bedrock_key_guard.errors import InterruptedRunError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    Command = Callable[[argparse.Namespace], int]

_EXIT_CODES = (
    "Exit codes: 0 clean by --fail-on, 1 findings, 2 usage or configuration, 3 credentials or "
    "permission, 4 incomplete, 70 internal error, 130 interrupted."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no error ends in a traceback."""
    replace_closed_streams()
    try:
        arguments = _parser().parse_args(argv)
        command: Command = arguments.command
        return command(arguments)
    except KeyboardInterrupt:
        return report_error(InterruptedRunError("The run was interrupted."))
    except Exception as error:  # noqa: BLE001  # people get a sentence, never a traceback
        return report_error(error)


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [OPTION ...]",
        description="Find leaked Amazon Bedrock API keys, prove which are live, make those dead.",
        epilog=f"`{PROGRAM} COMMAND --help` explains a command. {_EXIT_CODES}",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(prog=PROGRAM, metavar="COMMAND", required=True)
    for name, command, synopsis, summary, parents in _commands():
        sub = commands.add_parser(
            name,
            usage=f"{PROGRAM} {name} {synopsis}".rstrip(),
            help=summary,
            description=summary,
            epilog=_EXIT_CODES,
            parents=parents,
            allow_abbrev=False,
        )
        sub.set_defaults(command=command)
    return parser


def _commands() -> Iterator[tuple[str, Command, str, str, list[Parser]]]:
    """Yield each command: its name, what it runs, how it is called, what it does, its options."""
    options, paths = "[OPTION ...]", "[OPTION ...] [PATH ...]"
    read, ask, too = scan_options(), verify_options(), timeline_flag()
    looked_up = [scan_options(("text", "json", "html")), ask, timeline_options()]
    who = "Find keys, and say who used each since it leaked."
    make_dead = "Find keys, prove which are live, and make those dead."
    yield "scan", scan, paths, "Find keys. Never uses the network.", [read]
    yield "verify", verify, paths, "Find keys, and prove which are live.", [read, ask, too]
    yield "respond", respond, paths, make_dead, [read, ask, respond_options(), too]
    yield "timeline", timeline, paths, who, looked_up
    yield "restore", restore, options, "Undo what a ledger records.", [restore_options()]
    yield "lift", lift, options, "Lift denials whose keys have expired.", [lift_options()]
    yield "explain", explain, "< FILE", "Say offline what the key on standard input is.", []


if __name__ == "__main__":
    raise SystemExit(main())
