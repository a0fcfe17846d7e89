"""Lead what the shards found through the rest of the house, and keep one issue for each key.

A shard tells the fingerprint of a key alone, so the bytes that hold it are fetched once more.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError, UsageError
from bedrock_key_guard.git.cat_file import ObjectReader
from bedrock_key_guard.git.clean_git import clean_git, temporary_folder
from bedrock_key_guard.git.mirror import mirror
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.model import findings
from bedrock_key_guard.model.findings import Scan, Scanned
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.org.cloning import EVERYTHING
from bedrock_key_guard.org.hosting import client_of, hosting_of, server_of
from bedrock_key_guard.org.reduce import Recovering, joined, scan_of
from bedrock_key_guard.org.state import state_of, write_state
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read, scan
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.objects import objects

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from bedrock_key_guard.model.findings import Case, Finding
    from bedrock_key_guard.org.cloning import Hosting
    from bedrock_key_guard.org.rows import Row
    from bedrock_key_guard.org.sweep_plan import Plan, Planned
    from bedrock_key_guard.pipeline.options import Responding, Surroundings, Verifying
    from bedrock_key_guard.report.report import Report


def answered(
    plan: Plan,
    rows: Iterable[Row],
    verifying: Verifying | None,
    responding: Responding | None,
    around: Surroundings,
    state: Path | None = None,
) -> Report:
    """Return the report of a sweep, after every key was verified and answered as asked.

    What was read whole is written to `state`. Raises GuardError.
    """
    hosting = hosting_of(plan, os.environ)
    told = joined(plan, rows, hosting.found_again)
    recovering = Recovering(
        cache(lambda each, object_id: keys_of_object(each, hosting.token, object_id)),
        cache(lambda each: keys_of_repository(each, hosting)),
    )
    report = pipeline.follow(scan_of(told, recovering), verifying, responding, around)
    if state is not None:
        dead = {case.incident.fingerprint for case in report.cases if case.dead}
        write_state(state, state_of(told, dead, utc_now()))
    return report


def told_everywhere(report: Report) -> Report:
    """Keep an issue in each repository that holds a key, which tells of its own places alone.

    What an issue may name follows from who can read that repository. Which could not be written is
    among the report's warnings.
    """
    from bedrock_key_guard.pipeline.announce import Announcement, announce
    from bedrock_key_guard.report.github.case_markdown import ScannedCode

    places = (at for case in report.cases for at in case.incident.locations if at.repository)
    with client_of(os.environ, for_issues=True) as client:
        for repository in sorted({place.repository.removesuffix(".wiki") for place in places}):
            source = ScannedCode(server_of(os.environ), repository, commit="")
            own = replace(report, cases=tuple(_of(report.cases, repository)), warnings=())
            done = announce(own, client, Announcement(repository, source=source))
            report = replace(report.warned(*done.warnings), incomplete=done.incomplete)
    return report


def _of(cases: Iterable[Case], repository: str) -> Iterator[Case]:
    """Yield the cases of a repository, each with its places there."""
    for case in cases:
        at = [
            p for p in case.incident.locations if p.repository.removesuffix(".wiki") == repository
        ]
        if at:
            yield replace(case, incident=replace(case.incident, locations=tuple(at)))


def announced(report: Report, repository: str) -> Report:
    """Keep an issue for each key in one private repository, whatever repositories hold it.

    The issues of a sweep say where keys are that may work: raises UsageError for a repository that
    others can read.
    """
    from bedrock_key_guard.github.visibility import repository_visibility
    from bedrock_key_guard.pipeline.announce import Announcement, announce
    from bedrock_key_guard.report.github.case_markdown import ScannedCode

    with client_of(os.environ, for_issues=True) as client:
        if repository_visibility(client, repository) not in ("private", "internal"):
            raise UsageError(
                f"{repository!r} is not known to be private, and the issues of a sweep say where "
                "keys are.",
                remedy="Name a private repository that the token may read.",
            )
        source = ScannedCode(server_of(os.environ), repository, commit="")
        return announce(report, client, Announcement(repository, source=source, max_issues=100))


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
            return findings.joined(scan(whole, os.environ), written).findings
        except GuardError:
            return ()


def _source_of(folder: Path, object_id: str) -> Generator[Source, None, None]:
    with clean_git(repository_of(folder, "object")) as git, ObjectReader(git) as reader:
        yield Source(Scanned(), (each for each in objects(reader, [object_id])))
