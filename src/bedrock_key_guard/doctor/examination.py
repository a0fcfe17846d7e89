"""Look at everything that doctor is asked about, in the order in which one thing needs another.

Nobody is asked where there is nothing to ask with. Nothing is changed anywhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.checks import OFFLINE, SUBJECTS, Check
from bedrock_key_guard.doctor.local_checks import check_git, check_hooks, check_python
from bedrock_key_guard.errors import UsageError, install_with
from bedrock_key_guard.iam.features import USUAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.aws.server_dates import ServerDates
    from bedrock_key_guard.aws.session import NoSession, Session
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.doctor.checks import State, Subject

_OF_AWS: tuple[Subject, ...] = ("aws", "permissions", "quarantine", "bedrock")
_NETWORK: tuple[Subject, ...] = (*_OF_AWS, "github", "clock")


def examine(asked: Examination, environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield what there is to say about each subject."""
    wanted = set(asked.subjects)
    if "python" in wanted:
        yield check_python()
    if "git" in wanted:
        yield from check_git(asked.folder)
    if "hooks" in wanted:
        yield from check_hooks(asked.folder)
    if not wanted.isdisjoint(_NETWORK):
        yield from _over_the_network(asked, environment)


def _over_the_network(asked: Examination, environment: Mapping[str, str]) -> Iterator[Check]:
    try:
        from bedrock_key_guard.aws.server_dates import ServerDates
        from bedrock_key_guard.doctor.aws_checks import check_clock
        from bedrock_key_guard.doctor.github_check import check_github
    except ImportError as error:
        said = f"{error.name} is not installed, so nobody can be asked"
        for subject in (each for each in _NETWORK if each in asked.subjects):
            yield Check(subject, subject, "wrong", said, install_with("cli"))
        return
    dates = ServerDates()
    if not set(asked.subjects).isdisjoint((*_OF_AWS, "clock")):
        yield from _of_aws(asked, environment, dates)
    if "github" in asked.subjects:
        yield from check_github(asked.folder, asked.repository, environment, dates)
    if "clock" in asked.subjects:
        yield check_clock(dates.clock())


def _of_aws(
    asked: Examination, environment: Mapping[str, str], dates: ServerDates
) -> Iterator[Check]:
    from bedrock_key_guard.aws.rate_limit import RateLimiter
    from bedrock_key_guard.aws.session import NoSession, open_session

    subjects = [each for each in _OF_AWS if each in asked.subjects]
    try:
        own = open_session(environment, RateLimiter(time.monotonic, time.sleep), dates)
    except UsageError as error:  # there is no SDK
        for subject in subjects:
            yield Check(subject, subject, "wrong", str(error), error.remedy)
        return
    if isinstance(own, NoSession):
        yield from _without_session(own, subjects)
    else:
        yield from _with_session(own, asked, environment, dates)


def _without_session(own: NoSession, subjects: list[Subject]) -> Iterator[Check]:
    from bedrock_key_guard.doctor.aws_checks import SIGN_IN

    state: State = "lacks" if own.lacking else "unknown"
    for number, subject in enumerate(subjects):
        said = own.reason if subject == "aws" else f"nobody was asked: {own.reason}"
        yield Check(subject, subject, state, said, "" if number else SIGN_IN)


def _with_session(
    own: Session, asked: Examination, environment: Mapping[str, str], dates: ServerDates
) -> Iterator[Check]:
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.doctor.aws_checks import (
        check_accounts,
        check_identity,
        check_reach,
        regions_to_reach,
    )
    from bedrock_key_guard.verify.bedrock import HttpsProber

    sessions = Sessions(own, asked.role)
    if "aws" in asked.subjects:
        yield check_identity(own)
        yield from check_accounts(sessions, asked.accounts, has_role=bool(asked.role))
    yield from _in_account(own, asked, asked.guard)
    for session in _others(sessions, asked):
        account = session.account.account_id
        yield from (replace(check, account=account) for check in _in_account(session, asked))
    if "bedrock" in asked.subjects:
        prober = HttpsProber(environment, dates=dates)
        yield from check_reach(prober, regions_to_reach(own.account.partition, own.region))


def _in_account(session: Session, asked: Examination, guard: str = "") -> Iterator[Check]:
    from bedrock_key_guard.doctor.aws_checks import check_permissions, check_quarantine
    from bedrock_key_guard.iam.features import Where
    from bedrock_key_guard.respond.policy import Policy
    from bedrock_key_guard.respond.secret_stores import parse_store

    account, policy = session.account, Policy(quarantine=asked.quarantine)
    arn = policy.quarantine_in(account)
    if "permissions" in asked.subjects:
        store = parse_store(asked.store) if asked.store else None
        where = Where(account, session.region, arn, store)
        yield from check_permissions(session, asked.features, where, guard)
    if "quarantine" in asked.subjects and "quarantine" in asked.features:
        yield check_quarantine(session, arn)


def _others(sessions: Sessions, asked: Examination) -> list[Session]:
    """Return the sessions of the other accounts that can be reached."""
    from bedrock_key_guard.aws.session import Session

    opened = (sessions.of(each) for each in sorted(asked.accounts) if each.isdigit())
    return [each for each in opened if isinstance(each, Session) and each is not sessions.own]


@dataclass(frozen=True, slots=True)
class Examination:
    """Name the subjects, the features and the folder that doctor looks at, and on whose behalf.

    `guard` is the ARN of whom the guard acts as, where that is not who asks. `accounts` are those
    of the allow-list, reached by `role`. `repository` is `owner/name` on GitHub, "" for the one
    that the environment or the clone names.
    """

    subjects: tuple[Subject, ...] = SUBJECTS
    features: tuple[str, ...] = USUAL
    folder: Path = field(default_factory=Path.cwd)
    guard: str = ""
    accounts: frozenset[str] = frozenset()
    role: RoleToAssume | None = None
    quarantine: str = "BedrockKeyGuardQuarantine"
    store: str = ""
    repository: str = ""


def subjects_of(named: Collection[str], *, offline: bool = False) -> tuple[Subject, ...]:
    """Return the subjects that are named, or all; with `offline`, those without the network.

    Raises UsageError for what is no subject, and where nothing is left.
    """
    unknown = [each for each in named if each not in SUBJECTS]
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is nothing that doctor looks at.",
            remedy=f"Name some of {', '.join(SUBJECTS)}, or none for all.",
        )
    chosen = tuple(each for each in SUBJECTS if each in (named or SUBJECTS))
    left = tuple(each for each in chosen if each in OFFLINE or not offline)
    if not left:
        raise UsageError(f"Without the network nothing is known about {', '.join(chosen)}.")
    return left
