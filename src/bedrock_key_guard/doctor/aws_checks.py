"""Check what AWS answers: as whom it is asked, which accounts and planes of Bedrock are in reach.

Each permission that a feature declares is tried, by simulation or by calls that only read. The
policy that a quarantine attaches has to be there and deny what it must, and our own clock is held
against the `Date` of the servers that answered.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.permissions import DENIALS, SIMULATE, policy_source, simulated, tried
from bedrock_key_guard.aws.regions import HOME_REGION, PARTITION_OF_REGION, further_regions
from bedrock_key_guard.aws.roles import ORGANIZATION
from bedrock_key_guard.aws.session import NoSession, Session, error_code, refusal
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.iam.commands import to_make_policy, to_mend_policy
from bedrock_key_guard.iam.features import FEATURES, trials
from bedrock_key_guard.iam.policy_documents import shortfall
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.keys.families import BEDROCK_SHORT_TERM
from bedrock_key_guard.respond.identities import Identities
from bedrock_key_guard.system import MACOS, WINDOWS
from bedrock_key_guard.verify.bedrock import PLANES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bedrock_key_guard.aws.permissions import Tried
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.doctor.checks import State
    from bedrock_key_guard.iam.features import Feature, Where
    from bedrock_key_guard.model.evidence import BedrockAnswer, Clock
    from bedrock_key_guard.verify.bedrock import HttpsProber

SIGN_IN = "aws configure sso, or set AWS_PROFILE; in a job, aws-actions/configure-aws-credentials"
_TRUST = "let the role trust who asks: deploy/guard.yaml with HubRoleArn=ARN"
_NAME_A_ROLE = "--role-to-assume-template 'arn:aws:iam::{account_id}:role/BedrockKeyGuard'"
_DESCRIBE = "organizations:DescribeAccount"


def check_identity(own: Session) -> Check:
    """Return as whom AWS is asked."""
    return Check("aws", "aws", "works", own.arn)


def check_accounts(
    sessions: Sessions, accounts: Collection[str], *, has_role: bool
) -> Iterator[Check]:
    """Yield whether each account of the allow-list can be reached, by a role if one is named."""
    if not isinstance(sessions.own, Session):
        return
    if ORGANIZATION in accounts:
        yield _organization(sessions.own)
    for account_id in sorted(set(accounts) - {ORGANIZATION, sessions.own.account.account_id}):
        yield _of_account(f"account {account_id}", sessions.of(account_id), has_role=has_role)


def _of_account(name: str, session: Session | NoSession, *, has_role: bool) -> Check:
    if isinstance(session, Session):
        return Check("aws", name, "works", session.arn)
    if not has_role:
        return Check("aws", name, "wrong", session.reason, _NAME_A_ROLE)
    return Check("aws", name, "lacks" if session.lacking else "unknown", session.reason, _TRUST)


def _organization(own: Session) -> Check:
    try:
        client = own.global_client("organizations")
        client.describe_account(AccountId=own.account.account_id)
    except Exception as error:  # noqa: BLE001  # whatever failed, the organisation is not known
        code = error_code(error)
        said = f"{_DESCRIBE} failed ({code})"
        if code not in DENIALS:
            return Check("aws", ORGANIZATION, "unknown", said)
        mend = "deploy/guard.yaml with MemberAccounts=true, or list the accounts by their ids"
        return Check("aws", ORGANIZATION, "lacks", said, mend, missing=(_DESCRIBE,))
    return Check("aws", ORGANIZATION, "works", "its accounts can be asked for")


_MEND = "allow HTTPS to this host, also in HTTPS_PROXY and NO_PROXY"


def regions_to_reach(partition: str, configured: str | None) -> tuple[str, ...]:
    """Return where keys are probed: at home, where a change is confirmed, and where we are."""
    home = HOME_REGION[partition]
    ours = [configured] if configured and PARTITION_OF_REGION.get(configured) == partition else []
    return tuple(dict.fromkeys((home, *further_regions(home), *ours)))


def check_reach(prober: HttpsProber, regions: tuple[str, ...]) -> Iterator[Check]:
    """Yield whether each plane answers in each region; all are asked side by side."""
    asked = [(plane, None, region) for region in regions for plane in PLANES]
    with ThreadPoolExecutor(len(asked)) as executor:
        yield from executor.map(lambda each: of_answer(prober.ask(*each)), asked)


def of_answer(answer: BedrockAnswer) -> Check:
    """Return what the answer to a request without a key means."""
    name = f"{answer.plane} in {answer.region}"
    match answer.state:
        case "refused":
            return Check("bedrock", name, "works", "it answers, and asks for a key")
        case "not-offered":
            return Check("bedrock", name, "works", "it is not offered there, so nothing is asked")
        case "accepted":
            said = "what answers lists its models to nobody, so it is not Bedrock"
            return Check("bedrock", name, "wrong", said, _MEND)
        case _:
            return Check("bedrock", name, "unknown", answer.detail, _MEND)


_ELSEWHERE = "sudo sntp -sS time.apple.com" if MACOS else "timedatectl set-ntp true"
_MEND_CLOCK = "w32tm /resync" if WINDOWS else _ELSEWHERE


def check_clock(clock: Clock) -> Check:
    """Return whether our clock agrees with the servers'."""
    if clock.ahead is None:
        return Check("clock", "clock", "unknown", "no server was asked, or none told its time")
    seconds = clock.ahead.total_seconds()
    side = "ahead of" if seconds > 0 else "behind"
    off = f"{abs(seconds):.0f} seconds {side} the servers'"
    if clock.is_wrong:
        said = f"it is {off}, so AWS takes no signature of this machine"
        return Check("clock", "clock", "wrong", said, _MEND_CLOCK)
    return Check("clock", "clock", "works", f"it is {off}" if abs(seconds) >= 1 else "it is right")


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


def check_quarantine(session: Session, policy: str) -> Check:
    """Return whether the managed policy with this ARN is a quarantine."""
    name, family = policy.rpartition("/")[2], BEDROCK_SHORT_TERM
    try:
        document = Identities(session).managed_document(policy)
    except Exception as error:  # noqa: BLE001  # whatever failed, nobody has read it
        state: State = "lacks" if error_code(error) in DENIALS else "unknown"
        return Check("quarantine", name, state, f"{policy} could not be read ({refusal(error)})")
    if document is None:
        said = f"there is no policy {policy}, so no signer can be quarantined"
        return Check("quarantine", name, "wrong", said, to_make_policy(policy, family))
    short = shortfall(document, family.deny_actions)
    if short is not None:
        said = f"{policy} is no quarantine: {short}"
        return Check("quarantine", name, "wrong", said, to_mend_policy(policy, family))
    return Check(
        "quarantine", name, "works", f"{policy} denies {' and '.join(family.deny_actions)}"
    )
