"""Open the guard's door for people: the command line.

Data goes to standard output, everything said to people goes to standard error. Exit codes: 0 clean
by `--fail-on`, 1 findings, 2 usage, 3 credentials, 4 incomplete, 70 internal, 130 interrupted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.commands.explain import explain
from bedrock_key_guard.commands.lift import lift, lift_options
from bedrock_key_guard.commands.restore import restore, restore_options
from bedrock_key_guard.commands.scan import respond, scan, verify
from bedrock_key_guard.commands.timeline import timeline, timeline_flag, timeline_options
from bedrock_key_guard.errors import InterruptedRunError
from bedrock_key_guard.options import Parser, respond_options, scan_options, verify_options
from bedrock_key_guard.streams import PROGRAM, replace_closed_streams, report_error

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    Command = Callable[[argparse.Namespace], int]


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


def _action(_arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.action import main as action

    return action()


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
        ("scan", scan, "Find keys. Never uses the network.", [scanning]),
        (
            "verify",
            verify,
            "Find keys and prove which are live.",
            [scanning, verifying, timeline_flag()],
        ),
        (
            "respond",
            respond,
            "Find, verify, and make what is proven live dead.",
            [scanning, verifying, responding, timeline_flag()],
        ),
        (
            "timeline",
            timeline,
            "Find keys and say who used each since it leaked.",
            [scan_options(("text", "json", "html")), verifying, timeline_options()],
        ),
        ("restore", restore, "Undo what a ledger records.", [restore_options()]),
        ("lift", lift, "Take denials away whose keys have expired.", [lift_options()]),
        ("explain", explain, "Say offline what the key on standard input is.", []),
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
