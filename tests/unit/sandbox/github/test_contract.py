from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.contract import violations
from sandbox.github.http_messages import Answer, Exchange, Request
from sandbox.github.openapi.trim import OPERATIONS, TRIMMED, main, trim

ISSUES = "/repos/acme/app/issues"
JSON = {"content-type": "application/json"}
ERROR = {"message": "m", "documentation_url": "u", "status": "403"}


def exchange(
    method: str,
    path: str,
    data: Any = None,
    *,
    query: str = "",
    answer: Answer | None = None,
    injected: bool = False,
) -> Exchange:
    body = "" if data is None else json.dumps(data)
    return Exchange(Request(method, path, query, JSON, body), answer, injected)


@pytest.mark.parametrize(
    "good",
    [
        exchange("POST", ISSUES, {"title": "t", "labels": ["a"], "assignees": ["b"]}),
        exchange("PATCH", f"{ISSUES}/1", {"state": "closed", "state_reason": "not_planned"}),
        exchange("GET", ISSUES, query="labels=a&state=all&per_page=100&page=2&creator=b"),
        exchange("GET", ISSUES, answer=Answer(403, ERROR)),
        exchange("GET", ISSUES, answer=Answer(200, "<html>"), injected=True),
        exchange("POST", "/graphql", {"query": "{ viewer { login } }"}),
    ],
)
def test_what_github_describes_is_accepted(good: Exchange) -> None:
    assert violations([good]) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (exchange("POST", ISSUES, {"body": "b"}), "'title' is a required property"),
        (exchange("POST", ISSUES, {"title": "t", "body": 5}), "5 is not of type 'string'"),
        (exchange("POST", ISSUES, {"title": "t", "labels": "a"}), "$.labels"),
        (exchange("POST", ISSUES, {"title": "t", "boddy": "b"}), "knows no 'boddy'"),
        (exchange("PATCH", f"{ISSUES}/1", {"state": "shut"}), "$.state"),
        (exchange("PATCH", f"{ISSUES}/x", {"state": "open"}), "request"),
        (exchange("POST", f"{ISSUES}/1/comments", {}), "'body' is a required property"),
        (exchange("GET", ISSUES, query="state=none"), "request"),
        (exchange("GET", ISSUES, query="author=a"), "knows no 'author'"),
        (exchange("DELETE", ISSUES), "request"),
        (exchange("GET", "/search/issues"), "request"),
        (exchange("GET", ISSUES, answer=Answer(200, {})), "answer 200"),
        (exchange("GET", ISSUES, answer=Answer(200, [{"number": 1}])), "required property"),
        (exchange("GET", ISSUES, answer=Answer(403, {})), "answer 403"),
        (exchange("GET", ISSUES, answer=Answer(418, ERROR)), "answer 418"),
    ],
)
def test_a_breach_of_githubs_description_is_named(bad: Exchange, said: str) -> None:
    assert said in " ".join(violations([bad]))


def test_the_trimmed_description_is_small_and_says_where_it_is_from() -> None:
    description = json.loads(TRIMMED.read_text(encoding="utf-8"))
    assert TRIMMED.stat().st_size < 160_000
    assert description["info"]["license"]["name"] == "MIT"
    assert description["info"]["version"] == "23.0.2"
    assert "MIT License" in TRIMMED.with_name("LICENSE").read_text(encoding="utf-8")
    assert {path: tuple(found) for path, found in description["paths"].items()} == OPERATIONS


def described() -> dict[str, Any]:
    schema = {
        "description": "dropped",
        "type": "object",
        "properties": {
            "description": {"type": "string", "example": "dropped"},
            "state": {"type": "string", "nullable": True, "enum": ["open"]},
            "user": {"$ref": "#/components/schemas/user"},
        },
    }
    answers = {
        "200": {
            "description": "dropped",
            "content": {"application/json": {"schema": schema, "examples": {"a": 1}}},
        }
    }
    operation = {"summary": "dropped", "x-github": {"dropped": True}, "responses": answers}
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1", "license": {"name": "MIT"}, "contact": {}},
        "servers": [],
        "paths": {
            **{path: dict.fromkeys(methods, operation) for path, methods in OPERATIONS.items()},
            "/other": {"get": operation},
        },
        "components": {
            "schemas": {
                "user": {"$ref": "#/components/schemas/login"},
                "login": {"type": "string"},
                "unused": {"type": "string"},
            }
        },
    }


def test_trimming_keeps_what_is_used_and_mends_nullable_enumerations() -> None:
    trimmed = trim(described())
    assert trimmed["paths"].keys() == OPERATIONS.keys()
    assert trimmed["components"]["schemas"].keys() == {"user", "login"}
    (answer,) = trimmed["paths"]["/user"]["get"]["responses"].values()
    assert answer == {
        "description": "",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "state": {"type": "string", "nullable": True, "enum": ["open", None]},
                        "user": {"$ref": "#/components/schemas/user"},
                    },
                }
            }
        },
    }


def test_trimming_reads_the_file_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(described()))
    monkeypatch.setattr("sandbox.github.openapi.trim.TRIMMED", target)
    assert main([str(source)]) == 0
    assert json.loads(target.read_text()) == trim(described())
