"""Open the guard's door for people: the command line.

Data goes to standard output, everything said to people goes to standard error.
"""

from __future__ import annotations

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.cli.arguments import Parser
from bedrock_key_guard.cli.examples import examples
from bedrock_key_guard.console.standard_streams import (
    PROGRAM,
    replace_closed_streams,
    report_error,
    say,
)
from bedrock_key_guard.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Command = Callable[[Namespace], int]

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
        command: Command = arguments.command
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
    for name, (synopsis, summary) in _COMMANDS.items():
        command, parents = _command(name) if name == named else (None, [])
        sub = commands.add_parser(
            name,
            usage=f"{PROGRAM} {name} {synopsis}".rstrip(),
            help=summary,
            description=summary,
            epilog=f"{examples(name)}\n\n{_EXIT_CODES}",
            formatter_class=RawDescriptionHelpFormatter,
            parents=parents,
            allow_abbrev=False,
        )
        quiet = "say nothing but results and errors, and show no progress"
        sub.add_argument("-q", "--quiet", action="store_true", help=quiet)
        sub.set_defaults(command=command)
    return parser


_PATHS, _OPTIONS = "[OPTION ...] [PATH ...]", "[OPTION ...]"
_COMMANDS = {
    "scan": (_PATHS, "Find keys. Never uses the network."),
    "verify": (_PATHS, "Find keys, and prove which are live."),
    "respond": (_PATHS, "Find keys, prove which are live, and make those dead."),
    "timeline": (_PATHS, "Find keys, and say who used each since it leaked."),
    "restore": (_OPTIONS, "Give back what the guard took, by AWS's own records."),
    "lift": (_OPTIONS, "Lift denials whose keys have expired."),
    "init": (_OPTIONS, "Set up this repository: its hooks, its workflow, the role."),
    "hooks": ("install|uninstall [OPTION ...]", "Set up Git's own hooks in this repository."),
    "allow": ("FINGERPRINT --reason WHY --allow-list FILE", "Allow a key that is none."),
    "explain": ("< FILE", "Say offline what the key on standard input is."),
}


def _command(name: str) -> tuple[Command, list[Parser]]:
    """Return what a command runs, and its options; no other command is imported for it."""
    if name == "explain":
        from bedrock_key_guard.cli.explain import explain

        return explain, []
    if name == "allow":
        from bedrock_key_guard.cli.allow import allow, allow_options

        return allow, [allow_options()]
    if name == "init":
        from bedrock_key_guard.cli.init import init, init_options

        return init, [init_options()]
    if name == "hooks":
        from bedrock_key_guard.cli.hooks import hooks, hooks_options

        return hooks, [hooks_options()]
    if name in ("restore", "lift"):
        from bedrock_key_guard.cli.undo import lift, lift_options, restore, restore_options

        return (lift, [lift_options()]) if name == "lift" else (restore, [restore_options()])
    from bedrock_key_guard.cli.scan import scan, scan_options

    if name == "scan":
        return scan, [scan_options()]
    from bedrock_key_guard.cli import respond

    ask, too = respond.verify_options(), respond.timeline_flag()
    if name == "verify":
        return respond.verify, [scan_options(), ask, too]
    if name == "respond":
        return respond.respond, [scan_options(), ask, respond.respond_options(), too]
    read = scan_options(("text", "json", "html"))
    return respond.timeline, [read, ask, respond.timeline_options()]


if __name__ == "__main__":
    raise SystemExit(main())
