"""Write a report as SARIF 2.1.0, as GitHub's code scanning takes it.

Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and GitHub's pages "SARIF
support for code scanning" (which members it reads; an alert is known again by its rule, its path
and `primaryLocationLineHash`) and "SARIF results exceed one or more limits" (of the results of a
run it keeps 5,000).
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.families import FAMILIES, UNKNOWN_LONG_TERM
from bedrock_key_guard.report.advice import PURGE, REPLACE, WATCH
from bedrock_key_guard.report.details import describe, path_in_tree, surroundings
from bedrock_key_guard.report.json.encode import Json, encode
from bedrock_key_guard.report.report import plural
from bedrock_key_guard.report.status import words, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.origins import Location
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.report.status import Level

MOST_RESULTS = 5_000
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: dict[Level, str] = {"alarm": "error", "warning": "warning", "success": "note"}
_TAGS = ("security", "secret", "external/cwe/cwe-798")
_SEVERITY = "9.0"
# In a message of SARIF, brackets are a link (3.11.6).
_NO_LINK = str.maketrans({"[": r"\[", "]": r"\]"})


def as_sarif(report: Report) -> str:
    """Return the report as SARIF, the worst key first, the same for the same report.

    It holds no line of a file, and only places at which the files of a branch hold a key: alerts
    stand beside files. How many places it leaves out is a notification.
    """
    results = [*_results(worst_first(report.cases))]
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "invocations": (_invocation(report, cut=len(results) - MOST_RESULTS),),
        "results": tuple(results[:MOST_RESULTS]),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": (run,)}
    return json.dumps(encode(log, {}), indent=2) + "\n"


def _driver() -> Json:
    return {
        "name": "Bedrock Key Guard",
        "semanticVersion": __version__,
        "rules": tuple(map(_rule, (*FAMILIES, UNKNOWN_LONG_TERM))),
    }


def _rule(family: Family) -> Json:
    title = f"Leaked {family.title}"
    why = f"{family.title} in a file. Whoever has read it can use it until it is dead."
    steps = [f"{step.text} {step.link}" for step in (REPLACE, WATCH, PURGE)]
    return {
        "id": family.name,
        "name": "".join(word.capitalize() for word in family.name.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {
            "text": " ".join((why, *steps)),
            "markdown": "\n".join((why, "", *(f"- {step}" for step in steps))),
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": _TAGS, "precision": "very-high", "security-severity": _SEVERITY},
    }


def _invocation(report: Report, cut: int) -> Json:
    """Return how the run went: what SARIF leaves out, and what the run could not do."""
    places = chain.from_iterable(case.incident.locations for case in report.cases)
    left_out = sum(_place(each) is None for each in places)
    history = f"{plural(left_out, 'place')} of the history alone, or of what is no file, left out."
    over = f"{plural(cut, 'place')} left out: code scanning takes {MOST_RESULTS:,}."
    unread = sum(missed.counts for missed in report.scan.not_scanned)
    said = [
        *(("note", history),) * (left_out > 0),
        *(("warning", over),) * (cut > 0),
        *(("warning", f"{plural(unread, 'thing')} could not be scanned."),) * (unread > 0),
        *(("warning", text) for text in (*report.incomplete, *report.warnings)),
    ]
    return {
        "executionSuccessful": report.complete,
        "toolExecutionNotifications": tuple(
            {"level": level, "message": _message(text)} for level, text in said
        ),
    }


def _results(cases: Iterable[Case]) -> Iterator[Json]:
    """Yield a result for each place in a file, once, whatever it was found in."""
    for case in cases:
        text, level = _text(case), _LEVELS.get(words(case).level, "note")
        met = Counter[str]()
        places = dict.fromkeys(filter(None, map(_place, case.incident.locations)))
        for path, line, column, inside in places:
            met[path] += 1
            name = f"{case.incident.fingerprint[:16]}:{met[path]}"
            region = {"startLine": line, "startColumn": column}
            file = {"artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"}, "region": region}
            yield {
                "ruleId": case.incident.key.family.name,
                "level": level,
                "message": _message(f"{text} Read from {inside}." if inside else text),
                "locations": ({"physicalLocation": file},),
                "partialFingerprints": {"primaryLocationLineHash": name},
            }


def _place(location: Location) -> tuple[str, int, int, str] | None:
    """Return the file, line and column of a place, and what was opened there; None for no file.

    A line in a member of a container is none of the file's.
    """
    is_file = location.source in ("working-tree", "index") or location.at_tip is True
    path = path_in_tree(location)
    if not is_file or not path:
        return None
    line, column = (1, 1) if location.containers else (location.line, location.column)
    return path, line, column, surroundings(location)


def _text(case: Case) -> str:
    now = words(case)
    who = "; ".join(describe(case.incident.key))
    return f"{case.incident.key.family.title}, {now.name}. {now.sentence} {who}."


def _message(text: str) -> Json:
    return {"text": text.translate(_NO_LINK)}
