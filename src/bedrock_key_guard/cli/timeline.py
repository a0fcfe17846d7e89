"""Say who used a key since it leaked."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone

from bedrock_key_guard.cli.arguments import Parser, whole_number
from bedrock_key_guard.model.times import read_time


def timeline_options() -> Parser:
    """Return the options of `timeline`."""
    options = Parser(add_help=False)
    options.add_argument(
        "--since",
        type=moment,
        metavar="TIME",
        help="look from here on, such as 2026-11-20 or 2026-11-20T15:00Z (default: a week "
        "before the first commit that holds the key; CloudTrail keeps 90 days)",
    )
    options.add_argument(
        "--max-events",
        type=whole_number,
        metavar="N",
        help="events to read of each region (default: 100000)",
    )
    return options


def timeline_flag() -> Parser:
    """Return the option that adds what `timeline` tells to another command's report."""
    options = Parser(add_help=False)
    options.add_argument(
        "--timeline", action="store_true", help="look in CloudTrail for who used each key, too"
    )
    return options


def timeline(arguments: argparse.Namespace) -> int:
    """Find keys, prove which are live, and say who used each since it leaked."""
    from bedrock_key_guard.cli.scan import lead, verifying_of
    from bedrock_key_guard.pipeline import pipeline

    looking = pipeline.Investigating(arguments.since, arguments.max_events)
    return lead(arguments, verifying_of(arguments), investigating=looking)


def moment(text: str) -> datetime:
    """Read a date, or a date and a time; without a zone it is UTC."""
    try:
        return read_time(text, utc=True).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-20") from None
