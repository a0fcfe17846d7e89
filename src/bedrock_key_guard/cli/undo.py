"""Undo: `restore` gives back what the guard took, `lift` takes away what no key needs."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bedrock_key_guard.cli.arguments import (
    Parser,
    account_id,
    add_role_options,
    chosen_role,
    principal_arn,
)
from bedrock_key_guard.console.agreement import agrees, require_somebody
from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.respond.consent import DECLINED

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.respond.undo import UndoScope

    Outcomes = Sequence[tuple[str, Outcome]]


class Undoing(Protocol):
    """Undo, or say what would be undone."""

    def __call__(self, *, dry_run: bool) -> Outcomes:
        """Return what became of each change."""


_SETTLED = ("done", "dry-run", "not-needed")


def restore_options() -> Parser:
    """Return the options of `restore`."""
    options = _undo_options()
    options.add_argument("--change", metavar="ID", help="one change, not all")
    in_account = "where the change was made: AWS's own records tell what it was, and no ledger"
    options.add_argument("--account", type=account_id, metavar="ID", help=in_account)
    return options


def lift_options() -> Parser:
    """Return the options of `lift`."""
    options = _undo_options()
    options.add_argument(
        "--account",
        type=account_id,
        action="append",
        default=[],
        metavar="ID",
        help="where to look (default: our own, and those of the ledger); may be repeated",
    )
    options.add_argument(
        "--search", action="store_true", help="look for the guard's policies at every user and role"
    )
    return options


def _undo_options() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--ledger", type=Path, metavar="FILE", help="where changes are remembered")
    options.add_argument("--dry-run", action="store_true", help="say what would be done")
    options.add_argument("--yes", action="store_true", help="do it without asking first")
    options.add_argument(
        "--guard",
        type=principal_arn,
        action="append",
        default=[],
        metavar="ARN",
        help="whom the guard acted as, where that is not who acts now; may be repeated",
    )
    add_role_options(options)
    return options


def restore(arguments: argparse.Namespace) -> int:
    """Undo one change by AWS's own records, or what a ledger records.

    Raises UsageError for what would give back all that was ever taken.
    """
    if arguments.account:
        return _restore_recorded(arguments)
    from bedrock_key_guard.pipeline.options import default_ledger
    from bedrock_key_guard.respond import undo

    ledger, reach = arguments.ledger or default_ledger(), _reach(arguments)

    def work(*, dry_run: bool) -> Outcomes:
        undone = undo.undo(ledger, arguments.change, os.environ, reach, dry_run=dry_run)
        return [(undo.titled(entry), outcome) for entry, outcome in undone]

    return _led("restore", arguments, work, where_none="The ledger records no change.")


def _restore_recorded(arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.respond.undo import undo_recorded

    account, change = arguments.account, arguments.change
    if arguments.ledger:
        raise UsageError("--account asks AWS alone, and --ledger a file: only one of them goes.")
    if change is None and not arguments.dry_run:
        raise UsageError(
            f"Without --change every key that was taken in account {account} would work again.",
            remedy="Name one; `--dry-run` lists them.",
        )
    work = partial(undo_recorded, account, change, os.environ, _reach(arguments))
    none = f"CloudTrail shows no change of the guard in {account}."
    return _led("restore", arguments, work, where_none=none)


def _reach(arguments: argparse.Namespace) -> UndoScope:
    from bedrock_key_guard.respond.undo import UndoScope

    accounts = arguments.account if isinstance(arguments.account, list) else ()
    return UndoScope(chosen_role(arguments), tuple(arguments.guard), tuple(accounts))


def lift(arguments: argparse.Namespace) -> int:
    """Take away the quarantines and session policies that no living key needs."""
    from bedrock_key_guard.pipeline.options import default_ledger
    from bedrock_key_guard.respond.undo import lift_all

    ledger, reach = arguments.ledger or default_ledger(), _reach(arguments)
    work = partial(lift_all, ledger, os.environ, utc_now(), reach, search=arguments.search)
    return _led("lift", arguments, work, where_none="Nobody is denied anything by the guard.")


def _led(command: str, arguments: argparse.Namespace, work: Undoing, *, where_none: str) -> int:
    """Do the work, where a person at the terminal agrees to what a dry run says of it."""
    if not (arguments.yes or arguments.dry_run):
        require_somebody(command)
        would = work(dry_run=True)
        lines = [f"{what}  {outcome.reason}" for what, outcome in would if _is_open(outcome)]
        if not lines or not agrees(lines, f"Make {plural(len(lines), 'change')}?"):
            return _written([*map(_declined, would)], "" if arguments.quiet else where_none)
    outcomes = work(dry_run=arguments.dry_run)
    return _written(outcomes, "" if arguments.quiet else where_none)


def _is_open(outcome: Outcome) -> bool:
    return outcome.state == "dry-run"


def _declined(each: tuple[str, Outcome]) -> tuple[str, Outcome]:
    what, outcome = each
    return what, replace(outcome, state="refused", reason=DECLINED) if _is_open(
        outcome
    ) else outcome


def _written(outcomes: Outcomes, where_none: str) -> int:
    """Write each outcome after its subject; return the exit code, 4 where one is left open."""
    from bedrock_key_guard.text.harmless import for_shell, own_shell, printable

    for what, outcome in outcomes:
        line = f"{what}  {outcome.state}: {outcome.reason}"
        write(f"{printable(line)}\n")
        for command in outcome.commands:
            write(f"  {printable(for_shell(command, own_shell()))}\n")
    if not outcomes and where_none:
        say(where_none)
    return 0 if all(outcome.state in _SETTLED for _, outcome in outcomes) else 4
