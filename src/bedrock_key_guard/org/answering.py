"""Lead what the shards found through the rest of the house, and keep one issue for each key."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.org.hosting import client_of, hosting_of, server_of
from bedrock_key_guard.org.recovery import keys_of_object, keys_of_repository
from bedrock_key_guard.org.reduce import Recovering, joined, scan_of
from bedrock_key_guard.org.state import state_of, write_state
from bedrock_key_guard.pipeline import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.org.rows import Row
    from bedrock_key_guard.org.sweep_plan import Plan
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
