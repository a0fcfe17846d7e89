"""Fetch once more the bytes that hold a key, of which a shard told the fingerprint alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git, temporary_folder
from bedrock_key_guard.git.mirror import mirror
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model.findings import Scan, Scanned, joined
from bedrock_key_guard.org.cloning import EVERYTHING
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read, scan
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.objects import objects

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.org.cloning import Hosting
    from bedrock_key_guard.org.sweep_plan import Planned


def keys_of_object(planned: Planned, token: str, object_id: str) -> tuple[Finding, ...]:
    """Return the keys of one object of a repository, none where the server does not give it.

    A server gives an object by its id where it speaks version 2 of Git's protocol (gitprotocol-v2,
    `want`) or allows it (`uploadpack.allowAnySHA1InWant`).
    """
    with temporary_folder() as work:
        try:
            folder = mirror(work / "object", planned.address, token, (object_id,))
            return read(_source_of(folder, object_id), AllowList()).findings
        except GuardError:
            return ()


def keys_of_repository(planned: Planned, hosting: Hosting) -> tuple[Finding, ...]:
    """Return the keys of a whole repository, for those that no object holds, such as names."""
    with temporary_folder() as work:
        try:
            folder = mirror(work / "clone", planned.address, hosting.token, EVERYTHING)
            whole = Scanning(paths=(folder,), source="history", deep=True)
            written = read(hosting.texts(planned.name), AllowList()) if planned.texts else Scan()
            return joined(scan(whole, os.environ), written).findings
        except GuardError:
            return ()


def _source_of(folder: Path, object_id: str) -> Generator[Source, None, None]:
    with clean_git(repository_of(folder, "object")) as git, ObjectReader(git) as reader:
        yield Source(Scanned(), (each for each in objects(reader, [object_id])))
