"""Find out what somebody may do in AWS, and change nothing.

`SimulatePrincipalPolicy` (IAM API reference) answers for any action and anybody of the account. It
judges the policies of the user or role, its permissions boundary and the organisation's service
control policies; not those of one session, of a resource or of a network. Where it may not be
asked, calls that only read show what the caller itself may: of changes they show nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.aws.listings import pages
from bedrock_key_guard.aws.session import error_code, refusal
from bedrock_key_guard.iam.principal import read_principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.iam.features import Trial

Finding = Literal["allowed", "denied", "unknown"]

SIMULATE = "iam:SimulatePrincipalPolicy"
DENIALS = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"))
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# What IAM says to whoever may ask and finds nothing, and STS of a key id that is none.
_LET_THROUGH = frozenset(("NoSuchEntity", "ValidationError"))


@dataclass(frozen=True, slots=True)
class Tried:
    """Say whether an action is allowed; `reason` is why that is not known."""

    trial: Trial
    found: Finding
    reason: str = ""


def policy_source(session: Session) -> str:
    """Return the ARN of the user or the role that a session acts as.

    The ARN of a role's session lacks the role's path: where IAM does not tell it, there is none.
    """
    acting = read_principal(session.arn)
    if acting is None or acting.kind != "role" or acting.session is None:
        return session.arn
    try:
        role = session.global_client("iam").get_role(RoleName=acting.name)["Role"]
    except Exception:  # noqa: BLE001  # whatever failed, the usual place is left
        return f"arn:{acting.partition}:iam::{acting.account_id}:role/{acting.name}"
    return str(role["Arn"])


def simulated(session: Session, source: str, wanted: Iterable[Trial]) -> list[Tried] | str:
    """Return what IAM says that `source` may do, or why it says nothing."""
    iam = session.global_client("iam")
    found: list[Tried] = []
    try:
        for (resource, context), some in groupby(sorted(wanted, key=_alike), _alike):
            listed = list(some)
            asked = _asked(source, resource, context, listed)
            results = [
                result
                for page in pages(iam.simulate_principal_policy, **asked)
                for result in page["EvaluationResults"]
            ]
            found += _judged(listed, results)
    except Exception as error:  # noqa: BLE001  # whatever failed, IAM did not say
        return f"IAM would not say what {source} may do ({refusal(error)})"
    return found


def tried(session: Session, trial: Trial) -> Tried:
    """Return whether a call that only reads is let through."""
    if trial.call is None:
        return Tried(trial, "unknown", f"no call that changes nothing shows it: allow {SIMULATE}")
    service, _, operation = trial.action.partition(":")
    client = session.global_client(service)
    if service == "cloudtrail":
        session.limiter.wait((session.account.account_id, session.home_region))
    try:
        getattr(client, _WORDS.sub("_", operation).lower())(**dict(trial.call))
    except Exception as error:  # noqa: BLE001  # what it means is decided by its code
        return _refused(trial, error)
    return Tried(trial, "allowed")


def _alike(trial: Trial) -> tuple[str, tuple[tuple[str, str], ...]]:
    return trial.resource, trial.context


def _asked(
    source: str, resource: str, context: tuple[tuple[str, str], ...], some: list[Trial]
) -> dict[str, Any]:
    entries = [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context
    ]
    actions = list(dict.fromkeys(each.action for each in some))
    named = {"PolicySourceArn": source, "ActionNames": actions, "ResourceArns": [resource]}
    return {**named, "ContextEntries": entries} if entries else named


def _judged(some: list[Trial], results: list[dict[str, Any]]) -> Iterator[Tried]:
    decisions = {each["EvalActionName"].lower(): each["EvalDecision"] for each in results}
    for trial in some:
        decision = decisions.get(trial.action.lower())
        if decision is None:
            yield Tried(trial, "unknown", "IAM's simulation left it out")
        else:
            yield Tried(trial, "allowed" if decision == "allowed" else "denied")


def _refused(trial: Trial, error: Exception) -> Tried:
    """Return what an error means: whoever is told that there is no such thing may ask."""
    code = error_code(error)
    if code in DENIALS:
        return Tried(trial, "denied")
    if code in _LET_THROUGH:
        return Tried(trial, "allowed")
    return Tried(trial, "unknown", f"AWS did not answer {trial.action} ({code})")
