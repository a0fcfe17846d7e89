"""Collect what detect-secrets finds, and what it never looks at."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, ClassVar

from detect_secrets.audit.common import LineGetter
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import get_settings
from detect_secrets.util.path import convert_local_os_path

from bedrock_key_guard.plugin.detector import (
    SECRET_TYPE,
    BedrockApiKeyDetector,
    keys_in,
    potential_secret,
    scan_file,
    wanted,
)
from bedrock_key_guard.text.redaction import keep_out, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detect_secrets.core.potential_secret import PotentialSecret

    from bedrock_key_guard.model.findings import Finding, NotScanned

# As many characters as a secret may never show; a shorter value may be in a key by chance.
_FRAGMENT = 12


class CompleteCollection(SecretsCollection):
    """Add the keys that the engine finds to those of detect-secrets, each of them once.

    detect-secrets makes collections where it likes, so what was missed and found is kept for all.
    `new` are the findings that no baseline knows.
    """

    missed: ClassVar[set[NotScanned]] = set()
    new: ClassVar[list[Finding]] = []
    _found: ClassVar[dict[PotentialSecret, list[Finding]]] = {}

    @classmethod
    def findings_of(cls, secret: PotentialSecret) -> list[Finding]:
        """Return the engine's findings for what detect-secrets calls `secret`."""
        return cls._found.get(secret, [])

    def scan_file(self, filename: str) -> None:
        """Scan one file as detect-secrets does, and then with the engine."""
        super().scan_file(filename)
        self._complete(filename)

    def scan_files(self, *filenames: str, num_processors: int | None = None) -> None:
        """Scan files in a pool as detect-secrets does, and then with the engine."""
        super().scan_files(*filenames, num_processors=num_processors)
        for filename in filenames:
            self._complete(filename)

    def json(self) -> dict[str, Any]:
        """Return what a baseline holds; no file's name in it shows a key."""
        files: dict[str, list[dict[str, Any]]] = {}
        for name, secrets in super().json().items():
            shown = files.setdefault(redact(name), [])
            shown += ({**each, "filename": redact(name)} for each in secrets)
        return files

    def _complete(self, filename: str) -> None:
        if BedrockApiKeyDetector.__name__ not in get_settings().plugins:
            return
        path = os.path.join(self.root, filename)  # noqa: PTH118  # as detect-secrets joins them
        scan = scan_file(path)
        self.missed.update(scan.not_scanned)
        findings = wanted(scan, path)
        name = convert_local_os_path(filename)
        secrets = _without_parts(self.data.pop(name, set()), findings)
        for finding in findings:
            place = convert_local_os_path(path), finding.location.line
            secret = potential_secret(finding.key, *place)
            self._found.setdefault(secret, []).append(finding)
            secrets.add(secret)
        if secrets:
            self.data[name] = secrets


class SealedLines(LineGetter):
    """Give audits every line of a file, and in place of each key its fingerprint."""

    @contextmanager
    def open_file(self) -> Iterator[IO[str]]:  # type: ignore[override]
        """Open the file whatever its encoding."""
        with open(self.filename, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # in detect-secrets' own
            yield file

    @property
    def lines(self) -> list[str]:
        """Return what detect-secrets' transformers leave, as long as the file."""
        lines = [_sealed(line) for line in super().lines]
        return lines + [""] * (len(self.raw_lines) - len(lines))

    @property
    def raw_lines(self) -> list[str]:
        """Return the lines of the file."""
        return [_sealed(line) for line in super().raw_lines]


def _without_parts(secrets: set[PotentialSecret], findings: list[Finding]) -> set[PotentialSecret]:
    """Leave out what another detector found of the same keys, whole or in pieces."""
    keys = [finding.key.secret.unseal() for finding in findings]
    return {
        secret
        for secret in secrets
        if secret.type != SECRET_TYPE and not _is_part(secret.secret_value or "", keys)
    }


def _is_part(value: str, keys: list[str]) -> bool:
    return len(value) >= _FRAGMENT and any(value in key for key in keys)


def _sealed(line: str) -> str:
    """Replace each key; a line in which one is written in another way is not shown at all."""
    for key in keys_in(line):
        keep_out(key.secret)
        written = re.escape(key.secret.unseal().rstrip("=")) + "=*"
        line, count = re.subn(written, key.fingerprint, line)
        line = line if count else key.fingerprint
    return line
