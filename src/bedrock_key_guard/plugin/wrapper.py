"""Run detect-secrets with our detector known by name, and with what it never shows a plugin.

Files in UTF-16, binaries, `.svg`, `.lock` and a lone `Client(api_key=...)` reach no plugin, so the
engine reads every file once more and adds what was missed. Nothing that a baseline or an argument
names is imported: both may come from the scanned tree.
"""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import detect_secrets.main
from detect_secrets import pre_commit_hook, settings
from detect_secrets.audit import common as audit
from detect_secrets.core import baseline, secrets_collection
from detect_secrets.core.plugins import initialize, util
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import get_files_to_scan
from detect_secrets.core.usage import filters
from detect_secrets.exceptions import InvalidBaselineError, UnableToReadBaselineError
from detect_secrets.util import git as detect_secrets_git
from detect_secrets.util.color import AnsiColor, colorize

from bedrock_key_guard.console.standard_streams import say, write
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.githooks.explanations import explanations
from bedrock_key_guard.plugin import git_answers
from bedrock_key_guard.plugin.collection import CompleteCollection, SealedLines
from bedrock_key_guard.plugin.detector import SECRET_TYPE, BedrockApiKeyDetector
from bedrock_key_guard.report.terminal.blocked import COMMIT, unread
from bedrock_key_guard.text.redaction import redact
from bedrock_key_guard.text.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import Settings

NAME = BedrockApiKeyDetector.__name__
INCOMPLETE = 4
_REMEDY = "Use a version of detect-secrets that this version of the guard knows."
# What makes an audit print an answer, and ask a person nothing.
_ANSWERS = frozenset(("--report", "--stats"))
_OWN_FILTERS = "detect_secrets.filters."
_configure = settings.configure_settings_from_baseline
_print_secrets = pre_commit_hook.pretty_print_diagnostics


def run(arguments: list[str]) -> int:
    """Run the command that the first argument names, or the hook, and return its exit code.

    Raises UsageError where detect-secrets does not take the detector, or is to run foreign code.
    """
    register()
    _make_complete()
    _make_safe()
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "audit":
        return _audit(arguments)
    if command == "scan":
        code = _written(lambda: detect_secrets.main.main(arguments))
    else:
        words = [_as_listed(each) for each in (rest if command == "hook" else arguments)]
        code = _written(lambda: pre_commit_hook.main(words))
    for text in explanations(CompleteCollection.new, COMMIT, allow_list=None):
        say(text)
    if CompleteCollection.missed:
        say(unread(sorted(CompleteCollection.missed)))
    incomplete = any(each.kind == "missing" for each in CompleteCollection.missed)
    return code or (INCOMPLETE if incomplete else 0)


def _as_listed(word: str) -> str:
    """Return the name of a file as a baseline has it, which is written in the same folder.

    Those who call hooks pass absolute names, too.
    """
    if word.startswith("-") or not Path(word).is_file():
        return word
    file, here = Path(os.path.abspath(word)), Path.cwd()  # noqa: PTH100  # links stay as they are
    return str(file.relative_to(here)) if file.is_relative_to(here) else word


def register() -> None:
    """Make the detector known by its name, as detect-secrets does for the plugins it loads.

    Raises UsageError where detect-secrets then finds another of that name, or none.
    """
    known: dict[str, Any] = util.get_mapping_from_secret_type_to_class()
    known[SECRET_TYPE] = BedrockApiKeyDetector
    if not isinstance(initialize.from_plugin_classname(NAME), BedrockApiKeyDetector):
        raise UsageError(f"detect-secrets has another detector called {NAME}.", remedy=_REMEDY)


def _audit(arguments: list[str]) -> int:
    """Let a person judge a baseline. Raises UsageError for a file that is none."""
    try:
        if _ANSWERS.isdisjoint(arguments):
            return detect_secrets.main.main(arguments)
        return _written(lambda: detect_secrets.main.main(arguments))
    except (UnableToReadBaselineError, InvalidBaselineError):
        raise UsageError(
            "There is no baseline of that name, or it cannot be read.",
            remedy="Name one that `bedrock-key-guard-detect-secrets scan` has written.",
        ) from None


def _written(command: Callable[[], int]) -> int:
    """Run a command, and write what it prints as data are written, whoever reads them.

    No key is in it: detect-secrets prints the names of files, and its arguments, as they are.
    """
    printed, said = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(said):
            return command()
    finally:
        if said.getvalue():
            say(_redacted(said))
        write(_redacted(printed))


def _redacted(text: io.StringIO) -> str:
    return "".join(redact(line) for line in text.getvalue().splitlines(keepends=True))


def configure_child(config: dict[str, Any]) -> Settings:
    """Set up a process of detect-secrets' pool, which may know nothing of its parent's changes."""
    register()
    return _configure(config)


def _make_complete() -> None:
    """Put our collection and our explanation into detect-secrets, and our set-up in its pool."""
    for module in (detect_secrets.main, pre_commit_hook, baseline):
        _replace(module, SecretsCollection=CompleteCollection)
    _replace(pre_commit_hook, pretty_print_diagnostics=_keep_new)
    _replace(secrets_collection, configure_settings_from_baseline=configure_child)
    _replace(baseline, configure_settings_from_baseline=_configure_from_baseline)
    _replace(baseline, get_files_to_scan=_all_files_to_scan)


def _all_files_to_scan(*paths: str, **options: Any) -> Iterator[str]:
    """Yield the files of each path, once each.

    Asked for all at once, detect-secrets leaves out a named file that Git does not track where a
    folder is named beside it.
    """
    return iter(
        dict.fromkeys(name for path in paths for name in get_files_to_scan(path, **options))
    )


def _make_safe() -> None:
    """Let nothing of the tree be run or drive a terminal, and no audit show a key."""
    for module in (settings, util, filters):
        _replace(module, import_file_as_module=_refuse_code)
    _replace(filters, _raise_if_custom_filter_path_is_invalid=_refuse_code)
    for answer in git_answers.ANSWERS:
        _replace(detect_secrets_git, **{answer.__name__: answer})
    _replace(PotentialSecret, __str__=_shown)
    _replace(audit, LineGetter=SealedLines)


def _replace(target: object, **replacements: object) -> None:
    """Put ours in place of what detect-secrets has; raises UsageError where it has not."""
    for name, replacement in replacements.items():
        if not hasattr(target, name):
            raise UsageError(f"This detect-secrets has no `{name}`.", remedy=_REMEDY)
        setattr(target, name, replacement)


def _configure_from_baseline(config: dict[str, Any], filename: str = "") -> Settings:
    """Set up detect-secrets from a baseline, and never without the detector.

    Raises UsageError for a baseline that names code to run, or what detect-secrets cannot use.
    """
    try:
        if _names_code(config):
            _refuse_code()
        configured = _configure(config, filename)
        if NAME not in configured.plugins:
            configured.configure_plugins([{"name": NAME}])
        _try_out(configured)
    except (AttributeError, LookupError, TypeError, ValueError, re.error):
        raise UsageError(
            "The baseline has a plugin or a filter that detect-secrets cannot use.",
            remedy="Take it out, or write a new one with `bedrock-key-guard-detect-secrets scan`.",
        ) from None
    return configured


def _names_code(config: dict[str, Any]) -> bool:
    plugins, filters_used = config.get("plugins_used", ()), config.get("filters_used", ())
    return any("path" in plugin for plugin in plugins) or any(
        not each["path"].startswith(_OWN_FILTERS) for each in filters_used
    )


def _try_out(configured: Settings) -> None:
    """Make every plugin and every pattern: detect-secrets does so in the middle of its work."""
    configured.json()
    for each in configured.filters.values():
        for pattern in each.get("pattern", ()):
            re.compile(pattern)


def _refuse_code(*_: object) -> NoReturn:
    raise UsageError(
        "The baseline or an argument names a plugin or filter of its own: code that would be run.",
        remedy="Take it out: `plugins_used` may hold no `path`, and `filters_used` only paths that"
        " begin with `detect_secrets.filters.`; -p and -f are not accepted.",
    )


def _keep_new(secrets: SecretsCollection, width: int = 80) -> None:
    """Print what detect-secrets prints, and keep what the engine knows of it."""
    _print_secrets(secrets, width)
    for _, secret in secrets:
        CompleteCollection.new += CompleteCollection.findings_of(secret)


def _shown(secret: PotentialSecret) -> str:
    """Write a secret as detect-secrets does, the file's name made harmless."""
    place = f"{printable(secret.filename)}:{secret.line_number}"
    return f"Secret Type: {colorize(secret.type, AnsiColor.BOLD)}\nLocation:    {place}\n"
