"""Say what doctor is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.checks import OFFLINE, SUBJECTS
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.iam.features import USUAL

if TYPE_CHECKING:
    from collections.abc import Collection

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.doctor.checks import Subject


@dataclass(frozen=True, slots=True)
class Asked:
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
