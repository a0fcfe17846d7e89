from __future__ import annotations

import json
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.action.event import Event
from bedrock_key_guard.action.inputs import Inputs, read_inputs
from bedrock_key_guard.action.scope import Choice
from bedrock_key_guard.aws.roles import RoleToAssume, role_to_assume
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.pipeline.options import Investigating, Verifying
from bedrock_key_guard.respond.plan import Policy
from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.scanning import Scanning
from tests.unit.scan.repositories import new_repo

ACCOUNT, OTHER = "111122223333", "210987654321"
LEDGER = Path("ledger.jsonl")
DEFAULTS = Inputs(
    path=Path(),
    scan=Choice(),
    exclude=(),
    baseline=None,
    allow_list=None,
    verify=True,
    respond="disable",
    short_term="off",
    protect=frozenset(),
    allowed_account_ids=frozenset(),
    role_to_assume=None,
    reset_store=None,
    fail_on="any",
    report_issue="auto",
    issue_repository="",
    issue_labels=(),
    issue_assignees=(),
    github_token="",
    summary=True,
)


def given(**inputs: str) -> Inputs:
    return read_inputs({f"INPUT_{name.upper()}": value for name, value in inputs.items()})


def test_the_role_of_other_accounts_is_read() -> None:
    template = "arn:aws:iam::{account_id}:role/BedrockKeyGuard"
    inputs = given(role_to_assume_template=template, external_id="our-guard")
    assert inputs.verifying().role == RoleToAssume(template, "our-guard")


def test_the_bounds_of_a_run_are_those_that_its_inputs_name() -> None:
    assert given().verifying() == Verifying()
    assert given(max_probes="7").verifying() == Verifying(max_probes=7)
    assert given().responding(LEDGER, None).policy == Policy()
    assert given(max_responses="3").responding(LEDGER, None).policy == Policy(max_responses=3)


def test_the_use_of_keys_is_looked_up_where_both_are_asked_for() -> None:
    assert given().investigating() is None
    assert given(timeline="true", verify="false").investigating() is None
    assert given(timeline="true").investigating() == Investigating()


def test_without_inputs_the_defaults_hold() -> None:
    assert read_inputs({}) == DEFAULTS


def test_an_empty_input_is_none() -> None:
    assert given(**dict.fromkeys((field.name for field in fields(Inputs)), "")) == DEFAULTS
    assert given(**dict.fromkeys((field.name for field in fields(Inputs)), " \n")) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("path", "src", Path("src")),
        ("path", " my files/ ", Path("my files")),
        *(("scan", one, Choice(one)) for one in ("auto", "tree", "range", "history")),
        ("exclude", "a/*\n\n  b c/** \n", ("a/*", "b c/**")),
        ("baseline", ".secrets.baseline", Path(".secrets.baseline")),
        ("allow_list", "allowed.txt", Path("allowed.txt")),
        ("verify", "false", False),
        ("verify", "true", True),
        *(("respond", one, one) for one in ("off", "dry-run", "disable", "reset", "delete")),
        *(("short_term", one, one) for one in ("off", "quarantine", "revoke-sessions")),
        ("protect", "alice, bob\ncarol", frozenset(("alice", "bob", "carol"))),
        ("protect", "arn:aws:iam::1:user/a", frozenset(("arn:aws:iam::1:user/a",))),
        ("allowed_account_ids", f"{ACCOUNT}, {OTHER}", frozenset((ACCOUNT, OTHER))),
        ("allowed_account_ids", "organization", frozenset(("organization",))),
        ("reset_store", "ssm:/a/b", "ssm:/a/b"),
        *(("fail_on", one, one) for one in ("any", "live", "none")),
        *(("report_issue", one, one) for one in ("auto", "always", "never")),
        ("issue_repository", "acme/security", "acme/security"),
        ("issue_labels", "needs help, security", ("needs help", "security")),
        ("issue_labels", "needs help\nsecurity\n", ("needs help", "security")),
        ("issue_assignees", "octocat,hubot", ("octocat", "hubot")),
        ("github_token", " token\n", "token"),
        ("summary", "false", False),
        ("timeline", "true", True),
        ("max_probes", "7", 7),
        ("max_responses", "0", 0),
        ("max_issues", "3", 3),
    ],
)
def test_an_input_is_read(name: str, text: str, value: object) -> None:
    assert getattr(given(**{name: text}), name) == value


def test_a_range_is_named_by_its_ends() -> None:
    assert given(scan="range", base_ref="main", head_ref=" v1 ").scan == Choice(
        "range", "main", "v1"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scan", "all"),
        ("scan", "event"),
        ("verify", "yes"),
        ("verify", "True"),
        ("respond", "strip"),
        ("short_term", "disable"),
        ("respond", "Disable"),
        ("respond", "disable,reset"),
        ("fail_on", "all"),
        ("report_issue", "true"),
        ("summary", "1"),
        *product(("max_probes", "max_responses", "max_issues"), ("-1", "1.5", "٣")),
        ("allowed_account_ids", "1234"),
        ("allowed_account_ids", f"{ACCOUNT};{OTHER}"),
    ],
)
def test_an_input_that_means_nothing_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"`{name.replace('_', '-')}`") as refused:
        given(**{name: text})
    assert refused.value.remedy


def test_where_nobody_asks_whether_a_key_is_live_none_can_fail_for_that() -> None:
    with pytest.raises(UsageError, match="no key would ever fail"):
        given(verify="false", fail_on="live")


def test_issues_go_to_this_repository_unless_another_is_named() -> None:
    here = {"GITHUB_REPOSITORY": "acme/app"}
    assert read_inputs(here).issue_repository == "acme/app"
    there = {**here, "INPUT_ISSUE_REPOSITORY": "acme/security"}
    assert read_inputs(there).issue_repository == "acme/security"


def test_the_token_is_not_shown_with_the_rest() -> None:
    assert "s3cr3t" not in repr(given(github_token="s3cr3t"))


# ── what the inputs mean ────────────────────────────────────────────────────────────────────────


def test_a_path_outside_of_git_is_what_is_scanned(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert given(path=str(tmp_path)).scanning() == Scanning((tmp_path,))
    assert given(path="src", scan="tree").scanning() == Scanning((Path("src"),))


def test_the_event_decides_what_of_a_repository_is_read(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo")
    first, second = repo.commit("first", a__txt="a"), repo.commit("second", a__txt="b")
    payload = {"before": first, "after": second}
    event = Event("push", "acme/app", "octocat", second, "1", "", "", payload, None)
    inputs = given(path=str(repo.path))
    pushed = Scanning((repo.path,), "range", (f"{first}..{second}",), with_tree=True)
    assert inputs.scanning(event) == pushed
    assert inputs.scanning() == Scanning((repo.path,), "history")
    named = given(path=str(repo.path), scan="range", base_ref="HEAD~1")
    assert named.scanning(event) == Scanning((repo.path,), "range", ("HEAD~1..HEAD",))


def test_what_people_agreed_not_to_see_is_read(tmp_path: Path) -> None:
    allowed, baseline = tmp_path / "allowed", tmp_path / "baseline"
    allowed.write_text(f"fingerprint {'ab' * 6}\n")
    baseline.write_text(json.dumps({"results": {"a.py": [{"hashed_secret": "00"}]}}))
    allow = given(allow_list=str(allowed), baseline=str(baseline), exclude="a/*").scanning().allow
    assert (allow.keys, allow.exclude) == ((AllowedKey("ab" * 6),), ("a/*",))
    assert allow.baseline == frozenset({("a.py", "00")})


@pytest.mark.parametrize("name", ["allow_list", "baseline"])
def test_a_list_that_is_not_there_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match="no/such/file"):
        given(**{name: "no/such/file"}).scanning()


def test_accounts_bound_the_verification() -> None:
    assert given().verifying() == Verifying()
    assert given(allowed_account_ids=ACCOUNT).verifying() == Verifying(frozenset((ACCOUNT,)))


@pytest.mark.parametrize(
    ("name", "brings"),
    [("push", True), ("issue_comment", True), ("schedule", False), ("workflow_dispatch", False)],
)
def test_what_an_event_brings_may_be_new(name: str, brings: bool) -> None:
    event = Event.from_environment({"GITHUB_EVENT_NAME": name})
    assert given().verifying(event).of_event is brings


@pytest.mark.parametrize(
    ("inputs", "policy"),
    [
        ({}, Policy()),
        ({"respond": "off"}, Policy("off")),
        ({"respond": "dry-run"}, Policy(dry_run=True)),
        ({"respond": "reset", "reset_store": "ssm:x"}, Policy("reset")),
        ({"respond": "delete"}, Policy("delete")),
        ({"short_term": "quarantine"}, Policy(short_term="quarantine")),
        (
            {"respond": "dry-run", "short_term": "revoke-sessions"},
            Policy(dry_run=True, short_term="revoke-sessions"),
        ),
        ({"protect": "alice"}, Policy(protect=frozenset(("alice",)))),
        ({"respond": "strip-policies"}, Policy("strip-policies")),
        (
            {"respond": "reset", "reset_store": "ssm:x", "reactivate": "true"},
            Policy("reset", reactivate=True),
        ),
        ({"quarantine_policy": "Denied"}, Policy(quarantine="Denied")),
        (
            {"short_term": "revoke-sessions", "revoke_everything": "true"},
            Policy(short_term="revoke-sessions", revoke_everything=True),
        ),
    ],
)
@pytest.mark.parametrize("untrusted", [None, "a fork"])
def test_the_inputs_make_a_policy(
    inputs: dict[str, str], policy: Policy, untrusted: str | None
) -> None:
    responding = given(**inputs).responding(LEDGER, untrusted)
    assert responding.policy == replace(policy, untrusted=untrusted)
    assert responding.ledger == LEDGER


@pytest.mark.parametrize(
    "inputs", [{"reactivate": "true"}, {"short_term": "quarantine", "revoke_everything": "true"}]
)
def test_what_would_do_nothing_is_refused(inputs: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="alone"):
        given(**inputs)


def test_what_is_searched_is_what_the_inputs_ask_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    wanted = given(path=str(tmp_path), scan="tree", deep="true", include_malformed="true")
    scanning = wanted.scanning()
    assert (scanning.deep, scanning.include_malformed) == (True, True)


def test_sessions_of_the_role_bear_the_tags_that_are_given() -> None:
    template = "arn:aws:iam::{account_id}:role/BedrockKeyGuard"
    inputs = given(role_to_assume_template=template, session_tags="team=core\nenv=prod")
    assert inputs.verifying().role == role_to_assume(template, None, ["team=core", "env=prod"])


@pytest.mark.parametrize(
    "inputs", [{"respond": "reset"}, {"reset_store": "vault:x"}, {"reset_store": "ssm"}]
)
def test_a_store_that_is_missing_or_wrong_is_a_usage_error(inputs: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="store"):
        given(**inputs).responding(LEDGER, None)
