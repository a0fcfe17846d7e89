"""Put the detector, and what is complete and safe, in place of what detect-secrets has.

Nothing that a baseline or an argument names is imported: both may come from the scanned tree.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import detect_secrets.main
from detect_secrets import pre_commit_hook, settings
from detect_secrets.audit import common as audit
from detect_secrets.audit import io as dialogue
from detect_secrets.core import baseline, secrets_collection
from detect_secrets.core.plugins import initialize, util
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import get_files_to_scan
from detect_secrets.core.usage import filters
from detect_secrets.util import git as detect_secrets_git
from detect_secrets.util.color import AnsiColor, colorize

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.plugin import git_answers
from bedrock_key_guard.plugin.collection import CompleteCollection, SealedLines
from bedrock_key_guard.plugin.detector import PRAGMA_FILTER, SECRET_TYPE, BedrockApiKeyDetector
from bedrock_key_guard.system import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import Settings
    from detect_secrets.util.code_snippet import CodeSnippet

NAME = BedrockApiKeyDetector.__name__
_REMEDY = "Use a version of detect-secrets that this version of the guard knows."
_OWN_FILTERS = "detect_secrets.filters."
_configure = settings.configure_settings_from_baseline
_format = baseline.format_for_output
_print_secrets = pre_commit_hook.pretty_print_diagnostics
_ask = dialogue.get_user_decision
_clear = dialogue.clear_screen


class DetectorBesideEngine(BedrockApiKeyDetector):
    """Leave files to the engine, so that detect-secrets finds in them what it does alone.

    Where one detector finds something in a file, it does not read it in its other ways.
    """

    def analyze_line(
        self,
        filename: str,
        line: str,
        line_number: int = 0,
        context: CodeSnippet | None = None,
        **more: Any,
    ) -> set[PotentialSecret]:
        """Return the keys of what is no file, or of a line where those with pragmas are wanted."""
        if line_number and PRAGMA_FILTER in settings.get_settings().filters:
            return set()
        return super().analyze_line(filename, line, line_number, context, **more)


DetectorBesideEngine.__name__ = NAME


def replace_parts(*, to_audit: bool) -> None:
    """Put ours in place, in its pool's processes too. Raises UsageError where it has others.

    An audit asks the detector itself for what is in a line.
    """
    register(BedrockApiKeyDetector if to_audit else DetectorBesideEngine)
    _make_complete()
    _make_safe()


def register(detector: type[BedrockApiKeyDetector]) -> None:
    """Make the detector known by its name, as detect-secrets does for the plugins it loads.

    Raises UsageError where detect-secrets then finds another of that name, or none.
    """
    known: dict[str, Any] = util.get_mapping_from_secret_type_to_class()
    known[SECRET_TYPE] = detector
    if type(initialize.from_plugin_classname(NAME)) is not detector:
        raise UsageError(f"detect-secrets has another detector called {NAME}.", remedy=_REMEDY)


def configure_child(config: dict[str, Any]) -> Settings:
    """Set up a process of detect-secrets' pool, which may know nothing of its parent's changes."""
    register(DetectorBesideEngine)
    return _configure(config)


def _make_complete() -> None:
    """Put our collection and our explanation into detect-secrets, and our set-up in its pool."""
    for module in (detect_secrets.main, pre_commit_hook, baseline):
        _replace(module, SecretsCollection=CompleteCollection)
    _replace(pre_commit_hook, pretty_print_diagnostics=_keep_new)
    _replace(secrets_collection, configure_settings_from_baseline=configure_child)
    _replace(baseline, configure_settings_from_baseline=_configure_from_baseline)
    _replace(baseline, format_for_output=_formatted)
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
    _replace(dialogue, get_user_decision=_decided, clear_screen=_cleared)


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
    config = _by_name(config)
    try:
        if _names_code(config):
            _refuse_code()
        configured = _configure(config, filename)
        if NAME not in configured.plugins:
            CompleteCollection.is_portable = True
            configured.configure_plugins([{"name": NAME}])
        _try_out(configured)
    except (AttributeError, LookupError, TypeError, ValueError, re.error):
        raise UsageError(
            "The baseline has a plugin or a filter that detect-secrets cannot use.",
            remedy="Take it out, or write a new one with `bedrock-key-guard-detect-secrets scan`.",
        ) from None
    return configured


def _by_name(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without the path that `detect-secrets -p` writes of the detector.

    It is of another machine perhaps, and what lies there is not imported: the detector is known.
    """
    used = config.get("plugins_used")
    if not isinstance(used, list):
        return config
    ours = {"name": NAME}
    plugins = [
        ours if isinstance(each, dict) and each.get("name") == NAME else each for each in used
    ]
    return {**config, "plugins_used": plugins}


def _formatted(secrets: SecretsCollection, is_slim_mode: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002  # detect-secrets' own
    """Return a baseline: one that is portable does not name the detector."""
    written = _format(secrets, is_slim_mode)
    if CompleteCollection.is_portable:
        written["plugins_used"] = [each for each in written["plugins_used"] if each["name"] != NAME]
    CompleteCollection.written = secrets
    return written


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


def _decided(**question: bool) -> dialogue.InputOptions:
    """Ask a person; who has no more to say quits, and what was said before counts."""
    try:
        return _ask(**question)
    except EOFError:
        print()  # noqa: T201  # behind the question
        return dialogue.InputOptions.QUIT


def _cleared() -> None:
    """Clear a terminal without running a program, which PATH may name in the tree."""
    if WINDOWS:
        _clear()
    elif sys.stdout.isatty():
        print("\033[H\033[2J\033[3J", end="")  # noqa: T201  # ECMA-48, 8.3.57 and 8.3.39


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
    from bedrock_key_guard.text.harmless import printable

    place = f"{printable(secret.filename)}:{secret.line_number}"
    return f"Secret Type: {colorize(secret.type, AnsiColor.BOLD)}\nLocation:    {place}\n"
