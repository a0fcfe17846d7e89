"""Let issues live through what runs, people and attackers do to them, in any order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bedrock_key_guard.github.issues import MANAGEMENT_LABEL
from bedrock_key_guard.github.marker import memory_in, read_marker, write_body
from bedrock_key_guard.github.memory import read_memory
from bedrock_key_guard.keys.key import LongTermKey, Secret
from bedrock_key_guard.model.evidence import Clock, CredentialRecord, IamAnswer
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.model.remembered import Standing
from bedrock_key_guard.pipeline.announce import Announcement, announce
from bedrock_key_guard.pipeline.refresh import refresh
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from sandbox.github.state import Issue, Repository, Visibility
from tests.unit.pipeline.desk import Desk, Killed
from tests.unit.report import samples

HOME, OTHER = "acme/app", "acme/other"
GUARDS = ("guard[bot]", "guard-two[bot]")
STRANGER = "mallory"
SECRET = "c2VjcmV0" * 16
FORGED_ACCOUNT, FORGED_CREDENTIAL, FORGED_PATH = (
    "999999999999",
    "ACCAFORGEDFORGEDFORG",
    "forged.env",
)
Sees = Literal["all", "nothing"]


@dataclass
class World:
    """Hold what is true of a key: who has it where, and what IAM calls its credential."""

    number: int
    standing: Standing = "Active"
    paths: set[tuple[str, str]] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def key(self) -> LongTermKey:
        name = f"user-{self.number}"
        return samples.long_term(
            fingerprint=f"{self.number:x}" * 64,
            alias=f"{name}-at-{samples.ACCOUNT}",
            user_name_candidates=(name,),
            secret=Secret(f"ABSK{SECRET}{self.number}"),
        )

    @property
    def record(self) -> CredentialRecord:
        key = self.key
        status = "Active" if self.standing == "gone" else self.standing
        return replace(
            samples.CREDENTIAL,
            credential_id=f"ACCAQNZGKIQYEXAMPLE{self.number}",
            user_name=key.user_name_candidates[0],
            alias=key.alias,
            status=status,
        )


class Life(RuleBasedStateMachine):
    """Do anything, and hold the issues to what they promise."""

    visibility: Visibility = "private"

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.home = Repository(1, HOME, self.visibility)
        self.desk.state.repositories[HOME] = self.home
        self.tokens = [self.desk.token(login, HOME) for login in GUARDS]
        self.guard = 0
        self.now = datetime(2026, 12, 1, tzinfo=timezone.utc)
        self.worlds = [World(number) for number in (1, 2, 3)]
        self.asked: list[tuple[str, str]] = []

    # What runs do

    @rule(key=st.integers(0, 2), repository=st.sampled_from([HOME, OTHER]), file=st.integers(0, 2))
    def leak(self, key: int, repository: str, file: int) -> None:
        self.worlds[key].paths.add((repository, f"{file}.env"))

    @rule(
        repository=st.sampled_from([HOME, OTHER]),
        sees=st.sampled_from(["all", "nothing"]),
        responds=st.booleans(),
    )
    def find(self, repository: str, sees: Sees, responds: bool) -> None:
        """Run in a repository: with credentials or without, and with a response or without."""
        self.now += timedelta(hours=1)
        found = [w for w in self.worlds if any(r == repository for r, _ in w.paths)]
        cases = [self._case(world, repository, sees, responds=responds) for world in found]
        how = self._how(repository)
        try:
            with self.desk.client(self.tokens[self.guard]) as client:
                report = announce(samples.report(*cases), client, how)
                report = refresh(report, client, how, self._ask, self._clock)
        except Killed:
            return
        if not report.warnings:
            for world in found:
                world.told |= {(r, path) for r, path in world.paths if r == repository}

    @rule(responds=st.booleans())
    def find_twice_at_once(self, responds: bool) -> None:
        """Run for a push and for its pull request."""
        self.desk.between = partial(self.find, HOME, "all", responds=responds)
        self.find(HOME, "all", responds=responds)
        self.desk.between = None

    @rule()
    def look_after(self) -> None:
        """Run on a schedule, in a repository that holds no key any more."""
        self.now += timedelta(hours=24)
        how = self._how(HOME)
        try:
            with self.desk.client(self.tokens[self.guard]) as client:
                refresh(samples.report(), client, how, self._ask, self._clock)
        except Killed:
            return

    @rule()
    def change_the_bot(self) -> None:
        self.guard = 1 - self.guard

    @rule(after=st.integers(1, 4))
    def lose_an_answer(self, after: int) -> None:
        self.desk.lost = after

    @rule(after=st.integers(1, 4))
    def kill_a_run(self, after: int) -> None:
        self.desk.kills = after

    # What owners do in AWS

    @rule(key=st.integers(0, 2), standing=st.sampled_from(["Active", "Inactive"]))
    def switch(self, key: int, standing: Standing) -> None:
        if self.worlds[key].standing != "gone":
            self.now += timedelta(hours=1)
            self.worlds[key].standing = standing

    @rule(key=st.integers(0, 2))
    def delete(self, key: int) -> None:
        self.worlds[key].standing = "gone"

    # What people and attackers do to issues

    @precondition(lambda self: self.home.issues)
    @rule(which=st.integers(0, 9), reason=st.sampled_from(["completed", "not_planned"]))
    def close(self, which: int, reason: str) -> None:
        issue = self._issue(which)
        issue.state, issue.state_reason = "closed", reason

    @precondition(lambda self: self.home.issues)
    @rule(which=st.integers(0, 9))
    def tick(self, which: int) -> None:
        issue = self._issue(which)
        issue.body = (issue.body or "").replace("- [ ]", "- [x]")

    @precondition(lambda self: self.home.issues)
    @rule(which=st.integers(0, 9))
    def edit(self, which: int) -> None:
        issue = self._issue(which)
        issue.title = "Ada looks after it"
        issue.body = f"{issue.body or ''}\r\n\r\nAda: I am on it. - [ ] @octocat"

    @precondition(lambda self: self.home.issues)
    @rule(which=st.integers(0, 9))
    def unlabel(self, which: int) -> None:
        self._issue(which).labels = []

    @rule(key=st.integers(0, 2), labelled=st.booleans(), quoted=st.booleans())
    def forge_a_marker(self, key: int, labelled: bool, quoted: bool) -> None:
        marker = write_body({"fingerprint": self.worlds[key].key.fingerprint}, "It is dead.")
        body = f"They say:\n\n{marker}" if quoted else marker
        issue = self.desk.state.add_issue(self.home, STRANGER, "Mine", body)
        if labelled:
            issue.labels = [self.desk.state.add_label(self.home, MANAGEMENT_LABEL).name]

    @precondition(lambda self: any(memory_in(i.body or "") for i in self.home.issues.values()))
    @rule(which=st.integers(0, 9), state=st.sampled_from(["dead", "working"]))
    def forge_a_block(self, which: int, state: str) -> None:
        """Keep the places that are known: taking them away is an edit that anybody can make."""
        issue = self._issue(which)
        line = memory_in(issue.body or "")
        if not line:
            return
        forged: dict[str, Any] = json.loads(line)
        forged |= {"account": FORGED_ACCOUNT, "credential": FORGED_CREDENTIAL, "state": state}
        place = [HOME, f"{FORGED_PATH}:1:1", "", "f" * 40, FORGED_PATH, 1, "", False]
        forged["places"] = [*forged.get("places", []), place]
        issue.body = (issue.body or "").replace(line, json.dumps(forged))

    # What always holds

    @invariant()
    def no_text_tells_a_secret(self) -> None:
        for issue in self.home.issues.values():
            texts = (issue.title, issue.body or "", *(said.body for said in issue.comments))
            assert not any(SECRET[:12] in text for text in texts)

    @invariant()
    def no_command_is_anybodys_text(self) -> None:
        for issue in self.home.issues.values():
            commands = re.findall(
                r"^ *(?:aws|bedrock-key-guard) .*$", issue.body or "", re.MULTILINE
            )
            assert not any(FORGED_CREDENTIAL in each or FORGED_ACCOUNT in each for each in commands)

    @invariant()
    def nobody_elses_issue_is_touched(self) -> None:
        theirs = (issue for issue in self.home.issues.values() if issue.author == STRANGER)
        assert all("Bedrock Key Guard keeps" not in (issue.body or "") for issue in theirs)

    @invariant()
    def only_what_an_issue_names_is_asked_of_iam(self) -> None:
        known = {(samples.ACCOUNT, world.record.credential_id) for world in self.worlds}
        assert set(self.asked) <= known | {(FORGED_ACCOUNT, FORGED_CREDENTIAL)}

    def teardown(self) -> None:
        """Let every repository be read once more, by a run that nothing disturbs."""
        self.desk.lost = self.desk.kills = 0
        for repository in (HOME, OTHER, HOME):
            self.find(repository, "all", responds=False)
        ours = self._ours()
        for world in self.worlds:
            issues = ours.get(world.key.fingerprint, [])
            opened = [issue for issue in issues if issue.state == "open"]
            assert len(opened) <= 1
            if world.paths and world.standing == "Active":
                self._is_told(issues, opened)
            if issues:
                self._is_remembered(world, issues)

    def _is_told(self, issues: list[Issue], opened: list[Issue]) -> None:
        """A key that works has an open issue, unless a person closed it a second time."""
        if not opened:
            kept = issues[0]
            assert kept.state_reason in ("completed", "not_planned")
            assert "reopened" in read_marker((kept.body or "").replace("\r\n", "\n"))

    def _is_remembered(self, world: World, issues: list[Issue]) -> None:
        body = issues[0].body or ""
        if self.visibility == "private":
            known = {(p.repository, p.path) for p in read_memory(memory_in(body)).places}
            assert world.told <= known
            shown = body.rpartition("### Where it is")[2]
            assert all(f"{path}:12:18" in shown for _, path in world.told)
        else:
            assert read_memory(memory_in(body)) == read_memory(memory_in(body)).outline

    # Parts

    def _how(self, repository: str) -> Announcement:
        source = ScannedCode("https://github.example", repository, "3" * 40)
        return Announcement(HOME, source=source, authors=GUARDS)

    def _case(self, world: World, repository: str, sees: Sees, *, responds: bool) -> Case:
        key, places = world.key, sorted(path for r, path in world.paths if r == repository)
        locations = tuple(map(samples.at, places))
        if sees == "nothing":
            return samples.case(key, self._verdict(world, "unverified"), locations=locations)
        if world.standing != "Active":
            return samples.case(key, self._verdict(world, "dead"), locations=locations)
        verdict, outcome = self._verdict(world, "live"), None
        if responds:
            world.standing = "Inactive"
            outcome = samples.done(refused_since=self.now, confirmed_at=self.now)
        return samples.case(key, verdict, outcome, locations=locations)

    def _verdict(self, world: World, state: Any) -> Any:
        iam = IamAnswer("found", self.now, Account(samples.ACCOUNT), world.record)
        if world.standing == "gone":
            iam = IamAnswer("absent", self.now, Account(samples.ACCOUNT))
        evidence = replace(
            samples.evidence(world.key, iam=None if state == "unverified" else iam),
            clock=Clock(self.now),
        )
        return samples.verdict(state, key=world.key, evidence=evidence)

    def _ask(self, account_id: str, credential_id: str) -> Standing | None:
        self.asked.append((account_id, credential_id))
        if account_id != samples.ACCOUNT:
            return None
        found = [w for w in self.worlds if w.record.credential_id == credential_id]
        return found[0].standing if found else "gone"

    def _clock(self, expires_at: datetime | None = None) -> Clock:
        return Clock(self.now, expires_at, timedelta())

    def _issue(self, which: int) -> Issue:
        issues: list[Issue] = list(self.home.issues.values())
        return issues[which % len(issues)]

    def _ours(self) -> dict[str, list[Issue]]:
        found: dict[str, list[Issue]] = {}
        for issue in self.home.issues.values():
            fingerprint = read_marker(issue.body or "").get("fingerprint")
            if fingerprint and issue.author in GUARDS:
                found.setdefault(fingerprint, []).append(issue)
        return found


class PublicLife(Life):
    """Do the same where strangers read along."""

    visibility = "public"

    @invariant()
    def no_place_of_a_key_that_works_is_published(self) -> None:
        """The forged path is of no key, so nothing proves that what is there is dead."""
        for issue in self.home.issues.values():
            shown = (issue.body or "").partition("### Where it is")[2].partition("Ada:")[0]
            assert FORGED_PATH not in shown


TestLife = Life.TestCase
TestPublicLife = PublicLife.TestCase


def test_the_twin_of_an_issue_that_lost_its_label_stays_closed() -> None:
    life = PublicLife()
    life.leak(key=0, repository=HOME, file=0)
    life.find_twice_at_once(responds=False)
    life.unlabel(which=0)
    life.teardown()
