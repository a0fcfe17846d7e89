"""Take away what denied somebody the use of keys, once those have expired."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import Parser, add_role_options, chosen_role, default_ledger
from bedrock_key_guard.cli.outcomes import tell

if TYPE_CHECKING:
    import argparse


def lift_options() -> Parser:
    """Return the options of `lift`."""
    options = Parser(add_help=False)
    options.add_argument("--ledger", type=Path, metavar="FILE", help="where changes are remembered")
    options.add_argument(
        "--search", action="store_true", help="look for the guard's policies at every user and role"
    )
    options.add_argument("--dry-run", action="store_true", help="say what would be done")
    add_role_options(options)
    return options


def lift(arguments: argparse.Namespace) -> int:
    """Take away the quarantines and session policies that no living key needs."""
    from bedrock_key_guard.respond.undo import lift_all

    ledger = arguments.ledger or default_ledger()
    now = datetime.now(timezone.utc)
    role, search = chosen_role(arguments), arguments.search
    done = lift_all(ledger, os.environ, now, role, search=search, dry_run=arguments.dry_run)
    return tell(done, where_none="Nobody is denied anything by the guard.")
