"""Set up a response: what Bedrock says, what AWS is, and whatever is to fail."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import Verdict
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.account_access import AccountAccess
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.identities import CredentialWriter
from bedrock_key_guard.respond.ledger.entries import Ledger
from bedrock_key_guard.respond.plan import Policy, plan
from bedrock_key_guard.respond.responder import Dependencies, Responder
from tests.unit.investigate.records import FakeSession
from tests.unit.respond.doubles import Diary, FakeIdentities, FakeStore, FakeWriter, live
from tests.unit.verify.doubles import (
    ACCOUNT,
    FakeTime,
    ScriptedBedrock,
    ScriptedDirectory,
    done,
    found,
    incident,
    witnesses,
)

DIES = ["accepted", "refused"]


class Stage:
    """Set up a response: what Bedrock says, and whatever is to fail."""

    def __init__(self, executor: Executor, folder: Path) -> None:
        self.time = FakeTime()
        self.diary = Diary()
        self.store = FakeStore(self.diary)
        self.masked: list[Secret] = []
        self.bedrock = ScriptedBedrock(self.time, DIES, DIES)
        self.ledger = Ledger(folder / "ledger.jsonl", self.time.now)
        self.recalled: Outcome | None = None
        self.nobody: NoSession | None = None
        self.writer: CredentialWriter = FakeWriter(self.diary)
        self.identities = FakeIdentities(self.diary)
        self.session: Any = FakeSession()
        self._executor = executor

    def says(self, *script: str) -> Stage:
        self.bedrock.first = self.bedrock.second = list(script)
        return self

    def fails(self, what: str, error: Exception | None = None) -> Stage:
        self.diary.fails[what] = error or PermissionError(f"{what}: no")
        return self

    @property
    def access(self) -> AccountAccess:
        def mask(secret: Secret) -> None:
            self.diary.note("mask")
            self.masked.append(secret)

        actor = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/run-7"
        return AccountAccess(
            account=Account(ACCOUNT),
            actor=actor,
            guards=(actor,),
            credentials=self.writer,
            identities=self.identities,
            find_credential=lambda _: None,
            events=ChangeEvents(self.session, self.time.now()),
            earlier_response=lambda _fingerprint, _verdict: self.recalled,
            store_of=lambda _: self.store,
            mask=mask,
        )

    @property
    def dependencies(self) -> Dependencies:
        access = self.access
        return Dependencies(
            access_to=lambda _: self.nobody or access,
            witnesses=witnesses(self.bedrock, ScriptedDirectory(found()), self._executor),
            ledger=self.ledger,
        )

    def respond(self, policy: Policy | None = None, verdict: Verdict | None = None) -> Outcome:
        policy, verdict = policy or Policy(), verdict or live()
        return answered(Responder(self.dependencies, policy), policy, verdict, self.time)

    @property
    def phases(self) -> list[str]:
        if not self.ledger.path.is_file():
            return []
        text = self.ledger.path.read_text()
        return [line.partition('"phase": "')[2].partition('"')[0] for line in text.splitlines()]


def answered(responder: Responder, policy: Policy, verdict: Verdict, time: FakeTime) -> Outcome:
    """Answer one key, and sit out what it has to wait for."""
    case = incident(verdict.evidence.key)
    return done(responder.respond(verdict, plan(case, verdict, policy)), time)
