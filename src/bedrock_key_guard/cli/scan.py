"""Scan, and lead every run that begins with a scan through the house."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.cli.arguments import Parser, file_name, name
from bedrock_key_guard.cli.output import deliver, further, require_place
from bedrock_key_guard.console.standard_streams import input_is_closed, page
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.object_lists import FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.pipeline.options import Investigating, Responding, Verifying
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.respond.consent import Ask
    from bedrock_key_guard.scan.scanning import Scanning, SourceName

STANDARD_INPUT = "-"
_MOST_PATHS: dict[str, float] = {"tree": inf, "stdin": 0, "nothing": 0}


class _Revisions(argparse.Action):
    """Keep the words of `--range` in their order, those that Git knows as options among them."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002  # argparse's own signature
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Add one option's words."""
        if option_string == "--range":
            namespace.source = "range"
        else:
            namespace.revisions = [*namespace.revisions, option_string]
        namespace.revisions = [*namespace.revisions, *(values or ())]


def scan_options(formats: tuple[str, ...] = ("text", "json", "sarif")) -> Parser:
    """Return the options of `scan`, for a command that writes these formats."""
    options = Parser(add_help=False)
    paths = "files and folders to read (default: the current folder); `-` is standard input"
    options.add_argument("path", nargs="*", type=name, metavar="PATH", help=paths)
    options.set_defaults(source="tree")
    add = options.add_mutually_exclusive_group().add_argument
    index, history = "read the index, not the files", "read every object of the repository at PATH"
    for option, source, reads in (
        ("--staged", "index", index),
        ("--stdin", "stdin", "read standard input, as `-` does"),
        ("--history", "history", history),
    ):
        add(option, action="store_const", dest="source", const=source, help=reads)
    add(
        "--event",
        type=file_name,
        metavar="FILE",
        help="read what an event of GitHub says itself, such as a comment, from its file",
    )
    add(
        "--range",
        action=_Revisions,
        nargs="*",
        dest="revisions",
        default=[],
        metavar="REV",
        help="read what these commits added: A..B, or --all --not OLD for what is new since then "
        "(PATH comes before it)",
    )
    options.add_argument(
        *FORMS,
        action=_Revisions,
        nargs="*",
        dest="revisions",
        default=[],
        metavar="REV",
        help="further revisions of --range, as `git rev-list` takes them",
    )
    options.add_argument(
        "--deep", action="store_true", help="search a history for every encoding, at half the speed"
    )
    _add_reporting(options, formats)
    _add_hiding(options)
    return options


def _add_reporting(options: Parser, formats: tuple[str, ...]) -> None:
    add = options.add_argument_group("what is reported").add_argument
    form = "how the report is written (default: text)"
    add("--format", choices=formats, default="text", help=form)
    add(
        "--fail-on",
        choices=("any", "live", "none"),
        default="any",
        help="exit 1 for any key, for live keys alone, or for none (default: any)",
    )
    add("--include-malformed", action="store_true", help="show keys that decode only in part")
    output = "write the report to FILE, which only you may read, not to standard output"
    add("--output", type=file_name, metavar="FILE", help=output)


def _add_hiding(options: Parser) -> None:
    none = "None of these hides a key that is proven live."
    add = options.add_argument_group("what is hidden", none).add_argument
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="paths, such as 'tests/*'; may be repeated",
    )
    baseline = "what a detect-secrets baseline holds"
    add("--baseline", type=file_name, metavar="FILE", help=baseline)
    keys = (
        "keys, by lines `fingerprint HEX [path=PATTERN] [until=DATE]`, which `allow` writes; "
        "`missing ID` accepts that an object is lost, `unread PATTERN-OR-ID REASON` that a file "
        "cannot be opened"
    )
    add("--allow-list", type=file_name, metavar="FILE", help=keys)


def scan(arguments: argparse.Namespace) -> int:
    """Find keys. Raises UsageError where only a live one would fail: nobody asks whether it is."""
    if arguments.fail_on == "live":
        raise UsageError(
            "`scan` asks nobody whether a key is live, so --fail-on live would never fail.",
            remedy="Use `verify --fail-on live`, or `scan --fail-on any`.",
        )
    return lead(arguments)


def lead(
    arguments: argparse.Namespace,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    investigating: Investigating | None = None,
    ask: Ask | None = None,
) -> int:
    """Lead one run through the stages that are asked for, write its report, return its code.

    `ask` is asked before anything is changed; None asks nobody.
    """
    from bedrock_key_guard.pipeline import pipeline
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import exit_code

    require_folder()
    require_place(arguments)
    around = Surroundings(ask=ask)
    if not arguments.quiet:
        from bedrock_key_guard.console.progress_display import watching

        around = replace(around, watch=lambda: watching(sys.stderr, os.environ))
    report = pipeline.run(_scanning(arguments), verifying, responding, around, investigating)
    deliver(written(report, arguments), report, arguments)
    return exit_code(report, arguments.fail_on)


def require_folder() -> None:
    """Raise UsageError where the current folder has been deleted: no path means anything there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UsageError(
            "The current folder does not exist any more.",
            remedy="Change to one that does, and run the command again.",
        ) from None


def _scanning(arguments: argparse.Namespace) -> Scanning:
    from bedrock_key_guard.scan.allowlist import allow_list
    from bedrock_key_guard.scan.scanning import Scanning
    from bedrock_key_guard.scan.sources.event_text import EventFile

    source: SourceName = "nothing" if arguments.event else arguments.source
    paths = tuple(arguments.path)
    if paths == (STANDARD_INPUT,) and source == "tree":
        source, paths = "stdin", ()
    if STANDARD_INPUT in paths:
        raise UsageError("`-`, for standard input, stands alone; a file of that name is `./-`.")
    if len(paths) > _MOST_PATHS.get(source, 1):
        raise UsageError(
            "--staged, --history and --range take one folder, --stdin and --event take none."
        )
    if source == "stdin" and input_is_closed():
        raise UsageError("Standard input is closed.", remedy="Send something into it.")
    if arguments.revisions and source != "range":
        raise UsageError(f"{arguments.revisions[0]} goes with --range alone.")
    return Scanning(
        paths=tuple(map(Path, paths)) or (Path(),),
        source=source,
        revisions=tuple(arguments.revisions),
        deep=arguments.deep,
        event=EventFile(arguments.event) if arguments.event else None,
        allow=allow_list(arguments.allow_list, arguments.baseline, arguments.exclude),
        include_malformed=arguments.include_malformed,
    )


def written(report: Report, arguments: argparse.Namespace) -> str:
    """Return a report as it was asked for."""
    form = arguments.format
    if form == "json":
        from bedrock_key_guard.report.json.json_report import as_json

        return as_json(report)
    if form == "sarif":
        from bedrock_key_guard.report.sarif.sarif_report import as_sarif

        return as_sarif(report)
    if form == "html":
        from bedrock_key_guard.report.html.page import as_html

        return as_html(report)
    if form == "markdown":
        from bedrock_key_guard.report.github.summary import as_markdown

        return as_markdown(report, visibility="private")
    from bedrock_key_guard.report.terminal.text import as_text
    from bedrock_key_guard.text.harmless import canvas_for, own_shell

    next_words, shell = further(arguments), own_shell()
    if arguments.output:
        return as_text(report, canvas=canvas_for(None, "utf-8", shell), further=next_words)
    canvas, colour = page(sys.stdout, shell)
    return as_text(report, colour=colour, canvas=canvas, further=next_words)
