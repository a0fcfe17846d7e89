"""Open the guard's door for people: the command line.

Data goes to standard output, everything said to people goes to standard error.
"""

from __future__ import annotations

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.cli.arguments import Parser
from bedrock_key_guard.cli.command_table import COMMANDS
from bedrock_key_guard.cli.examples import examples
from bedrock_key_guard.console.standard_streams import (
    PROGRAM,
    replace_closed_streams,
    report_error,
    say,
)
from bedrock_key_guard.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.cli.command_table import Run

_EXIT_CODES = """\
exit codes:
  0 clean by --fail-on, 1 findings, 2 usage or configuration, 3 credentials or
  permission, 4 incomplete, 70 internal error, 130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no error ends in a traceback."""
    replace_closed_streams()
    try:
        words = sys.argv[1:] if argv is None else argv
        parser = _parser(words)
        if not words:
            say(parser.format_help())
            return UsageError.exit_code  # nothing was read, and nobody may take that for clean
        arguments = parser.parse_args(words, Namespace(words=tuple(words)))
        command: Run = arguments.command
        return command(arguments)
    except KeyboardInterrupt:
        return report_error(InterruptedRunError("The run was interrupted."))
    except Exception as error:  # noqa: BLE001  # people get a sentence, never a traceback
        return report_error(error)


def _parser(words: Sequence[str]) -> Parser:
    """Return the parser of a command line, with the options of the one command that it names."""
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [OPTION ...]",
        description="Find leaked Amazon Bedrock API keys, prove which are live, make those dead.",
        epilog=f"{examples('')}\n\n{_EXIT_CODES}\n\n`{PROGRAM} COMMAND --help` explains a command.",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(prog=PROGRAM, metavar="COMMAND", required=True)
    named = next((word for word in words if not word.startswith("-")), "")
    for name, listed in COMMANDS.items():
        command, parents = listed.open() if name == named else (None, [])
        sub = commands.add_parser(
            name,
            usage=f"{PROGRAM} {name} {listed.synopsis}".rstrip(),
            help=listed.summary,
            description=listed.summary,
            epilog=f"{examples(name)}\n\n{_EXIT_CODES}",
            formatter_class=RawDescriptionHelpFormatter,
            parents=parents,
            allow_abbrev=False,
        )
        quiet = "say nothing but results and errors, and show no progress"
        sub.add_argument("-q", "--quiet", action="store_true", help=quiet)
        sub.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
