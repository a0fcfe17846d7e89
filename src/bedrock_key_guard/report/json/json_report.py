"""Write a report as JSON; schema-v1.json says what each field means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.report.json.encode import encode
from bedrock_key_guard.report.json.shapes import SHAPES

if TYPE_CHECKING:
    from bedrock_key_guard.report.json.encode import Json
    from bedrock_key_guard.report.report import Report

SCHEMA_VERSION = 1


def as_json(report: Report) -> str:
    """Return the report as JSON, the same for the same report, with a line break at the end.

    It is ASCII throughout, so that no file name in it can drive a terminal, and no line of it is a
    command to a runner of GitHub Actions, which obeys `##[` anywhere.
    """
    text = json.dumps(encode(_report(report), SHAPES), indent=2).replace("##[", r"#\u0023[")
    return text + "\n"


def _report(report: Report) -> Json:
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "complete": report.complete,
        "not_scanned": _not_scanned(report),
        "scanned": report.scan.scanned,
        "incidents": report.cases,
    }


def _not_scanned(report: Report) -> tuple[NotScanned, ...]:
    """Return what was not read, and why a run that read everything still could not conclude."""
    unsettled = (NotScanned("the run", "missing", reason) for reason in report.incomplete)
    return (*report.scan.not_scanned, *unsettled)
