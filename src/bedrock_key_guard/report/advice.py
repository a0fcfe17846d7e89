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
from bedrock_key_guard.report.headline import Standing, standing
from bedrock_key_guard.report.terminal.details import user_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.evidence import CredentialRecord

_PURGING = (
    "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
    "removing-sensitive-data-from-a-repository"
)
_CHOOSING = "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html"
_WATCHING = "https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html"
_REVOKING = "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-revoke.html"


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one thing to do: a sentence, the commands for it, and a page that says more.

    The sentence and the commands may hold untrusted names. A `general` step reads the same for
    every key.
    """

    text: str
    commands: tuple[str, ...] = ()
    link: str | None = None
    general: bool = False


REPLACE = Step(
    "Give what used this key a role instead, or keys that last for hours. "
    "Make a new long-term key only where neither works.",
    link=_CHOOSING,
    general=True,
)
WATCH = Step(
    "Look in CloudTrail, in every region, for what was done with the key since it leaked.",
    link=_WATCHING,
    general=True,
)
PURGE = Step(
    "Take the key out of the files, and out of the Git history if it was ever committed.",
    link=_PURGING,
    general=True,
)
FIND_OUT = Step(
    "Find out whether it is live, with credentials of its account:",
    ("bedrock-key-guard verify",),
)
LEAVE_OFF = Step("Leave it switched off: whoever has read it could use it again.")
TAKE_NEW = Step(
    "Let what needs a key read the new one from its store, and set the credential Active if it is "
    "not: the leaked key stays dead."
)


def advice(case: Case) -> tuple[Step, ...]:
    """Return the steps that are left for people, the most urgent first."""
    looked = case.usage is not None and case.usage.complete
    return tuple(step for step in _steps(case, standing(case)) if not (looked and step is WATCH))


def particular(case: Case) -> tuple[Step, ...]:
    """Return the steps that hold for this key alone."""
    return tuple(step for step in advice(case) if not step.general)


def afterwards(cases: Iterable[Case]) -> tuple[Step, ...]:
    """Return the steps that read the same for every key, once."""
    steps = (step for case in cases for step in advice(case) if step.general)
    return tuple(dict.fromkeys(steps))


def _steps(case: Case, now: Standing) -> Iterator[Step]:
    match now:
        case "live" | "unconfirmed":
            yield _stop(case, now)
            yield from _recover(case)
        case "contained":
            yield _finish(case)
            yield from _recover(case)
        case "stopped":
            yield from _keep_it_so(case)
            yield from _recover(case)
        case "unverified" | "found":
            yield from _resolve(case)
            yield from (REPLACE, WATCH, PURGE)
        case "foreign":
            yield _tell_owner(case)
            yield PURGE
        case "rejected":
            yield Step(
                "If nobody here made or reset this key, somebody forged it to have a healthy one "
                "switched off: find out who wrote it."
            )
            yield PURGE
        case "dead":
            yield from (WATCH, PURGE)
        case "malformed":
            yield Step(
                "Look at it: it may be a key that was cut or altered, or an example. "
                "If it was a key, switch that key off."
            )


def _stop(case: Case, now: Standing) -> Step:
    """Say how to make a key dead that Bedrock accepts."""
    wait = "Ask Bedrock again until it refuses the key. " if now == "unconfirmed" else ""
    return Step(f"{wait}Stop it now: {_how_to_stop(case)}", _commands(case), _REVOKING)


def _resolve(case: Case) -> Iterator[Step]:
    """Say what to do about a key of which nobody knows; its own word is no ground for changes."""
    start = "The guard cannot ask whether it is live:"
    if probed(case.incident.key.family):
        yield FIND_OUT
        start = "If that cannot be found out,"
    text = (
        f"{start} {_how_to_stop(case)} Mind that anyone can forge a key that names a healthy user."
    )
    yield Step(text, _commands(case), _REVOKING)


def _how_to_stop(case: Case) -> str:
    key = case.incident.key
    if not isinstance(key, ShortTermKey):
        credential = _credential(case)
        if credential is None or credential.status == "Active":
            return "set its credential to Inactive."
        return f"its credential is {credential.status} already, so deny its user such keys."
    return (
        f"deny {' and '.join(key.family.deny_actions)} to the identity that signed it. "
        f"It works until {moment(key.expires_at)} at the latest."
    )


def _keep_it_so(case: Case) -> Iterator[Step]:
    """Say what not to undo, or when to: what is deleted needs neither."""
    key, action = case.incident.key, case.outcome.action if case.outcome else "nothing"
    if isinstance(key, ShortTermKey):
        text = f"Once the key has expired, {moment(key.expires_at)}, take the denial away:"
        yield Step(text, ("bedrock-key-guard lift",))
    elif action == "reset":
        yield TAKE_NEW
    elif action != "delete":
        yield LEAVE_OFF


def _finish(case: Case) -> Step:
    """Say what makes a denied key dead for good."""
    key = case.incident.key
    if isinstance(key, ShortTermKey):
        text = f"Keep the policy that denies it until it has expired, {moment(key.expires_at)}."
        return Step(text, _given(case))
    text = "Set its credential to Inactive: it is active, and only the policy holds it."
    return Step(text, _commands(case), _REVOKING)


def _recover(case: Case) -> Iterator[Step]:
    yield REPLACE
    yield WATCH
    yield PURGE
    user, made_by_console = user_of(case), case.incident.key.family.console_user
    if user and made_by_console and user.startswith(made_by_console):
        yield Step(
            f"Delete the user {user} if it was made for this key alone: "
            "its policy allows more than asking models."
        )


def _tell_owner(case: Case) -> Step:
    key = case.incident.key
    known = not isinstance(key, MalformedKey) and key.account_id
    owner = f"account {known}" if known else "its account"
    return Step(
        f"If {owner} is yours, let the guard ask about it: add it to the allowed accounts. "
        "If not, tell its owner."
    )


def _commands(case: Case) -> tuple[str, ...]:
    """Return the commands that the response gave, or those that the evidence allows."""
    key = case.incident.key
    general = to_disable(key, _credential(case)) if isinstance(key, LongTermKey) else ()
    return _given(case) or general


def _credential(case: Case) -> CredentialRecord | None:
    """Return the credential that IAM named, if it was asked."""
    iam = case.verdict.evidence.iam if case.verdict else None
    return iam.credential if iam else None


def _given(case: Case) -> tuple[str, ...]:
    return case.outcome.commands if case.outcome else ()
