"""Say what people must still do about a key, step by step.

The steps follow AWS's and GitHub's own pages: "Handle compromised long-term and short-term Amazon
Bedrock API keys" and "Removing sensitive data from a repository".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.commands import to_disable
from bedrock_key_guard.keys.families import probed
from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.details import credential_of, user_of
from bedrock_key_guard.report.document import Item
from bedrock_key_guard.report.status import Status, status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.findings import Case

_REVOKING = "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-revoke.html"


@dataclass(frozen=True, slots=True)
class Further:
    """Hold the `words`, quoted, with which another command begins where this run began.

    `may_respond` tells that `respond` takes them, and that whoever reads this could run it.
    """

    words: str = ""
    may_respond: bool = False

    def line(self, command: str) -> str:
        """Return the line of a command that goes on from here."""
        return f"bedrock-key-guard {command} {self.words}".rstrip()


REPLACE = Item(
    "Give what used this key a role instead, or keys that last for hours. "
    "Make a new long-term key only where neither works.",
    link="https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
    general=True,
)
WATCH = Item(
    "See in CloudTrail who has used the key since it leaked, and what that may have cost:",
    code=("bedrock-key-guard timeline",),
    link="https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html",
    general=True,
)
PURGE = Item(
    "Take the key out of the files, and out of the Git history if it was ever committed.",
    link="https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
    "removing-sensitive-data-from-a-repository",
    general=True,
)
MEND = Item("What used it has stopped working, too: give it something else.")
LEAVE_OFF = Item("Leave it switched off: whoever has read it could use it again.")
TAKE_NEW = Item(
    "Let what needs a key read the new one from its store, and set the credential Active if it is "
    "not: the leaked key stays dead."
)
_FORGED = Item(
    "If nobody here made or reset this key, somebody forged it to have a working key switched off: "
    "find out who wrote it."
)
_LOOK = Item(
    "Look at it: it may be a key that was cut or altered, or an example. "
    "If it was a key, switch that key off."
)


def find_out(further: Further) -> Item:
    """Return the step that leads from a finding to a verdict."""
    text = "Find out whether it is live, with credentials of its account:"
    return Item(text, code=(further.line("verify"),))


def advice(case: Case, further: Further | None = None) -> tuple[Item, ...]:
    """Return the steps that are left for people, the most urgent first."""
    looked = case.usage is not None and case.usage.complete
    steps = _steps(case, status(case), further or Further())
    return tuple(step for step in steps if not (looked and step is WATCH))


def particular(case: Case, further: Further | None = None) -> tuple[Item, ...]:
    """Return the steps that hold for this key alone; the first is the one to take now."""
    return tuple(step for step in advice(case, further) if not step.general)


def afterwards(cases: Iterable[Case]) -> tuple[Item, ...]:
    """Return the steps that read the same for every key, once."""
    steps = (step for case in cases for step in advice(case) if step.general)
    return tuple(dict.fromkeys(steps))


def _steps(case: Case, now: Status, further: Further) -> tuple[Item, ...]:
    match now:
        case "live" | "unconfirmed":
            return (*_let_stop(case, further), _stop(case, now), *_recover(case))
        case "contained":
            return (*_let_stop(case, further), _finish(case), *_recover(case))
        case "stopped":
            return (*_keep_it_so(case), *_recover(case))
        case "unverified" | "unchecked":
            return (*_resolve(case, further), WATCH, REPLACE, PURGE)
        case "foreign":
            return (_inform_owner(case), PURGE)
        case "rejected":
            return (_FORGED, PURGE)
        case "dead":
            return (WATCH, PURGE)
        case "malformed":
            return (_LOOK,)


def _let_stop(case: Case, further: Further) -> Iterator[Item]:
    """Say which command of ours makes it dead; a short-term key that is contained needs none."""
    of_session = isinstance(case.incident.key, ShortTermKey)
    if further.may_respond and not (of_session and status(case) == "contained"):
        command = "respond --short-term quarantine" if of_session else "respond"
        text = "Let the guard make it dead, and confirm that; it shows first what it would change:"
        yield Item(text, code=(further.line(command),))


def _stop(case: Case, now: Status) -> Item:
    """Say how to make a key dead that Bedrock accepts."""
    wait = "Ask Bedrock again until it refuses the key. " if now == "unconfirmed" else ""
    return Item(f"{wait}Stop it now: {_how_to_stop(case)}", code=_commands(case), link=_REVOKING)


def _resolve(case: Case, further: Further) -> Iterator[Item]:
    """Say what to do about a key that may be live; what its text says is no ground for changes."""
    start = "The guard cannot ask whether it is live:"
    if probed(case.incident.key.family):
        yield find_out(further)
        start = "If that cannot be found out,"
    text = (
        f"{start} {_how_to_stop(case)} Check the user first: anyone can forge a key that names a "
        "user who leaked nothing."
    )
    yield Item(text, code=_commands(case), link=_REVOKING)


def _how_to_stop(case: Case) -> str:
    key = case.incident.key
    if isinstance(key, ShortTermKey):
        return (
            f"deny {' and '.join(key.family.deny_actions)} to the identity that signed it. "
            f"It works until {moment(key.expires_at)} at the latest."
        )
    credential = credential_of(case)
    if credential is None or credential.status == "Active":
        return "set its credential to Inactive."
    return f"its credential is {credential.status} already, so deny its user the use of such keys."


def _keep_it_so(case: Case) -> Iterator[Item]:
    """Say what works no longer, and what not to undo, or when to: what is deleted needs neither."""
    key, action = case.incident.key, case.outcome.action if case.outcome else "nothing"
    if action != "reset":
        yield MEND
    if isinstance(key, ShortTermKey):
        text = f"Once the key has expired, {moment(key.expires_at)}, take the denial away:"
        yield Item(text, code=("bedrock-key-guard lift",))
    elif action == "reset":
        yield TAKE_NEW
    elif action != "delete":
        yield LEAVE_OFF


def _finish(case: Case) -> Item:
    """Say what makes a denied key dead for good."""
    key = case.incident.key
    if isinstance(key, ShortTermKey):
        text = f"Keep the policy that denies it until it has expired, {moment(key.expires_at)}."
        return Item(text, code=_given(case))
    text = "Set its credential to Inactive: it is Active, and only the policy keeps the key out."
    return Item(text, code=_commands(case), link=_REVOKING)


def _recover(case: Case) -> Iterator[Item]:
    yield from (WATCH, REPLACE, PURGE)
    user, made_by_console = user_of(case), case.incident.key.family.console_user
    if user and made_by_console and user.startswith(made_by_console):
        yield Item(
            f"Delete the user {user} if it was made for this key alone: "
            "its policy allows more than asking models."
        )


def _inform_owner(case: Case) -> Item:
    key = case.incident.key
    known = not isinstance(key, MalformedKey) and key.account_id
    owner = f"account {known}" if known else "its account"
    return Item(
        f"If {owner} is yours, let the guard ask about it: add it to the allowed accounts. "
        "If not, tell its owner."
    )


def _commands(case: Case) -> tuple[str, ...]:
    """Return the commands that the response gave, or those that the evidence allows."""
    key = case.incident.key
    general = to_disable(key, credential_of(case)) if isinstance(key, LongTermKey) else ()
    return _given(case) or general


def _given(case: Case) -> tuple[str, ...]:
    return case.outcome.commands if case.outcome else ()
