"""Write a report as annotations: workflow commands that GitHub shows beside the lines.

Commands and their escapes are those of "Workflow commands for GitHub Actions" and of actions/runner
(ActionCommand.cs): a line that starts with `::error` is one command to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.report.details import describe, place, response, withheld
from bedrock_key_guard.report.report import Report, Visibility, may_name_places, plural
from bedrock_key_guard.report.status import words, worst_first
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Case

MOST_ANNOTATIONS = 10
"""GitHub shows ten of each kind for a step."""


def as_annotations(report: Report, *, visibility: Visibility) -> list[str]:
    """Return the lines for the keys and for the warnings, at most MOST_ANNOTATIONS of each.

    The worst key comes first, and the last line says what is missing. `visibility` is that of the
    repository, whose readers see the annotations.
    """
    warnings = map(_warning, report.warnings[:MOST_ANNOTATIONS])
    return [*_of_keys(worst_first(report.cases), visibility), *warnings]


def _of_keys(cases: list[Case], visibility: Visibility) -> list[str]:
    kept = cases if len(cases) <= MOST_ANNOTATIONS else cases[: MOST_ANNOTATIONS - 1]
    annotations = [_annotation(case, visibility) for case in kept]
    missing = len(cases) - len(kept)
    return [*annotations, _left_out(missing)] if missing else annotations


def _annotation(case: Case, visibility: Visibility) -> str:
    now, incident = words(case), case.incident
    level = "warning" if incident.confidence == "malformed" else "error"
    properties = {"title": f"{incident.key.family.title}, {now.name}"}
    first, *others = incident.locations
    where = f"It is in {plural(len(others), 'more place')}." if others else ""
    if not may_name_places(case, visibility):
        where = withheld(case)
    elif first.source == "event":
        where = f"It is at {place(first)}. {where}".rstrip()
    else:
        at = {"file": first.path, "line": f"{first.line}", "col": f"{first.column}"}
        properties = at | properties
    who = f"{'; '.join(describe(incident.key))}."
    message = " ".join(filter(None, (now.sentence, _done(case), who, where)))
    return _command(level, properties, message)


def _done(case: Case) -> str:
    if case.outcome is None or case.outcome.action not in CHANGES:
        return ""
    return f"Response: {response(case)[0][1]}."


def _warning(warning: str) -> str:
    return _command("warning", {"title": "Bedrock Key Guard"}, warning)


def _left_out(number: int) -> str:
    message = f"{plural(number, 'more key')} found: the job summary and the report name them."
    return _command("error", {"title": "More leaked keys"}, message)


def _command(level: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
