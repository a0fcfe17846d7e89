"""Run detect-secrets with Amazon Bedrock API keys added, registered by name.

`detector` is the plugin itself, `wrapper` runs detect-secrets around it, `replacements` are what it
gets in place of its own parts, `collection` is what it collects in, and `git_answers` answers its
questions about Git. A baseline made this way holds no path of any machine.
"""

from __future__ import annotations

import os
import sys

from bedrock_key_guard.console.standard_streams import replace_closed_streams, report_error, write
from bedrock_key_guard.errors import InterruptedRunError, UsageError, as_guard_error, install_with

USAGE = """\
usage: bedrock-key-guard-detect-secrets [hook] [OPTION ...] [FILE ...]
       bedrock-key-guard-detect-secrets scan|audit [OPTION ...]

These are detect-secrets' own commands, with Amazon Bedrock API keys added, and take its options:
`COMMAND --help` lists them. Beside those:

  --allow-list FILE, --exclude PATTERN    Bedrock keys that the hook need not tell, as in the other
                                          hooks of the guard
  --portable                              of `scan`: write a baseline that detect-secrets without
                                          the guard takes, too"""


def main(argv: list[str] | None = None) -> int:
    """Run detect-secrets' `hook` (the default), `scan` or `audit`, as the first argument says.

    Returns what detect-secrets returns (0 clean, 1 new secrets, 3 the baseline was rewritten), and
    beside it 2 usage, 4 something could not be read, 70 internal error, 130 interrupted.
    """
    replace_closed_streams()
    try:
        arguments = sys.argv[1:] if argv is None else argv
        if arguments in (["-h"], ["--help"]):
            write(f"{USAGE}\n")
            return 0
        _refuse_files_named_like_options(arguments)
        return _run(arguments)
    except KeyboardInterrupt:
        return report_error(InterruptedRunError("The run was interrupted; nothing was checked."))
    except Exception as error:  # noqa: BLE001  # its text may quote a file; its name cannot
        failed = "detect-secrets failed ({kind}), so nothing was checked."
        return report_error(as_guard_error(error, failed))


def _run(arguments: list[str]) -> int:
    try:
        from bedrock_key_guard.plugin.wrapper import run
    except ImportError:
        raise UsageError(
            "detect-secrets is not installed here, or is a version that cannot be used.",
            remedy=f"Install it with `{install_with('detect-secrets')}`.",
        ) from None
    return run(arguments)


def _refuse_files_named_like_options(arguments: list[str]) -> None:
    """Raise UsageError for a file called `--plugin=x.py`: given as a file, run as an option."""
    for argument in arguments:
        if argument.startswith("-") and os.path.lexists(argument):
            raise UsageError(
                f"The file {argument!a} is named like an option, and may be a trap.",
                remedy="Rename it.",
            )
