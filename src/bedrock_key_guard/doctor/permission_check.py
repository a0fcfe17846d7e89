"""Check each permission that each feature declares, by simulation or by calls that only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.permissions import SIMULATE, policy_source, simulated, tried
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.iam.features import FEATURES
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.iam.trials import trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.aws.permissions import Tried
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.doctor.checks import State
    from bedrock_key_guard.iam.features import Feature
    from bedrock_key_guard.iam.trials import Where

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
    each = list(dict.fromkeys(trial for some in wanted.values() for trial in some))
    is_other = bool(guard) and not is_same(guard, session.arn)
    source = guard if is_other else policy_source(session)
    answers, way = simulated(session, source, each), "IAM's simulation"
    if isinstance(answers, str) and is_other:  # calls show what the caller may, and nobody else
        mend = f"allow {session.arn} to {SIMULATE} on {guard}"
        yield from (Check("permissions", name, "unknown", answers, mend) for name in wanted)
        return
    if isinstance(answers, str):
        answers, way = [tried(session, trial) for trial in each], "calls that only read"
    found = {one.trial: one for one in answers}
    for name, some in wanted.items():
        yield judged(FEATURES[name], [found[trial] for trial in some], way)


def judged(feature: Feature, found: Iterable[Tried], way: str) -> Check:
    """Return what the answers amount to: what is denied counts before what nobody could tell."""
    each = list(found)
    missing = tuple(one.trial.action for one in each if one.found == "denied")
    untold = tuple(one.trial.action for one in each if one.found == "unknown")
    reasons = dict.fromkeys(one.reason for one in each if one.found == "unknown")
    is_are = "is" if len(missing) == 1 else "are"
    state: State = "lacks" if missing else "unknown" if untold else "works"
    said = {
        "lacks": f"{', '.join(missing)} {is_are} not allowed, by {way}",
        "unknown": f"{', '.join(untold)}: {'; '.join(reasons)}",
        "works": f"all {len(each)} permissions are there, by {way}",
    }
    mend = {"lacks": _grant(feature), "unknown": SIMULATION, "works": ""}
    return Check("permissions", feature.name, state, said[state], mend[state], missing, untold)


def _grant(feature: Feature) -> str:
    override = f" --parameter-overrides {feature.parameter}=true" if feature.parameter else ""
    return _DEPLOY + override
