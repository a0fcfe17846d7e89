"""Describe what of SARIF 2.1.0 the guard writes, member by member, and nothing beside.

Each rule is the standard's for that member (docs.oasis-open.org/sarif/sarif/v2.1.0, the sections
named here), or GitHub's where that is stricter.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def exactly(**members: Schema) -> Schema:
    """Describe an object that has all of these and no other."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def listed(of: Schema, most: int, least: int = 0) -> Schema:
    return {"type": "array", "items": of, "maxItems": most, "minItems": least}


TEXT: Schema = {"type": "string", "minLength": 1}
MESSAGE = exactly(text={"type": "string"})  # 3.11
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}  # 3.27.10, 3.58.6
NUMBER: Schema = {"type": "integer", "minimum": 1}
# A relative reference (3.4.3, RFC 3986): no `/` begins it, no scheme, and it leads nowhere up.
URI: Schema = {
    "type": "string",
    "format": "uri-reference",
    "pattern": r"^(?!/)(?!\.\.(/|$))(?![^/]*:)([A-Za-z0-9_.~/-]|%[0-9A-F]{2})+$",
}
RULE = exactly(  # 3.49
    id=TEXT,
    name={"type": "string", "pattern": "^[A-Za-z]+$"},
    shortDescription=exactly(text={**TEXT, "maxLength": 1024}),
    fullDescription=exactly(text={**TEXT, "maxLength": 1024}),
    help=exactly(text=TEXT, markdown=TEXT),
    defaultConfiguration=exactly(level=LEVEL),
    properties=exactly(
        **{
            "tags": listed(TEXT, most=10),
            "precision": {"enum": ["very-high", "high", "medium", "low"]},
            "security-severity": {"type": "string", "pattern": r"^([0-9]|10)\.[0-9]$"},
        }
    ),
)
RESULT = exactly(  # 3.27
    ruleId=TEXT,
    level=LEVEL,
    message=MESSAGE,
    locations=listed(  # GitHub: one, unless a result needs a change at each of them
        exactly(
            physicalLocation=exactly(
                artifactLocation=exactly(uri=URI, uriBaseId={"const": "%SRCROOT%"}),
                region=exactly(startLine=NUMBER, startColumn=NUMBER),  # 3.30.5, 3.30.6
            )
        ),
        most=1,
        least=1,
    ),
    partialFingerprints=exactly(
        primaryLocationLineHash={"type": "string", "pattern": "^[0-9a-f]{16}:[1-9][0-9]*$"}
    ),
)
RUN = exactly(  # 3.14
    tool=exactly(
        driver=exactly(
            name=TEXT,
            semanticVersion={"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+"},
            rules=listed(RULE, most=25_000, least=1),
        )
    ),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    invocations=listed(  # 3.20
        exactly(
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=listed(exactly(level=LEVEL, message=MESSAGE), most=1_000),
        ),
        most=1,
        least=1,
    ),
    results=listed(RESULT, most=5_000),
)
LOG: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **exactly(
        **{
            "$schema": {"type": "string", "format": "uri"},
            "version": {"const": "2.1.0"},
            "runs": listed(RUN, most=20, least=1),
        }
    ),
}
