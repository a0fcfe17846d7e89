from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.families import FAMILIES, UNKNOWN_LONG_TERM
from bedrock_key_guard.model.actions import ActionName, Outcome, OutcomeState
from bedrock_key_guard.model.evidence import BedrockState, IamState, Plane, VerdictState
from bedrock_key_guard.model.findings import Confidence
from bedrock_key_guard.model.origins import Source
from bedrock_key_guard.report.json.json_report import as_json
from bedrock_key_guard.report.report import Job
from tests.unit.report import arbitrary, runner, samples
from tests.unit.verify.doubles import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Key
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.report import Report


@cache
def schema() -> dict[str, Any]:
    text = files("bedrock_key_guard.report.json").joinpath("schema-v1.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema()["$defs"][name]["properties"]
    return found


def answered(name: str) -> dict[str, Any]:
    found: dict[str, Any] = definition(name)["answered"]["properties"]
    return found


def nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        yield from nodes(list(node.values()))
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def written(*cases: Case, **more: Any) -> Any:
    return json.loads(as_json(samples.report(*cases, **more)))


def incident(case: Case) -> Any:
    return written(case)["incidents"][0]


@given(arbitrary.reports)
def test_every_report_follows_the_schema(report: Report) -> None:
    Draft202012Validator(schema()).validate(json.loads(as_json(report)))


@given(arbitrary.reports)
def test_every_report_is_printable_ascii_that_ends_with_a_line_break(report: Report) -> None:
    text = as_json(report)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert text.endswith("}\n")


@given(arbitrary.reports)
def test_no_line_of_a_report_is_a_command_to_a_runner_of_github(report: Report) -> None:
    assert not any(runner.command_in(line) for line in runner.lines(as_json(report)))


def test_what_would_be_a_command_reads_the_same() -> None:
    case = samples.case(locations=(samples.at("##[stop-commands]pause"),))
    assert runner.command_in("##[stop-commands]pause")
    assert incident(case)["locations"][0]["path"] == "##[stop-commands]pause"
    assert not any(map(runner.command_in, runner.lines(as_json(samples.report(case)))))


@given(arbitrary.reports)
def test_no_report_holds_a_key(report: Report) -> None:
    assert arbitrary.SECRET not in as_json(report)
    assert arbitrary.PIECE not in as_json(report)


def test_the_rich_report_follows_the_schema() -> None:
    Draft202012Validator(schema()).validate(json.loads(as_json(samples.rich())))


def test_what_iam_shows_of_policies_testifies_and_follows_the_schema() -> None:
    evidence = replace(samples.verdict("contained").evidence, policies=SHOWN)
    case = samples.case(verdict=samples.verdict("contained", evidence=evidence))
    report = written(case)
    Draft202012Validator(schema()).validate(report)
    told = report["incidents"][0]["verdict"]["evidence"][-1]
    assert told["asked"] == "iam-policies"
    assert told["answered"] == {
        "holder": "user BedrockAPIKey-ex4m",
        "state": "found",
        "policies": ["Deny-keys"],
        "detail": "",
    }


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_the_schema_allows_nothing_that_it_does_not_name() -> None:
    objects = [node for node in nodes(schema()) if node.get("type") == "object"]
    assert len(objects) > 10
    for node in objects:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])


def test_the_schema_describes_every_field() -> None:
    for node in nodes(schema()):
        for name, field in node.get("properties", {}).items():
            described = field.get("description") or "$ref" in field
            assert described, name


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (definition("location")["source"], get_args(Source)),
        (definition("incident")["confidence"], get_args(Confidence)),
        (
            definition("incident")["family"],
            tuple(family.name for family in (*FAMILIES, UNKNOWN_LONG_TERM)),
        ),
        (definition("verdict")["state"], get_args(VerdictState)),
        (definition("outcome")["action"], get_args(ActionName)),
        (definition("outcome")["state"], get_args(OutcomeState)),
        (definition("bedrock")["asked"], get_args(Plane)),
        (answered("bedrock")["state"], get_args(BedrockState)),
        (answered("iam")["state"], get_args(IamState)),
    ],
)
def test_the_schema_knows_the_values_of_the_model(
    field: dict[str, Any], values: tuple[str, ...]
) -> None:
    assert tuple(field["enum"]) == values


def test_a_clean_report() -> None:
    assert written() == {
        "schema_version": 1,
        "tool": {"name": "bedrock-key-guard", "version": __version__},
        "complete": True,
        "not_scanned": [],
        "scanned": {
            "sources": ["working-tree"],
            "objects": 412,
            "bytes": 3_104_882,
            "range": None,
            "deep": True,
        },
        "job": None,
        "incidents": [],
    }


def test_a_job_is_told_in_fields_and_in_one_line() -> None:
    job = Job("push", "a web identity", "arn", "a token", ("sleep",))
    told = json.loads(as_json(replace(samples.report(), job=job, acted_as="arn:aws:sts")))["job"]
    assert told.pop("statement").startswith("Event push: ")
    assert told == {
        "event": "push",
        "credentials": "a web identity",
        "role": "arn",
        "token": "a token",
        "could_not": ["sleep"],
        "acted_as": "arn:aws:sts",
    }


def test_an_incident_nobody_has_asked_about() -> None:
    case = samples.case(locations=(samples.at("a.py", 3, 7, encodings=("utf-16",)),))
    assert incident(case) == {
        "fingerprint": case.incident.fingerprint,
        "family": "bedrock-long-term",
        "confidence": "exact",
        "identity": {
            "account_id": "111122223333",
            "alias": "BedrockAPIKey-ex4m-at-111122223333",
            "user_name_candidates": ["BedrockAPIKey-ex4m"],
            "access_key_id": None,
            "region": None,
            "issued_at": None,
            "expires_at": None,
        },
        "locations": [
            {
                "source": "working-tree",
                "repository": "",
                "path": "a.py",
                "line": 3,
                "column": 7,
                "commit": None,
                "at_tip": None,
                "object": None,
                "author_time": None,
                "author": None,
                "committer": None,
                "containers": [],
                "encodings": ["utf-16"],
            }
        ],
        "verdict": None,
        "outcome": None,
        "usage": None,
        "issue_url": None,
    }


NOBODY: dict[str, object] = {
    "account_id": None,
    "alias": None,
    "user_name_candidates": [],
    "access_key_id": None,
    "region": None,
    "issued_at": None,
    "expires_at": None,
}


@pytest.mark.parametrize(
    ("key", "known"),
    [
        (
            samples.short_term(),
            {
                "account_id": "029608264753",
                "access_key_id": samples.ACCESS_KEY_ID,
                "region": "us-east-1",
                "issued_at": "2026-11-23T05:00:00Z",
                "expires_at": "2026-11-23T17:00:00Z",
            },
        ),
        (
            replace(samples.short_term(), is_ambiguous=True),
            {
                "account_id": "029608264753",
                "access_key_id": samples.ACCESS_KEY_ID,
                "region": "us-east-1",
            },
        ),
        (samples.malformed(), {}),
        (samples.malformed(clue="Bedrock-at-11112222"), {}),
        (
            samples.malformed(clue=samples.ALIAS),
            {"account_id": "111122223333", "alias": samples.ALIAS},
        ),
        (
            samples.malformed(clue="ASIAQNZGKIQY56JQ7WML"),
            {"access_key_id": "ASIAQNZGKIQY56JQ7WML"},
        ),
        (samples.malformed(clue="ASIAQNZGKIQY56JQ"), {}),
    ],
)
def test_the_identity_holds_what_is_known_and_nothing_else(
    key: Key, known: dict[str, object]
) -> None:
    assert incident(samples.case(key))["identity"] == NOBODY | known


def test_the_verdict_tells_who_was_asked_what_was_answered_and_when() -> None:
    key = samples.long_term()
    found = samples.verdict("live", "bedrock accepted it", iam=samples.iam_found(), principal="arn")
    verdict = incident(samples.case(key, found))["verdict"]
    at = "2026-11-23T06:00:00Z"
    assert (verdict["state"], verdict["reason"], verdict["principal"]) == (
        "live",
        "bedrock accepted it",
        "arn",
    )
    assert verdict["second_plane"] == "asked"
    assert verdict["evidence"] == [
        {"asked": "clock", "answered": {"expires_at": None, "ahead": None}, "at": at},
        {
            "asked": "allow-list",
            "answered": {
                "account_id": "111122223333",
                "lookup": "decoded",
                "allowed": True,
                "detail": "",
            },
            "at": at,
        },
        {
            "asked": "iam",
            "answered": {
                "account_id": "111122223333",
                "partition": "aws",
                "state": "found",
                "user_name": "BedrockAPIKey-ex4m",
                "credential": {
                    "id": "ACCAQNZGKIQYEXAMPLE22",
                    "user_name": "BedrockAPIKey-ex4m",
                    "alias": samples.ALIAS,
                    "service_name": "bedrock.amazonaws.com",
                    "status": "Active",
                    "created_at": "2026-08-25T06:00:00Z",
                    "expires_at": None,
                },
                "detail": "",
            },
            "at": at,
        },
    ]


def test_each_plane_testifies_for_itself() -> None:
    evidence = samples.evidence(samples.long_term(), "accepted", "unknown")
    found = samples.verdict("live", evidence=evidence)
    planes = incident(samples.case(verdict=found))["verdict"]["evidence"][2:]
    assert [(each["asked"], each["answered"]["state"]) for each in planes] == [
        ("bedrock", "accepted"),
        ("bedrock-mantle", "unknown"),
    ]


@pytest.mark.parametrize(
    ("account", "accounts", "allowed"),
    [
        ("111122223333", {"111122223333"}, True),
        ("111122223333", {"210987654321"}, False),
        ("111122223333", set(), False),
        ("111122223333", None, None),
        (None, {"111122223333"}, None),
    ],
)
def test_the_allow_list_testifies_only_where_it_and_the_account_are_known(
    account: str | None, accounts: set[str] | None, allowed: bool | None
) -> None:
    evidence = samples.evidence(samples.long_term(), account=account, accounts=accounts)
    found = samples.verdict("unverified", evidence=evidence)
    testimony = incident(samples.case(verdict=found))["verdict"]["evidence"][1]
    assert testimony["answered"]["allowed"] is allowed


def test_the_outcome_tells_everything() -> None:
    outcome = Outcome("manual", "refused", "protected", commands=("aws iam x",), urgent=True)
    assert incident(samples.case(outcome=outcome))["outcome"] == {
        "action": "manual",
        "state": "refused",
        "reason": "protected",
        "confirmed_dead": False,
        "refused_since": None,
        "confirmed_at": None,
        "seconds_to_dead": None,
        "undo": None,
        "commands": ["aws iam x"],
        "urgent": True,
    }


def test_a_run_that_could_not_conclude_says_why_it_is_incomplete() -> None:
    report = written(incomplete=("3 keys were not asked about",))
    assert report["complete"] is False
    assert report["not_scanned"] == [
        {
            "what": "the run",
            "kind": "missing",
            "reason": "3 keys were not asked about",
            "accepted": False,
        }
    ]


def test_bytes_of_a_file_name_that_are_no_text_are_written_as_escapes() -> None:
    case = samples.case(locations=(samples.at("odd\udcffname"),))
    assert incident(case)["locations"][0]["path"] == r"odd\udcffname"
