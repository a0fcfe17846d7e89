"""Open the guard's door for people: the command line, and the list of its commands.

Data goes to standard output, everything said to people goes to standard error. What runs a command,
and its options, are imported for it alone.
"""

from __future__ import annotations

import sys
from argparse import Namespace, RawDescriptionHelpFormatter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.cli.arguments import Parser
from bedrock_key_guard.console.standard_streams import (
    PROGRAM,
    replace_closed_streams,
    report_error,
    say,
)
from bedrock_key_guard.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    Run = Callable[[argparse.Namespace], int]
    Opened = tuple[Run, list[Parser]]

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
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.more = lambda: f"{_more('')}\n\n`{PROGRAM} COMMAND --help` explains a command."
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
            formatter_class=RawDescriptionHelpFormatter,
            parents=parents,
            allow_abbrev=False,
        )
        sub.more = partial(_more, name)
        quiet = "say nothing but results and errors, and show no progress"
        sub.add_argument("-q", "--quiet", action="store_true", help=quiet)
        sub.set_defaults(command=command)
    return parser


def _more(name: str) -> str:
    """Return what help says below the options: examples, and the exit codes."""
    from bedrock_key_guard.cli.examples import examples

    return f"{examples(name)}\n\n{_EXIT_CODES}"


if __name__ == "__main__":
    raise SystemExit(main())


@dataclass(frozen=True, slots=True)
class Command:
    """Say how a command is called and what it does, and import what runs it, with its options."""

    synopsis: str
    summary: str
    open: Callable[[], Opened]


def _scan() -> Opened:
    from bedrock_key_guard.cli.scan import scan, scan_options

    return scan, [scan_options()]


def _verify() -> Opened:
    from bedrock_key_guard.cli import respond
    from bedrock_key_guard.cli.scan import scan_options

    options = [scan_options(), respond.verify_options(), respond.timeline_flag()]
    return respond.verify, options


def _respond() -> Opened:
    from bedrock_key_guard.cli import respond

    _, (read, ask, too) = _verify()
    return respond.respond, [read, ask, respond.respond_options(), too]


def _timeline() -> Opened:
    from bedrock_key_guard.cli import respond
    from bedrock_key_guard.cli.scan import scan_options

    read = scan_options(("text", "json", "html"))
    return respond.timeline, [read, respond.verify_options(), respond.timeline_options()]


def _restore() -> Opened:
    from bedrock_key_guard.cli.undo import restore, restore_options

    return restore, [restore_options()]


def _lift() -> Opened:
    from bedrock_key_guard.cli.undo import lift, lift_options

    return lift, [lift_options()]


def _init() -> Opened:
    from bedrock_key_guard.cli.init import init, init_options

    return init, [init_options()]


def _org() -> Opened:
    from bedrock_key_guard.cli.organisation import organisation, organisation_options

    return organisation, [organisation_options()]


def _doctor() -> Opened:
    from bedrock_key_guard.cli.doctor import doctor, doctor_options

    return doctor, [doctor_options()]


def _hooks() -> Opened:
    from bedrock_key_guard.cli.hooks import hooks, hooks_options

    return hooks, [hooks_options()]


def _allow() -> Opened:
    from bedrock_key_guard.cli.allow import allow, allow_options

    return allow, [allow_options()]


def _explain() -> Opened:
    from bedrock_key_guard.cli.explain import explain

    return explain, []


def _plugin_file() -> Opened:
    from bedrock_key_guard.cli.hooks import print_plugin_file

    return print_plugin_file, []


_PATHS, _OPTIONS = "[OPTION ...] [PATH ...]", "[OPTION ...]"
COMMANDS = {
    "scan": Command(_PATHS, "Find keys. Never uses the network.", _scan),
    "verify": Command(_PATHS, "Find keys, and prove which are live.", _verify),
    "respond": Command(_PATHS, "Find keys, prove which are live, and make those dead.", _respond),
    "timeline": Command(_PATHS, "Find keys, and say who used each since it leaked.", _timeline),
    "restore": Command(_OPTIONS, "Give back what the guard took, by AWS's own records.", _restore),
    "lift": Command(_OPTIONS, "Lift denials whose keys have expired.", _lift),
    "init": Command(_OPTIONS, "Set up this repository: its hooks, its workflow, the role.", _init),
    "org": Command("plan|scan|reduce|sweep [OPTION ...]", "Sweep many repositories.", _org),
    "doctor": Command(
        "[OPTION ...] [SUBJECT ...]", "Say what works, and how to mend what does not.", _doctor
    ),
    "hooks": Command(
        "install|uninstall [OPTION ...]", "Set up Git's own hooks in this repository.", _hooks
    ),
    "allow": Command(
        "FINGERPRINT --reason WHY --allow-list FILE", "Allow a key that is none.", _allow
    ),
    "explain": Command("< FILE", "Say offline what the key on standard input is.", _explain),
    "detect-secrets-plugin": Command(
        "", "Print the file that `detect-secrets -p` takes.", _plugin_file
    ),
}
