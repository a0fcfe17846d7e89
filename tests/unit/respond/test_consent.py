from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bedrock_key_guard.model.actions import Outcome, Proposal
from bedrock_key_guard.respond.consent import Consent
from bedrock_key_guard.respond.plan import Policy, plan
from bedrock_key_guard.respond.responder import Responder
from bedrock_key_guard.verify.schedule import Schedule, Steps
from tests.unit.respond.doubles import contained, live
from tests.unit.respond.stage import Stage
from tests.unit.verify.doubles import ACCOUNT, incident, long_term


@dataclass
class Person:
    """Answer each question in turn, and keep what was shown and what had been written by then."""

    stage: Stage
    answers: list[bool]
    asked: list[Sequence[Proposal]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def ask(self, proposals: Sequence[Proposal]) -> bool:
        assert self.stage.phases == []
        self.asked.append(proposals)
        self.threads.add(threading.current_thread().name)
        return self.answers[len(self.asked) - 1]


def answered(stage: Stage, person: Person | None, *aliases: str, policy: Policy) -> list[Outcome]:
    """Answer as many live keys as there are aliases, side by side; those with `~` come late."""
    consent = Consent(person.ask if person else None)
    responder = Responder(stage.dependencies, policy, consent)
    outcomes: list[Outcome] = []

    def answer(alias: str, wait: float | None) -> Steps[None]:
        if wait is not None:
            yield wait
        verdict = live(long_term(alias))
        action = plan(incident(verdict.evidence.key), verdict, policy)
        outcomes.append((yield from responder.respond(verdict, action)))

    steps = [answer(alias.rstrip("~."), {"~": 120.0, ".": 0.0}.get(alias[-1])) for alias in aliases]
    Schedule(stage.time.clock, stage.time.sleep, consent.settle).run([steps])
    return outcomes


def test_all_keys_are_asked_about_at_once_before_anything_is_written(stage: Stage) -> None:
    person = Person(stage, [True])
    outcomes = answered(stage, person, "alice", "bob", policy=Policy())
    ((first, second),) = person.asked
    assert [each.state for each in outcomes] == ["done", "done"]
    assert {first.account_id, second.account_id} == {ACCOUNT}
    assert (first.action, first.undo) == ("disable", "always")
    assert {each.promise.split()[-2] for each in (first, second)} == {"alice", "bob"}
    assert person.threads == {threading.current_thread().name}  # which Ctrl-C interrupts


@pytest.mark.parametrize(
    "policy", [Policy(), Policy("reset"), Policy("delete"), Policy("strip-policies")]
)
def test_what_nobody_agrees_to_is_not_done(stage: Stage, policy: Policy) -> None:
    person = Person(stage, [False])
    (outcome,) = answered(stage, person, "BedrockAPIKey-ex4m", policy=policy)
    assert (outcome.state, outcome.reason) == ("refused", "nobody agreed to it")
    assert outcome.commands
    assert stage.diary.done == []
    assert stage.phases == []


def test_a_key_that_takes_more_looking_up_is_asked_about_with_the_others(stage: Stage) -> None:
    person = Person(stage, [True])
    answered(stage, person, "alice", "bob.", policy=Policy())
    assert [len(each) for each in person.asked] == [2]


def test_who_works_has_begun_before_anyone_else_spends_the_bound(stage: Stage) -> None:
    consent, policy = Consent(lambda _: True), Policy(max_responses=1)
    responder = Responder(stage.dependencies, policy, consent)
    verdict = contained()
    action = plan(incident(verdict.evidence.key), verdict, policy)
    steps = responder.respond(verdict, action)
    between_looks = next(steps)
    assert consent.settle()
    assert next(steps) > between_looks  # all who were looking whether they may have seen it


def test_what_is_found_out_later_is_asked_about_then(stage: Stage) -> None:
    person = Person(stage, [False, False])
    answered(stage, person, "alice", "bob~", policy=Policy())
    assert [len(each) for each in person.asked] == [1, 1]


@pytest.mark.parametrize("policy", [Policy(dry_run=True), Policy("off")])
def test_nobody_is_asked_where_nothing_would_be_changed(stage: Stage, policy: Policy) -> None:
    person = Person(stage, [])
    answered(stage, person, "alice", policy=policy)
    assert person.asked == []


def test_without_anybody_to_ask_nothing_waits(stage: Stage) -> None:
    (outcome,) = answered(stage, None, "alice", policy=Policy())
    assert outcome.state == "done"
