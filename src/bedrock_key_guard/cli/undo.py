"""Undo: `restore` gives back what the guard took, `lift` takes away what no key needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import (
    Parser,
    account_id,
    add_role_options,
    chosen_role,
    principal_arn,
)
from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import utc_now

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.respond.undo import UndoScope

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
    undone = undo.undo(ledger, arguments.change, os.environ, reach, dry_run=arguments.dry_run)
    outcomes = [(undo.titled(entry), outcome) for entry, outcome in undone]
    return _written(outcomes, where_none="The ledger records no change.")


def _restore_recorded(arguments: argparse.Namespace) -> int:
    from bedrock_key_guard.respond.undo import undo_recorded

    account, change, dry_run = arguments.account, arguments.change, arguments.dry_run
    if arguments.ledger:
        raise UsageError("--account asks AWS alone, and --ledger a file: only one of them goes.")
    if change is None and not dry_run:
        raise UsageError(
            f"Without --change every key that was taken in account {account} would work again.",
            remedy="Name one; `--dry-run` lists them.",
        )
    done = undo_recorded(account, change, os.environ, _reach(arguments), dry_run=dry_run)
    return _written(done, where_none=f"CloudTrail shows no change of the guard in {account}.")


def _reach(arguments: argparse.Namespace) -> UndoScope:
    from bedrock_key_guard.respond.undo import UndoScope

    accounts = arguments.account if isinstance(arguments.account, list) else ()
    return UndoScope(chosen_role(arguments), tuple(arguments.guard), tuple(accounts))


def lift(arguments: argparse.Namespace) -> int:
    """Take away the quarantines and session policies that no living key needs."""
    from bedrock_key_guard.pipeline.options import default_ledger
    from bedrock_key_guard.respond.undo import lift_all

    ledger, reach = arguments.ledger or default_ledger(), _reach(arguments)
    now, search = utc_now(), arguments.search
    lifted = lift_all(ledger, os.environ, now, reach, search=search, dry_run=arguments.dry_run)
    return _written(lifted, where_none="Nobody is denied anything by the guard.")


def _written(outcomes: Sequence[tuple[str, Outcome]], *, where_none: str) -> int:
    """Write each outcome after its subject; return the exit code, 4 where one is left open."""
    from bedrock_key_guard.text.terminal import printable

    for what, outcome in outcomes:
        line = f"{what}  {outcome.state}: {outcome.reason}"
        write(f"{printable(line)}\n")
        for command in outcome.commands:
            write(f"  {printable(command)}\n")
    if not outcomes:
        say(where_none)
    return 0 if all(outcome.state in _SETTLED for _, outcome in outcomes) else 4
