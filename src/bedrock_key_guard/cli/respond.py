"""Ask AWS about what a scan finds, and act on it: `verify`, `respond` and `timeline`."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import (
    Parser,
    add_role_options,
    chosen_role,
    file_name,
    name,
    whole_number,
)
from bedrock_key_guard.cli.scan import lead
from bedrock_key_guard.console.agreement import agrees_to, require_somebody
from bedrock_key_guard.console.standard_streams import warn_of_reset
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from bedrock_key_guard.pipeline.options import Investigating, Responding, Verifying

# What would do nothing without the choice beside it, and leave people to think that it did.
_GOES_WITH = {
    "reactivate": ("action", "reset"),
    "revoke_everything": ("short_term", "revoke-sessions"),
    "force": ("short_term", "revoke-sessions"),
}


def verify_options() -> Parser:
    """Return the options of `verify`."""
    options = Parser(add_help=False)
    trial = options.add_argument_group("whose keys are tried")
    trial.add_argument(
        "--allowed-account-ids",
        default="",
        metavar="ID,ID",
        help="accounts, or `organization` for all of ours (default: that of the credentials in "
        "use)",
    )
    add_role_options(trial)
    trial.add_argument(
        "--max-probes",
        type=whole_number,
        default=200,
        metavar="N",
        help="try at most N keys; the others stay unverified (default: 200)",
    )
    return options


def respond_options() -> Parser:
    """Return the options of `respond`."""
    options = Parser(add_help=False)
    add = options.add_argument_group("what is changed").add_argument
    add("--dry-run", action="store_true", help="change nothing, and say what would be done")
    add("--yes", action="store_true", help="change it without asking first")
    add(
        "--action",
        choices=("disable", "reset", "delete", "strip-policies"),
        default="disable",
        help="how a live long-term key is stopped (default: disable)",
    )
    add(
        "--reset-store",
        metavar="STORE",
        help="where a reset keeps the new key: secretsmanager:NAME or ssm:NAME; "
        "NAME may hold {credential_id}",
    )
    add("--reactivate", action="store_true", help="set a credential that was reset Active again")
    add(
        "--short-term",
        choices=("off", "quarantine", "revoke-sessions"),
        default="off",
        help="how a live short-term key is stopped: not at all, by denying its signer the use of "
        "keys, or by denying it to the sessions of that signer (default: off)",
    )
    add(
        "--quarantine-policy",
        default="BedrockKeyGuardQuarantine",
        metavar="NAME|ARN",
        help="the managed policy that denies, made before (default: BedrockKeyGuardQuarantine)",
    )
    revoke = "deny revoked sessions all of AWS, not the use of keys alone"
    add("--revoke-everything", action="store_true", help=revoke)
    add("--force", action="store_true", help="revoke sessions of the guard's own role too")
    add(
        "--protect",
        action="append",
        type=name,
        default=[],
        metavar="NAME",
        help="never change this IAM user or role, nor its keys; a name or an ARN, may be repeated",
    )
    most = "change at most N credentials (default: 20)"
    add("--max-responses", type=whole_number, default=20, metavar="N", help=most)
    ledger = "where changes are remembered (default: ~/.local/state/bedrock-key-guard/ledger.jsonl)"
    add("--ledger", type=file_name, metavar="FILE", help=ledger)
    return options


def timeline_options() -> Parser:
    """Return the options of `timeline`."""
    options = Parser(add_help=False)
    options.add_argument(
        "--since",
        type=since,
        metavar="TIME",
        help="look from here on, such as 2026-11-20 or 2026-11-20T15:00Z (default: a week "
        "before the first commit that holds the key; CloudTrail keeps 90 days)",
    )
    most = "events to read of each region (default: 100000)"
    options.add_argument("--max-events", type=whole_number, metavar="N", help=most)
    return options


def timeline_flag() -> Parser:
    """Return the option that adds the timeline to another command's report."""
    options = Parser(add_help=False)
    options.add_argument(
        "--timeline", action="store_true", help="look in CloudTrail for who used each key, too"
    )
    return options


def since(text: str) -> datetime:
    """Read a date, or a date and a time; without a zone it is UTC."""
    try:
        return read_time(text, utc=True).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-20") from None


def verify(arguments: argparse.Namespace) -> int:
    """Find keys and prove which are live."""
    return lead(arguments, verifying(arguments), None, _investigating(arguments))


def respond(arguments: argparse.Namespace) -> int:
    """Find, verify, and make what is proven live dead."""
    looking = _investigating(arguments)
    run = (arguments, verifying(arguments), responding(arguments), looking)
    if arguments.yes or arguments.dry_run:
        return lead(*run)
    require_somebody("respond")
    return lead(*run, agrees_to)


def timeline(arguments: argparse.Namespace) -> int:
    """Find keys, prove which are live, and say who used each since it leaked."""
    from bedrock_key_guard.pipeline.options import Investigating

    looking = Investigating(arguments.since, arguments.max_events)
    return lead(arguments, verifying(arguments), investigating=looking)


def verifying(arguments: argparse.Namespace) -> Verifying:
    """Return whose keys may be probed."""
    from bedrock_key_guard.pipeline.options import Verifying, account_ids

    accounts = account_ids(arguments.allowed_account_ids)
    return Verifying(accounts, arguments.max_probes, chosen_role(arguments))


def _investigating(arguments: argparse.Namespace) -> Investigating | None:
    """Return how the trail is read, if `--timeline` asks for it."""
    from bedrock_key_guard.pipeline.options import Investigating

    return Investigating() if arguments.timeline else None


def responding(arguments: argparse.Namespace) -> Responding:
    """Return what may be changed. Raises UsageError for an option that would do nothing."""
    from bedrock_key_guard.pipeline.options import Responding, default_ledger
    from bedrock_key_guard.respond.policy import Policy

    for option, (choice, value) in _GOES_WITH.items():
        if getattr(arguments, option) and getattr(arguments, choice) != value:
            sentence = f"--{option} goes with --{choice} {value} alone."
            raise UsageError(sentence.replace("_", "-"))
    policy = Policy(
        response=arguments.action,
        dry_run=arguments.dry_run,
        reactivate=arguments.reactivate,
        protect=frozenset(arguments.protect),
        max_responses=arguments.max_responses,
        short_term=arguments.short_term,
        quarantine=arguments.quarantine_policy,
        revoke_everything=arguments.revoke_everything,
        force=arguments.force,
    )
    ledger = arguments.ledger or default_ledger()
    wanted = Responding(policy, ledger, arguments.reset_store)
    warn_of_reset(policy)
    return wanted
