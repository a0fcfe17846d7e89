"""Scan, verify and respond: the three commands that lead a run through the house."""

from __future__ import annotations

import os
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.roles import role_to_assume
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.options import default_ledger
from bedrock_key_guard.streams import warn_of_reset, write

if TYPE_CHECKING:
    import argparse

    from bedrock_key_guard import guard

_MOST_PATHS: dict[str, float] = {"tree": inf, "stdin": 0}


def scan(arguments: argparse.Namespace) -> int:
    """Find keys."""
    return _run(arguments)


def verify(arguments: argparse.Namespace) -> int:
    """Find keys and prove which are live."""
    return _run(arguments, verifying=_verifying(arguments))


def respond(arguments: argparse.Namespace) -> int:
    """Find, verify, and make what is proven live dead."""
    return _run(arguments, verifying=_verifying(arguments), responding=_responding(arguments))


def _run(
    arguments: argparse.Namespace,
    verifying: guard.Verifying | None = None,
    responding: guard.Responding | None = None,
) -> int:
    from bedrock_key_guard import guard
    from bedrock_key_guard.report.counts import exit_code
    from bedrock_key_guard.report.json_report import as_json
    from bedrock_key_guard.report.text import as_text

    report = guard.run(_scanning(arguments), verifying, responding)
    as_data = arguments.format == "json"
    write(as_json(report) if as_data else as_text(report, colour=_in_colour()))
    return exit_code(report, arguments.fail_on)


# ── what the arguments mean ─────────────────────────────────────────────────────────────────────


def _scanning(arguments: argparse.Namespace) -> guard.Scanning:
    from bedrock_key_guard import guard
    from bedrock_key_guard.scan.allowlist import AllowList, read_allow_list, read_baseline

    source = _source(arguments)
    if len(arguments.path) > _MOST_PATHS.get(source, 1):
        raise UsageError("--staged, --history and --range take one folder, --stdin takes none.")
    allowed, baseline = arguments.allow_list, arguments.baseline
    return guard.Scanning(
        paths=tuple(arguments.path) or (Path(),),
        source=source,
        revisions=arguments.range,
        deep=arguments.deep,
        allow=AllowList(
            fingerprints=read_allow_list(allowed) if allowed else (),
            baseline=read_baseline(baseline) if baseline else frozenset(),
            exclude=tuple(arguments.exclude),
        ),
        include_malformed=arguments.include_malformed,
    )


def _source(arguments: argparse.Namespace) -> guard.Source:
    if arguments.range is not None:
        return "range"
    if arguments.history:
        return "history"
    return "stdin" if arguments.stdin else "index" if arguments.staged else "tree"


def _verifying(arguments: argparse.Namespace) -> guard.Verifying:
    from bedrock_key_guard import guard

    return guard.Verifying(
        frozenset(arguments.allowed_account_ids),
        arguments.max_probes,
        role_to_assume(
            arguments.role_to_assume_template, arguments.external_id, arguments.session_tag
        ),
    )


def _responding(arguments: argparse.Namespace) -> guard.Responding:
    from bedrock_key_guard import guard
    from bedrock_key_guard.respond.plan import Policy

    policy = Policy(
        response=arguments.action,
        dry_run=arguments.dry_run,
        reactivate=arguments.reactivate,
        protect=frozenset(arguments.protect),
        max_responses=arguments.max_responses,
    )
    ledger = arguments.ledger or default_ledger()
    responding = guard.Responding(policy, ledger, arguments.reset_store)
    warn_of_reset(policy)
    return responding


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
