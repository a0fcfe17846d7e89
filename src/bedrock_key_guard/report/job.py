"""Say in one line what a job read, as whom it came, and what it could not have done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bedrock_key_guard.report.report import may_name_users, plural, size

if TYPE_CHECKING:
    from bedrock_key_guard.report.report import Job, Report, Visibility

_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,52}\b")
_SOURCES = {
    "range": "new commits",
    "history": "the history",
    "working-tree": "files",
    "event": "the event's own text",
    "wiki": "pages of the wiki",
}


def statement(report: Report, visibility: Visibility | None) -> str:
    """Return the line, "" where no job is known; strangers are not told which role it is."""
    job = report.job
    if job is None:
        return ""
    parts = (
        f"Event {job.event}: {_read(report)}",
        f"AWS: {_identity(report, job, visibility)}",
        f"GitHub: {job.token or 'no token'}",
        f"It could not {', nor '.join(job.could_not)}" if job.could_not else "",
    )
    return f"{'. '.join(filter(None, parts))}."


def _read(report: Report) -> str:
    scanned = report.scan.scanned
    what = ", ".join(_SOURCES.get(each, each) for each in scanned.sources) or "nothing"
    of_range = f" {_ID.sub(chr(92) + '1', scanned.range)}" if scanned.range else ""
    return f"{what}{of_range}, {plural(scanned.objects, 'file')}, {size(scanned.bytes)}"


def _identity(report: Report, job: Job, visibility: Visibility | None) -> str:
    if not job.credentials:
        return "no credentials, a key found now would stay unverified"
    who = report.acted_as or job.role
    named = f" of {who}" if who and may_name_users(visibility) else ""
    return f"{job.credentials}{named}, {'checked' if report.acted_as else 'not checked'}"
