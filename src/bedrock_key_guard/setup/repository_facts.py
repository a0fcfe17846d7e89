"""Read out of texts what setting up needs to know: a repository's name, an account, a region."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_GITHUB = re.compile(
    r"(?:\w+://)?(?:[^/@\s]+@)?(?:ssh\.)?github\.com(?::\d+)?[:/]+([\w-]+)/([\w.-]+?)(?:\.git)?/?"
)
_ROLE = re.compile(r"\barn:(aws[a-z-]*):iam::(\d{12}):role/")
_REGION = re.compile(r"(?m)^\s*aws-region:\s*['\"]?([a-z]{2}(?:-[a-z]+)+-\d)\b")
_BRANCH = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class FoundValue:
    """Hold a value, and where it was found."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold what is known of a repository, of its owner's account, and of this release.

    `files` are the texts of its workflows and of the configuration of its hooks, by their path from
    the top; None stands for one that cannot be read as text, or is a link. `numbers` are GitHub's
    ids of the owner and the repository. `provider` is GitHub's OIDC provider in the account, ""
    where it has none, and None where nobody could say. `commit` is that of this release.
    """

    files: Mapping[str, str | None] = field(default_factory=dict)
    repository: FoundValue | None = None
    branch: FoundValue = FoundValue("main", "as it is usual")
    account: FoundValue | None = None
    partition: str = "aws"
    region: FoundValue = FoundValue("us-east-1", "as it is usual")
    numbers: tuple[int, int] | None = None
    provider: str | None = None
    commit: str | None = None

    @property
    def role(self) -> str | None:
        """Return the ARN of the role that the stack makes, None without an account."""
        if self.account is None:
            return None
        return f"arn:{self.partition}:iam::{self.account.value}:role/BedrockKeyGuard"


def github_repository(url: str) -> str | None:
    """Return the `owner/name` of a remote at github.com, None for any other."""
    found = _GITHUB.fullmatch(url)
    return f"{found[1]}/{found[2]}" if found else None


def is_branch(name: str) -> bool:
    """Return whether a branch has a name that the role's trust can say."""
    return bool(_BRANCH.fullmatch(name))


def account_in(files: Mapping[str, str | None]) -> tuple[FoundValue, str] | None:
    """Return the one account whose roles workflows take on, with its partition."""
    return _only(
        ((match[2], match[1]), path) for path, text in files.items() for match in _all(_ROLE, text)
    )


def region_in(files: Mapping[str, str | None]) -> FoundValue | None:
    """Return the one region that workflows name."""
    found = _only(
        ((match[1], ""), path) for path, text in files.items() for match in _all(_REGION, text)
    )
    return found[0] if found else None


def _all(pattern: re.Pattern[str], text: str | None) -> Iterable[re.Match[str]]:
    return pattern.finditer(text or "")


def _only(found: Iterable[tuple[tuple[str, str], str]]) -> tuple[FoundValue, str] | None:
    """Return what all agree on, and which file says so first."""
    first: dict[tuple[str, str], str] = {}
    for value, path in found:
        first.setdefault(value, path)
    if len(first) != 1:
        return None
    ((only, path),) = first.items()
    return FoundValue(only[0], f"as {path} says"), only[1]
