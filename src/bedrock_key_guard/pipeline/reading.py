"""Read what a run is asked to scan: each source by its own module of the scanner."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import Scan, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.pipeline.options import Scanning
    from bedrock_key_guard.scan.progress import Progress


def read(scanning: Scanning, environment: Mapping[str, str], progress: Progress) -> Scan:
    """Scan what was asked for. Raises UsageError for what is not there."""
    scan = _read_source(scanning, environment, progress)
    if not scanning.with_tree or scan.interrupted:
        return scan
    return joined(scan, _read_source(replace(scanning, source="tree"), environment, progress))


def _read_source(scanning: Scanning, environment: Mapping[str, str], progress: Progress) -> Scan:
    if scanning.source == "nothing":
        return Scan(notes=(scanning.why_nothing,))
    if scanning.source == "stdin":
        from bedrock_key_guard.scan.sources.stdin import scan_stream

        return scan_stream(sys.stdin.buffer, scanning.allow)
    if scanning.source == "index":
        from bedrock_key_guard.scan.sources.index import scan_index

        return scan_index(scanning.paths[0], scanning.allow, environment)
    if scanning.source == "history":
        from bedrock_key_guard.scan.sources.history import scan_history

        return scan_history(
            scanning.paths[0], scanning.allow, deep=scanning.deep, progress=progress
        )
    if scanning.source == "range":
        from bedrock_key_guard.scan.sources.commit_range import scan_range

        return scan_range(scanning.paths[0], scanning.revisions, scanning.allow, progress)
    from bedrock_key_guard.scan.sources.worktree import scan_paths

    return scan_paths(scanning.paths, scanning.allow, progress)
