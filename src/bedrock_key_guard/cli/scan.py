"""Scan, verify and respond: the three commands that lead a run through the house."""

from __future__ import annotations

import os
import shutil
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.cli.arguments import chosen_role, default_ledger
from bedrock_key_guard.console.standard_streams import input_is_closed, warn_of_reset, write
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from bedrock_key_guard.pipeline import pipeline
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.text.terminal import Canvas

_MOST_PATHS: dict[str, float] = {"tree": inf, "stdin": 0}
# What would do nothing without the choice beside it, and leave people to think that it did.
_GOES_WITH = {
    "reactivate": ("action", "reset"),
    "revoke_everything": ("short_term", "revoke-sessions"),
    "force": ("short_term", "revoke-sessions"),
}


def scan(arguments: argparse.Namespace) -> int:
    """Find keys. Raises UsageError where only a live one would fail: nobody asks whether it is."""
    if arguments.fail_on == "live":
        raise UsageError(
            "`scan` asks nobody whether a key is live, so --fail-on live would never fail.",
            remedy="Use `verify --fail-on live`, or `scan --fail-on any`.",
        )
    return lead(arguments)


def verify(arguments: argparse.Namespace) -> int:
    """Find keys and prove which are live."""
    return lead(arguments, verifying_of(arguments), None, investigating_of(arguments))


def respond(arguments: argparse.Namespace) -> int:
    """Find, verify, and make what is proven live dead."""
    _refuse_idle(arguments)
    verifying, responding = verifying_of(arguments), _responding(arguments)
    return lead(arguments, verifying, responding, investigating_of(arguments))


def lead(
    arguments: argparse.Namespace,
    verifying: pipeline.Verifying | None = None,
    responding: pipeline.Responding | None = None,
    investigating: pipeline.Investigating | None = None,
) -> int:
    """Lead one run through the stages that are asked for, write its report, return its code."""
    from bedrock_key_guard.console.progress_display import watching
    from bedrock_key_guard.pipeline import pipeline
    from bedrock_key_guard.report.totals import exit_code

    _require_folder()
    around = pipeline.Surroundings(
        watch=lambda: watching(sys.stderr, os.environ, quiet=arguments.quiet)
    )
    report = pipeline.run(_scanning(arguments), verifying, responding, around, investigating)
    write(_written(report, arguments.format))
    return exit_code(report, arguments.fail_on)


def _written(report: Report, form: str) -> str:
    if form == "json":
        from bedrock_key_guard.report.json.json_report import as_json

        return as_json(report)
    if form == "html":
        from bedrock_key_guard.report.html.page import as_html

        return as_html(report)
    from bedrock_key_guard.report.terminal.text import as_text

    return as_text(report, colour=_in_colour(), canvas=_canvas())


# ── what the arguments mean ─────────────────────────────────────────────────────────────────────


def _scanning(arguments: argparse.Namespace) -> pipeline.Scanning:
    from bedrock_key_guard.pipeline import pipeline
    from bedrock_key_guard.scan.allowlist import allow_list

    source = _source(arguments)
    if len(arguments.path) > _MOST_PATHS.get(source, 1):
        raise UsageError("--staged, --history and --range take one folder, --stdin takes none.")
    if source == "stdin" and input_is_closed():
        raise UsageError("Standard input is closed.", remedy="Send something into it.")
    if arguments.revisions and source != "range":
        raise UsageError(f"{arguments.revisions[0]} goes with --range alone.")
    return pipeline.Scanning(
        paths=tuple(arguments.path) or (Path(),),
        source=source,
        revisions=tuple(arguments.revisions),
        deep=arguments.deep,
        allow=allow_list(arguments.allow_list, arguments.baseline, arguments.exclude),
        include_malformed=arguments.include_malformed,
    )


def _require_folder() -> None:
    """Raise UsageError where the current folder has been deleted: no path means anything there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UsageError(
            "The current folder does not exist any more.",
            remedy="Change to one that does, and run the command again.",
        ) from None


def _refuse_idle(arguments: argparse.Namespace) -> None:
    """Raise UsageError for an option that would do nothing."""
    for option, (choice, value) in _GOES_WITH.items():
        if getattr(arguments, option) and getattr(arguments, choice) != value:
            sentence = f"--{option} goes with --{choice} {value} alone."
            raise UsageError(sentence.replace("_", "-"))


def _source(arguments: argparse.Namespace) -> pipeline.Source:
    if arguments.range:
        return "range"
    if arguments.history:
        return "history"
    return "stdin" if arguments.stdin else "index" if arguments.staged else "tree"


def verifying_of(arguments: argparse.Namespace) -> pipeline.Verifying:
    """Return whose keys may be probed."""
    from bedrock_key_guard.pipeline import pipeline

    return pipeline.Verifying(
        frozenset(arguments.allowed_account_ids),
        arguments.max_probes,
        chosen_role(arguments),
    )


def _responding(arguments: argparse.Namespace) -> pipeline.Responding:
    from bedrock_key_guard.pipeline import pipeline
    from bedrock_key_guard.respond.plan import Policy

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
    responding = pipeline.Responding(policy, ledger, arguments.reset_store)
    warn_of_reset(policy)
    return responding


def investigating_of(arguments: argparse.Namespace) -> pipeline.Investigating | None:
    """Return how the trail is read, if `--timeline` asks for it."""
    from bedrock_key_guard.pipeline import pipeline

    return pipeline.Investigating() if arguments.timeline else None


def _canvas() -> Canvas:
    """Measure the terminal, and see whether the output's encoding has blocks to draw with."""
    from bedrock_key_guard.text.terminal import canvas_for

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return canvas_for(width, sys.stdout.encoding or "utf-8")


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
