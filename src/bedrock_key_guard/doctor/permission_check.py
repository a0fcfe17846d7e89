"""Check each permission that each feature declares, by simulation or by calls that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.permissions import policy_source, simulated, tried
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.iam.features import FEATURES
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.iam.trials import Trial, Where, trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bedrock_key_guard.aws.permissions import Tried
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.iam.features import Feature

_DEPLOY = (
    "aws cloudformation deploy --stack-name bedrock-key-guard --template-file deploy/guard.yaml "
    "--capabilities CAPABILITY_NAMED_IAM"
)
SIMULATION = f"{_DEPLOY} --parameter-overrides Doctor=true"
"""What lets the guard's role ask IAM what it may itself."""


def check_permissions(
    session: Session, features: Iterable[str], where: Where, guard: str = ""
) -> Iterator[Check]:
    """Yield whether each feature has its permissions in an account.

    They are those of `guard`, or without one of whoever asks.
    """
    wanted = {name: trials(FEATURES[name], where) for name in features}
    each = dict.fromkeys(trial for some in wanted.values() for trial in some)
    answers = _answers(session, list(each), guard)
    if isinstance(answers, str):
        for name in wanted:
            yield Check("permissions", name, "unknown", answers, SIMULATION)
        return
    for name, some in wanted.items():
        yield judged(FEATURES[name], [answers[trial] for trial in some])


def judged(feature: Feature, found: Iterable[Tried]) -> Check:
    """Return what the answers amount to: what is denied counts before what nobody could tell."""
    each = list(found)
    missing = tuple(one.trial.action for one in each if one.found == "denied")
    untold = tuple(one.trial.action for one in each if one.found == "unknown")
    if missing:
        return Check(
            "permissions",
            feature.name,
            "lacks",
            _lacking(missing),
            _grant(feature),
            missing,
            untold,
        )
    if untold:
        reasons = dict.fromkeys(one.reason for one in each if one.found == "unknown")
        said = f"{_listed(untold)}: {'; '.join(reasons)}"
        return Check("permissions", feature.name, "unknown", said, SIMULATION, untold=untold)
    return Check("permissions", feature.name, "works", f"all {len(each)} permissions are there")


def _answers(session: Session, wanted: list[Trial], guard: str) -> Mapping[Trial, Tried] | str:
    """Return an answer to each trial, or why there is none.

    Calls show what the caller may, so they tell nothing of anybody else.
    """
    is_other = bool(guard) and not is_same(guard, session.arn)
    found = simulated(session, guard if is_other else policy_source(session), wanted)
    if isinstance(found, str):
        if is_other:
            return found
        found = [tried(session, trial) for trial in wanted]
    return {one.trial: one for one in found}


def _lacking(missing: tuple[str, ...]) -> str:
    return f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} not allowed"


def _listed(actions: tuple[str, ...]) -> str:
    return ", ".join(actions)


def _grant(feature: Feature) -> str:
    return (
        f"{_DEPLOY} --parameter-overrides {feature.parameter}=true"
        if feature.parameter
        else _DEPLOY
    )
