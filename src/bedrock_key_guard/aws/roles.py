"""Name the role that stands for the guard in each account, and how it is assumed.

Facts are those of the STS API reference (`AssumeRole`) and of the IAM identifiers page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the place of an account id on an allow-list: every account of our organisation.
ORGANIZATION = "organization"
_PLACE = "{account_id}"
_ARN = re.compile(r"arn:(aws[a-z-]*):iam::\{account_id\}:role/[\w+=,.@/-]+")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
_TAG = re.compile(r"[\w .:/=+@-]{1,128}=[\w .:/=+@-]{0,256}")
_EXAMPLE = "arn:aws:iam::{account_id}:role/BedrockKeyGuard"


def role_to_assume(
    template: str | None, external_id: str | None = None, tags: Sequence[str] = ()
) -> RoleToAssume | None:
    """Return the role, or None where no template is given.

    Raises UsageError for what AWS would not take, and for an external id or a tag without a role.
    """
    if template:
        return RoleToAssume(template, external_id or None, tuple(tags))
    if external_id or tags:
        raise UsageError(
            "An external id or a session tag is for a role that is assumed, and none is named.",
            remedy=f"Name the role, such as {_EXAMPLE}.",
        )
    return None


@dataclass(frozen=True, slots=True)
class RoleToAssume:
    """Hold the template of a role's ARN, what its trust asks for, and the session's tags.

    Raises UsageError for a template, an external id or a tag that AWS would not take.
    """

    template: str
    external_id: str | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _ARN.fullmatch(self.template):
            raise UsageError(
                f"{self.template!r} is no ARN of a role with the place {_PLACE}.",
                remedy=f"Give one such as {_EXAMPLE}.",
            )
        if self.external_id is not None and not _EXTERNAL_ID.fullmatch(self.external_id):
            raise UsageError(
                f"{self.external_id!r} is no external id.",
                remedy="Give 2 to 1224 letters, digits or + = , . @ : / - _.",
            )
        for tag in self.tags:
            if not _TAG.fullmatch(tag):
                raise UsageError(f"{tag!r} is no session tag.", remedy="Give NAME=VALUE.")

    @property
    def partition(self) -> str:
        """Name the partition of the role."""
        return self.template.split(":", 2)[1]

    def arn(self, account_id: str) -> str:
        """Return the role's ARN in an account."""
        return self.template.replace(_PLACE, account_id)

    def request(self, account_id: str, session_name: str) -> dict[str, object]:
        """Return what STS is asked for."""
        asked: dict[str, object] = {
            "RoleArn": self.arn(account_id),
            "RoleSessionName": session_name,
        }
        if self.external_id is not None:
            asked["ExternalId"] = self.external_id
        if self.tags:
            pairs = (tag.split("=", 1) for tag in self.tags)
            asked["Tags"] = [{"Key": name, "Value": value} for name, value in pairs]
        return asked
