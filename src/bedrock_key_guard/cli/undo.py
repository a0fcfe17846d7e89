"""Undo: `restore` gives back what a ledger records, `lift` takes away what no key needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, add_role_options, chosen_role
from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.model.times import utc_now

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bedrock_key_guard.model.response import Outcome

_SETTLED = ("done", "dry-run", "not-needed")


def restore_options() -> Parser:
    """Return the options of `restore`."""
    options = _undo_options()
    options.add_argument("--change", metavar="ID", help="one change of the ledger, not all")
    return options


def lift_options() -> Parser:
    """Return the options of `lift`."""
    options = _undo_options()
    options.add_argument(
        "--search", action="store_true", help="look for the guard's policies at every user and role"
    )
    return options


def _undo_options() -> Parser:
    options = Parser(add_help=False)
    options.add_argument("--ledger", type=Path, metavar="FILE", help="where changes are remembered")
    options.add_argument("--dry-run", action="store_true", help="say what would be done")
    add_role_options(options)
    return options


def restore(arguments: argparse.Namespace) -> int:
    """Undo what a ledger records."""
    from bedrock_key_guard.pipeline.options import default_ledger
    from bedrock_key_guard.respond.undo import undo

    ledger, role = arguments.ledger or default_ledger(), chosen_role(arguments)
    undone = undo(ledger, arguments.change, os.environ, role, dry_run=arguments.dry_run)
    outcomes = [(f"{entry.change}  {entry.record.title}", outcome) for entry, outcome in undone]
    return _written(outcomes, where_none="The ledger records no change.")


def lift(arguments: argparse.Namespace) -> int:
    """Take away the quarantines and session policies that no living key needs."""
    from bedrock_key_guard.pipeline.options import default_ledger
    from bedrock_key_guard.respond.undo import lift_all

    ledger, role = arguments.ledger or default_ledger(), chosen_role(arguments)
    now, search = utc_now(), arguments.search
    lifted = lift_all(ledger, os.environ, now, role, search=search, dry_run=arguments.dry_run)
    return _written(lifted, where_none="Nobody is denied anything by the guard.")


def _written(outcomes: Sequence[tuple[str, Outcome]], *, where_none: str) -> int:
    """Write each outcome after its subject; return the exit code, 4 where one is left open."""
    from bedrock_key_guard.text.terminal import printable

    for what, outcome in outcomes:
        line = f"{what}  {outcome.state}: {outcome.reason}"
        write(f"{printable(line)}\n")
    if not outcomes:
        say(where_none)
    return 0 if all(outcome.state in _SETTLED for _, outcome in outcomes) else 4
