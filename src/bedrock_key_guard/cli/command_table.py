"""List the commands; what runs one, and its options, are imported for it alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from bedrock_key_guard.cli.arguments import Parser

    Run = Callable[[argparse.Namespace], int]
    Opened = tuple[Run, list[Parser]]


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
    from bedrock_key_guard.cli.plugin_file import print_plugin_file

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
