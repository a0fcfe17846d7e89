"""Collect what detect-secrets finds, and what it never looks at."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from copy import copy
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
    whole_keys,
)
from bedrock_key_guard.scan.prefilter import may_hold_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from detect_secrets.core.potential_secret import PotentialSecret

    from bedrock_key_guard.model.findings import Finding, NotScanned
    from bedrock_key_guard.scan.allowlist import AllowList

# As many characters as a secret may never show; a shorter value may be in a key by chance.
_FRAGMENT = 12


class CompleteCollection(SecretsCollection):
    """Add the keys that the engine finds to those of detect-secrets, each of them once.

    detect-secrets makes collections where it likes, so what was missed and found is kept for all.
    `new` are the findings that no baseline knows, `allow` says which people need not see, and
    `written` is what a baseline was written of. A portable baseline does not name the detector, and
    keeps what detect-secrets itself finds of a key: so it serves who has detect-secrets alone.
    """

    missed: ClassVar[set[NotScanned]] = set()
    new: ClassVar[list[Finding]] = []
    allow: ClassVar[AllowList | None] = None
    is_portable: ClassVar[bool] = False
    written: ClassVar[SecretsCollection | None] = None
    # Of each file: the keys in it, and of those that people must see the secrets that they are.
    _keys: ClassVar[dict[str, list[Finding]]] = {}
    _found: ClassVar[dict[str, dict[PotentialSecret, list[Finding]]]] = {}

    @classmethod
    def begin(cls, allow: AllowList | None) -> None:
        """Forget what an earlier run of this process has met."""
        cls.missed, cls.new, cls._keys, cls._found = set(), [], {}, {}
        cls.allow, cls.is_portable, cls.written = allow, False, None

    @classmethod
    def findings_of(cls, secret: PotentialSecret) -> list[Finding]:
        """Return the engine's findings for what detect-secrets calls `secret`."""
        return cls._found.get(secret.filename, {}).get(secret, [])

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
        """Return what a baseline holds: names as every system reads them, which show no key."""
        files: dict[str, list[dict[str, Any]]] = {}
        for name, secrets in super().json().items():
            shown = self._redacted(name).replace("\\", "/")
            files.setdefault(shown, []).extend({**each, "filename": shown} for each in secrets)
        return files

    def _redacted(self, name: str) -> str:
        """Return a name without keys; a run that has met none need not look long."""
        if not self._keys and not may_hold_key(os.fsencode(name)):
            return name
        from bedrock_key_guard.text.redaction import redact

        return redact(name)

    def __sub__(self, baseline: SecretsCollection) -> SecretsCollection:
        """Return what a baseline does not know: each key once, and as what it is.

        A key is known by its hash, whichever detector saw it and however its file was named.
        """
        new = SecretsCollection()
        for name in self.files:
            place = os.path.join(self.root, name)  # noqa: PTH118
            known = {(each.type, each.secret_hash) for each in _of_file(baseline, name)}
            hashes = {secret_hash for _, secret_hash in known}
            others = _without_parts(self[name], self._keys.get(place, []))
            new[name] = {each for each in others if (each.type, each.secret_hash) not in known}
            found = self._found.get(place, {})
            new[name] |= {each for each in found if each.secret_hash not in hashes}
        return new

    def trim(
        self,
        scanned_results: SecretsCollection | None = None,
        filelist: list[str] | None = None,
    ) -> None:
        """Take out what is no more there; what another detector sees now is there."""
        if scanned_results is not None:
            for name in scanned_results.files:
                self._put_beside(name, scanned_results)
        super().trim(scanned_results, filelist)

    def _put_beside(self, name: str, scanned: SecretsCollection) -> None:
        """Put beside what was found of a file the same as we have it, of another detector."""
        found = {each.secret_hash: each for each in scanned[name]}
        for each in self.data.get(name, set()) - scanned[name]:
            if each.secret_hash in found:
                same = copy(each)
                same.line_number = found[each.secret_hash].line_number
                scanned[name].add(same)

    def _complete(self, filename: str) -> None:
        if BedrockApiKeyDetector.__name__ not in get_settings().plugins:
            return
        path = os.path.join(self.root, filename)  # noqa: PTH118  # as detect-secrets joins them
        scan = scan_file(path, self.allow)
        if scan is None:
            return
        self.missed.update(scan.not_scanned)
        place = convert_local_os_path(path)
        keys = self._keys[place] = whole_keys(scan)
        found = self._found[place] = {}
        for finding in wanted(scan, path):
            secret = potential_secret(finding.key, place, finding.location.line)
            found.setdefault(secret, []).append(finding)
        name = convert_local_os_path(filename)
        secrets = _without_parts(self.data.pop(name, set()), [] if self.is_portable else keys)
        seen = {each.secret_hash for each in secrets}
        secrets |= {each for each in found if each.secret_hash not in seen}
        if secrets:
            self.data[name] = secrets


def _of_file(baseline: SecretsCollection, name: str) -> Iterable[PotentialSecret]:
    """Yield what a baseline has of a file, which it names from the top of the repository."""
    from bedrock_key_guard.git.repository import path_in_repository

    for each in dict.fromkeys((name, convert_local_os_path(path_in_repository(name)))):
        yield from baseline.data.get(each, ())


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
    from bedrock_key_guard.text.redaction import keep_out

    for key in keys_in(line):
        keep_out(key.secret)
        written = re.escape(key.secret.unseal().rstrip("=")) + "=*"
        line, count = re.subn(written, key.fingerprint, line)
        line = line if count else key.fingerprint
    return line
