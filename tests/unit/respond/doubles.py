"""Stand in for whoever writes and keeps, and make the verdicts that a response rests on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bedrock_key_guard.keys.secret import Secret
from bedrock_key_guard.model import (
    CredentialRecord,
    IamAnswer,
    LongTermKey,
    ShortTermKey,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.respond.stores import StoreError
from bedrock_key_guard.respond.writes import Status
from bedrock_key_guard.verify.verdict import verdict_from
from tests import keysmith
from tests.unit.verify.doubles import (
    ACCOUNT,
    USER,
    both,
    credential,
    found,
    long_term,
    offline,
)

NEW_KEY = keysmith.long_term("BedrockAPIKey-ex4m", ACCOUNT, seed="after the reset")
# What a ledger is told of a change.
WHAT = {
    "action": "disable",
    "actor": f"arn:aws:iam::{ACCOUNT}:user/bedrock-key-guard",
    "account_id": ACCOUNT,
    "partition": "aws",
    "user_name": USER,
    "credential_id": "ACCAQNZGKIQYEXAMPLE22",
    "alias": f"{USER}-at-{ACCOUNT}",
    "fingerprint": "0" * 64,
    "status_before": "Active",
    "status_after": "Inactive",
}


def live(
    key: LongTermKey | ShortTermKey | None = None,
    iam: IamAnswer | None = None,
    *,
    principal: str | None = None,
) -> Verdict:
    """Return the verdict on a key that both planes accept, of an Active credential by default."""
    key = key or long_term()
    if iam is None and isinstance(key, LongTermKey):
        iam = found(credential(user=key.user_name_candidates[0], alias=key.alias))
    verdict = verdict_from(replace(offline(key), bedrock=both("accepted"), iam=iam))
    assert verdict.state == "live"
    return replace(verdict, principal=principal)


def contained(key: LongTermKey | ShortTermKey | None = None) -> Verdict:
    key = key or long_term()
    iam = found() if isinstance(key, LongTermKey) else None
    verdict = verdict_from(replace(offline(key), bedrock=both("denied bearer"), iam=iam))
    assert verdict.state == "contained"
    return verdict


def other(state: VerdictState, key: LongTermKey | ShortTermKey | None = None) -> Verdict:
    """Return a verdict that permits nothing."""
    return replace(live(key), state=state, reason=f"it is {state}")


@dataclass
class Diary:
    """Write down in which order things are done, and fail where it is told to."""

    done: list[str] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.done.append(what)
        if what in self.fails:
            raise self.fails[what]


@dataclass
class FakeWriter:
    """Change nothing but the diary."""

    diary: Diary
    secrets: Iterator[str] = field(default_factory=lambda: itertools.repeat(NEW_KEY))

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        self.diary.note(f"set {status}")

    def reset(self, credential: CredentialRecord) -> Secret:
        self.diary.note("reset")
        return Secret(next(self.secrets))


@dataclass
class FakeStore:
    """Keep the key that it was given; it fails as the diary tells it to."""

    diary: Diary
    kept: list[Secret] = field(default_factory=list)
    taken: bool = False

    def check(self) -> None:
        self._note("check store")

    def claim(self) -> bool:
        was_free, self.taken = not self.taken, True
        return was_free

    def write(self, secret: Secret) -> None:
        self._note("write store")
        self.kept.append(secret)

    def _note(self, what: str) -> None:
        try:
            self.diary.note(what)
        except OSError as error:
            raise StoreError(str(error)) from None
