"""Answer every kind of key, by every kind of signer, in every way, and look at what is left.

After each response Bedrock refuses the leaked key on both planes, what was not aimed at works on, a
second run changes nothing, and what can be undone leaves IAM as it was, to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from bedrock_key_guard.respond.undo import lift_all
from sandbox.bedrock.planes import CONCEALMENTS, Manner
from tests.answers import Answering
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT
from tests.leakers import (
    CONSOLE,
    Making,
    by_federated_user,
    by_role,
    by_role_with_a_path,
    by_user,
    by_user_session,
    long_term,
    who_may_not_list,
)
from tests.leaks import leak
from tests.planes import asked
from tests.sweeps import sweep

WORKS = ("accepted", "accepted")


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one way to answer one kind of key; `spared` names the keys that work on after it."""

    name: str
    make: Making
    options: tuple[str, ...]
    action: str
    reversible: bool = True
    spared: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(option.lstrip('-') for option in self.options)}"


ACTION, SHORT = "--action", "--short-term"
STORE = ("--reset-store", "ssm:/leaked/{credential_id}")
OTHER_USER = ("another user",)
BY_QUARANTINE = (SHORT, "quarantine")
BY_REVOCATION = (SHORT, "revoke-sessions")
EVERYTHING = (*BY_REVOCATION, "--revoke-everything")

LONG_TERM = (
    Row("long-term", long_term(CONSOLE), (ACTION, "disable"), "disable"),
    Row("long-term of dev+bot", long_term("dev+bot"), (ACTION, "disable"), "disable"),
    Row("long-term of a-at-b", long_term("a-at-b"), (ACTION, "disable"), "disable"),
    Row("long-term", long_term(CONSOLE), (ACTION, "reset", *STORE), "reset", reversible=False),
    Row(
        "long-term",
        long_term(CONSOLE),
        (ACTION, "reset", *STORE, "--reactivate"),
        "reset",
        reversible=False,
    ),
    Row("long-term", long_term(CONSOLE), (ACTION, "delete"), "delete", reversible=False),
    Row(
        "long-term",
        long_term(CONSOLE, beside=False),
        (ACTION, "strip-policies"),
        "strip-policies",
        spared=OTHER_USER,
    ),
    Row(
        "contained long-term",
        long_term(CONSOLE, denied=True),
        (ACTION, "disable"),
        "disable",
        spared=OTHER_USER,
    ),
    Row(
        "contained long-term",
        long_term(CONSOLE, denied=True),
        (ACTION, "delete"),
        "delete",
        reversible=False,
        spared=OTHER_USER,
    ),
)
SHORT_TERM = (
    Row("role", by_role, BY_QUARANTINE, "quarantine", spared=("another role",)),
    Row("role", by_role, BY_REVOCATION, "revoke-sessions"),
    Row("role", by_role, EVERYTHING, "revoke-sessions"),
    Row("deep role", by_role_with_a_path, BY_QUARANTINE, "quarantine"),
    Row("deep role", by_role_with_a_path, BY_REVOCATION, "revoke-sessions"),
    Row(
        "role that Bedrock names",
        who_may_not_list(by_role, "ml-pipeline"),
        BY_QUARANTINE,
        "quarantine",
        spared=("another role",),
    ),
    Row(
        "role that Bedrock names",
        who_may_not_list(by_role, "ml-pipeline"),
        BY_REVOCATION,
        "revoke-sessions",
        spared=("another role",),
    ),
    Row("user", by_user, BY_QUARANTINE, "quarantine"),
    Row("user session", by_user_session, BY_QUARANTINE, "quarantine", spared=()),
    Row("user session", by_user_session, BY_REVOCATION, "revoke-sessions"),
    Row("federated user", by_federated_user, BY_QUARANTINE, "quarantine", spared=()),
    Row("federated user", by_federated_user, BY_REVOCATION, "revoke-sessions"),
)
ROWS = (*LONG_TERM, *SHORT_TERM)
FIRST = [*{row.action: row for row in reversed(ROWS)}.values()]


@pytest.mark.parametrize(
    "row",
    sweep([*LONG_TERM, *SHORT_TERM], quick=lambda row: row in FIRST),
    ids=str,
)
def test_each_response_makes_one_key_dead_and_nothing_else(answering: Answering, row: Row) -> None:
    sandbox = answering.sandbox
    made = row.make(sandbox)
    leak(answering.tree, made.key)
    before = iam_state(sandbox, ACCOUNT)
    answered = answering.respond(*row.options)
    assert answered["outcome"]["state"] == "done", answered["outcome"]
    assert answered["outcome"]["action"] == row.action
    assert answered["outcome"]["confirmed_dead"]
    assert set(asked(sandbox, made.key)) <= {"refused", "denied"}
    for name, key in made.others.items():
        if row.spared is None or name in row.spared:
            assert asked(sandbox, key) == WORKS, name
    if "--revoke-everything" not in row.options:
        for session in made.sessions.values():
            sandbox.client_with(session, "sts").get_caller_identity()

    writes, after = sandbox.writes(), iam_state(sandbox, ACCOUNT)
    again = answering.respond(*row.options)
    assert (
        again["outcome"]["state"] in ("not-needed", "done") or again["verdict"]["state"] == "live"
    )
    if row.action in ("disable", "reset", "delete"):
        assert again["verdict"]["state"] in ("dead", "rejected"), again["verdict"]
    elif row.action == "strip-policies":  # no policy denies the key: one that allows it is gone
        assert again["verdict"]["state"] == "live", again["verdict"]
        assert again["verdict"]["reason"].startswith("denied from here: "), again["verdict"]
    else:
        assert again["verdict"]["state"] == "contained", again["verdict"]
    assert sandbox.writes() == writes
    assert iam_state(sandbox, ACCOUNT) == after

    if row.reversible:
        assert answered["outcome"]["undo"].startswith("bedrock-key-guard restore ")
        assert "its leaked key works again" in answering.command("restore")
        assert iam_state(sandbox, ACCOUNT) == before
        if not {"contained", "Bedrock"} & set(row.name.split()):
            assert asked(sandbox, made.key) == WORKS
    else:
        assert answered["outcome"]["undo"] is None


@pytest.mark.parametrize("disk", ["kept", "lost"])
@pytest.mark.parametrize("row", sweep(SHORT_TERM, quick=lambda row: row in FIRST), ids=str)
def test_what_holds_a_short_term_key_is_lifted_once_it_has_expired(
    answering: Answering, row: Row, disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = answering.sandbox
    made = row.make(sandbox)
    leak(answering.tree, made.key)
    before = iam_state(sandbox, ACCOUNT)
    answering.respond(*row.options)
    held = iam_state(sandbox, ACCOUNT)
    assert held != before
    if disk == "lost":
        answering.ledger.unlink()
    for name, value in answering.environment.items():
        monkeypatch.setenv(name, value)
    now = datetime.now(timezone.utc)

    def lifted(after: timedelta, *, dry_run: bool = False) -> list[str]:
        done = lift_all(
            answering.ledger, answering.environment, now + after, search=False, dry_run=dry_run
        )
        return [outcome.state for _, outcome in done]

    assert lifted(timedelta()) == ["not-needed"]
    assert lifted(timedelta(hours=12)) == ["not-needed"]
    assert lifted(timedelta(hours=12, minutes=7), dry_run=True) == ["dry-run"]
    assert iam_state(sandbox, ACCOUNT) == held
    assert lifted(timedelta(hours=12, minutes=7)) == ["done"]
    assert iam_state(sandbox, ACCOUNT) == before
    assert set(lifted(timedelta(hours=12, minutes=7))) <= {"not-needed"}


# ── the other manners in which Bedrock is known to refuse ───────────────────────────────────────


@pytest.mark.parametrize(
    "manner",
    [
        Manner(mantle_conceals=CONCEALMENTS["invalid"]),
        Manner(checks_first="operation"),
        Manner("operation", mantle_conceals=CONCEALMENTS["invalid"]),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "row",
    sweep(
        [LONG_TERM[6], *SHORT_TERM[:3], SHORT_TERM[9]],
        quick=lambda row: row in FIRST,
    ),
    ids=str,
)
def test_a_response_is_confirmed_in_whatever_manner_bedrock_refuses(
    answering: Answering, row: Row, manner: Manner
) -> None:
    sandbox = answering.sandbox
    sandbox.bedrock.manner = manner
    made = row.make(sandbox)
    leak(answering.tree, made.key)
    outcome = answering.respond(*row.options)["outcome"]
    assert (outcome["state"], outcome["confirmed_dead"]) == ("done", True)
    writes = sandbox.writes()
    again = answering.respond(*row.options)
    assert again["outcome"]["state"] == "not-needed"
    assert sandbox.writes() == writes
