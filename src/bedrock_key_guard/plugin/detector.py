"""Teach detect-secrets about Amazon Bedrock API keys: `detect-secrets scan -p <this file>`.

`bedrock-key-guard detect-secrets-plugin` prints where this file is.

detect-secrets shows a plugin single lines, of which its transformers and filters have taken many
away (YAML lists, comments, `Client(api_key=...)`). So this plugin reads the whole file itself when
it is shown the first line.

Loaded by its path, this file has no package around it: it imports by absolute names only. What only
a file with a key needs is imported where that is met: this is loaded at every commit.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detect_secrets.constants import VerifiedResult
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.settings import get_filters, get_settings
from detect_secrets.util.inject import call_function_with_arguments

try:
    from bedrock_key_guard.scan.prefilter import may_hold_key
    from bedrock_key_guard.scan.prefilter.batches import Batches
except ImportError:
    # detect-secrets would go on without any plugin, and call a commit clean.
    sys.stderr.write(
        "BedrockApiKeyDetector needs the package bedrock-key-guard in the Python of detect-secrets,"
        " so nothing was checked.\n  Install it there with `pip install 'bedrock-key-guard"
        "[detect-secrets] @ git+https://github.com/OWNER/bedrock-key-guard'`.\n"
    )
    raise SystemExit(2) from None

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from detect_secrets.util.code_snippet import CodeSnippet

    from bedrock_key_guard.keys.key import Key
    from bedrock_key_guard.model.findings import Finding, Scan
    from bedrock_key_guard.scan.allowlist import AllowList

# Not the name that Yelp/detect-secrets#927 proposes: both may be there one day.
SECRET_TYPE = "Bedrock API Key"  # noqa: S105  # what is shown to people
PRAGMA_FILTER = "detect_secrets.filters.allowlist.is_line_allowlisted"
USERS_FILTERS = "detect_secrets.filters.regex."


class BedrockApiKeyDetector(BasePlugin):
    """Find the keys of Amazon Bedrock and of its siblings, by structure and not by entropy."""

    secret_type = SECRET_TYPE

    def __init__(self) -> None:
        self._shown: tuple[str, int] = ("", 0)

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """Yield the keys in a piece of text."""
        yield from (key.secret.unseal() for key in keys_in(string))

    def analyze_line(
        self,
        filename: str,
        line: str,
        line_number: int = 0,
        context: CodeSnippet | None = None,  # noqa: ARG002  # detect-secrets passes it
        **_: Any,
    ) -> set[PotentialSecret]:
        """Return the keys of the whole file at its first line, and nothing at the others.

        Line 0 is no file (`scan --string`). Where pragmas are not honoured (`--only-allowlisted`),
        each line has its own.
        """
        if not line_number:
            return {potential_secret(key, filename, 0) for key in keys_in(line)}
        begun, self._shown = self._shown, (filename, line_number)
        if PRAGMA_FILTER not in get_settings().filters:
            return set(secrets_in(filename, line_number))
        is_first = begun[0] != filename or line_number <= begun[1]
        return set(secrets_in(filename)) if is_first else set()

    def verify(self, secret: str) -> VerifiedResult:  # noqa: ARG002  # nothing is looked at
        """Say that nothing was verified: this runs at every commit, and drops no finding."""
        return VerifiedResult.UNVERIFIED


def secrets_in(filename: str, line: int | None = None) -> Iterator[PotentialSecret]:
    """Yield the secrets of a file (or of one line of it) that its user has not excluded."""
    for finding in wanted(scan_file(filename), filename):
        if line in (None, finding.location.line):
            yield potential_secret(finding.key, filename, finding.location.line)


def scan_file(filename: str, allow: AllowList | None = None) -> Scan | None:
    """Scan a file, or take the answer of a moment ago if the file has not changed since.

    Returns None where a quick look shows that it and its name hold no key, and it no other files.
    """
    try:
        state = os.lstat(filename)
    except OSError:
        return _scan_unchanged(filename, allow, 0, 0)
    return _scan_unchanged(filename, allow, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _scan_unchanged(filename: str, allow: AllowList | None, *_: int) -> Scan | None:
    name = os.fsencode(filename)
    suspects, _clean = Batches().select([name])
    if not suspects and not may_hold_key(name):
        return None
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.scan import read
    from bedrock_key_guard.scan.sources.worktree import files
    from bedrock_key_guard.text.redaction import keep_out

    scan = read(files([Path(filename)]), allow or AllowList())
    for finding in scan.findings:
        keep_out(finding.key.secret)
    return scan


def whole_keys(scan: Scan | None) -> list[Finding]:
    """Return the findings of whole keys, also of those that people need not see."""
    return [each for each in scan.findings if each.confidence == "exact"] if scan else []


def wanted(scan: Scan | None, filename: str) -> list[Finding]:
    """Return the findings that people must see, by the pragmas and their own patterns."""
    pragmas = PRAGMA_FILTER in get_settings().filters
    return [
        finding
        for finding in whole_keys(scan)
        if not (pragmas and finding.allowed) and not _is_excluded(finding, filename)
    ]


def potential_secret(key: Key, filename: str, line: int) -> PotentialSecret:
    """Return the key as detect-secrets has it: hashed, and beside the hash no text of it."""
    secret = PotentialSecret(SECRET_TYPE, filename, key.secret.unseal(), line)
    # detect-secrets sends this text between processes and prints it in audits.
    secret.secret_value = key.fingerprint
    return secret


def _is_excluded(finding: Finding, filename: str) -> bool:
    """Return whether `--exclude-files`, `--exclude-lines` or `--exclude-secrets` leaves it out."""
    filters = [each for each in get_filters() if each.path.startswith(USERS_FILTERS)]
    if not filters:
        return False
    text = {
        "filename": filename,
        "line": _line(filename, finding.location.line),
        "secret": finding.key.secret.unseal(),
    }
    return any(call_function_with_arguments(each, **text) for each in filters)


def _line(filename: str, number: int) -> str:
    with Path(filename).open("rb") as file:
        line = next(islice(file, number - 1, None), b"")
    return line.replace(b"\0", b"").decode(errors="replace").rstrip()


def keys_in(text: str) -> Iterator[Key]:
    """Yield the whole keys in a piece of text."""
    from bedrock_key_guard.scan.containers.decoded import matches

    found = matches(text.encode(errors="surrogateescape"))
    return (match.key for match in found if match.confidence == "exact")
