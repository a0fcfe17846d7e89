"""Write a report as annotations: workflow commands that GitHub shows beside the lines.

Commands and their escapes are those of "Workflow commands for GitHub Actions" and of actions/runner
(ActionCommand.cs): a line that starts with `::error` is one command to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.report.describe import describe
from bedrock_key_guard.report.headline import WORDS, standing, worst_first
from bedrock_key_guard.report.report import Report, Visibility, may_tell_where
from bedrock_key_guard.report.terminal.details import response
from bedrock_key_guard.report.totals import plural
from bedrock_key_guard.text.terminal import printable

if TYPE_CHECKING:
    from bedrock_key_guard.model.case import Case

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
    if len(cases) <= MOST_ANNOTATIONS:
        return [_annotation(case, visibility) for case in cases]
    kept = cases[: MOST_ANNOTATIONS - 1]
    missing = len(cases) - len(kept)
    return [*(_annotation(case, visibility) for case in kept), _left_out(missing)]


def _annotation(case: Case, visibility: Visibility) -> str:
    words, incident = WORDS[standing(case)], case.incident
    level = "warning" if incident.confidence == "malformed" else "error"
    properties = {"title": f"{incident.key.family.title}, {words.name}"}
    if may_tell_where(case, visibility):
        first = incident.locations[0]
        place = {"file": first.path, "line": f"{first.line}", "col": f"{first.column}"}
        properties = place | properties
    return _command(level, properties, _message(case, visibility))


def _message(case: Case, visibility: Visibility) -> str:
    words, incident = WORDS[standing(case)], case.incident
    where = ""
    if not may_tell_where(case, visibility):
        where = "Where it stands is not told here; scan a clone to see it."
    elif len(incident.locations) > 1:
        where = f"It stands in {plural(len(incident.locations) - 1, 'more place')}."
    who = f"{'; '.join(describe(incident.key))}."
    return " ".join(filter(None, (words.sentence, _done(case), who, where)))


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
