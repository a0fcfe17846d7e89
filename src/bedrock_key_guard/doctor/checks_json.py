"""Write what doctor says as JSON; doctor-v1.json says what each field means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bedrock_key_guard import __version__
from bedrock_key_guard.doctor.checks import exit_code
from bedrock_key_guard.report.json.encode import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.doctor.checks import Check

SCHEMA_VERSION = 1


def as_checks_json(checks: Sequence[Check]) -> str:
    """Return the checks as JSON, ASCII throughout, with a line break at the end."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "exit_code": exit_code(checks),
        "checks": tuple(checks),
    }
    text = json.dumps(encode(document, {}), indent=2).replace("##[", r"#\u0023[")
    return text + "\n"
