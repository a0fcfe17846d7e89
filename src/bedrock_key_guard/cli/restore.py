"""Undo what a ledger records."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, add_role_options, chosen_role, default_ledger
from bedrock_key_guard.cli.outcomes import tell

if TYPE_CHECKING:
    import argparse


def restore_options() -> Parser:
    """Return the options of `restore`."""
    options = Parser(add_help=False)
    options.add_argument("--ledger", type=Path, metavar="FILE", help="where changes are remembered")
    options.add_argument("--change", metavar="ID", help="one change of the ledger, not all")
    options.add_argument("--dry-run", action="store_true", help="say what would be done")
    add_role_options(options)
    return options


def restore(arguments: argparse.Namespace) -> int:
    """Undo what a ledger records."""
    from bedrock_key_guard.respond.undo import undo

    ledger = arguments.ledger or default_ledger()
    done = undo(
        ledger, arguments.change, os.environ, chosen_role(arguments), dry_run=arguments.dry_run
    )
    told = [(f"{entry.change}  {entry.record.title}", outcome) for entry, outcome in done]
    return tell(told, where_none="The ledger records no change.")
