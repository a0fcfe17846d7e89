"""Name all that a drill makes, before it is made: so that the next one can take it away.

Every name holds the drill's own id, which is random. What is written down says where to look, and
never that something may be removed: that takes what IAM says of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NAME = "bedrock-key-guard-drill"
PATH = f"/{NAME}/"
TAG = NAME
_ID = re.compile("[0-9a-f]{16}")
_ACCOUNT = re.compile("[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Traces:
    """Say what a drill makes: its folder, its user in an account, and that user's one key.

    `asked` tells that IAM was asked to make the user, and `user_id` and `credential_id` are IAM's
    own, "" until IAM has told them.
    """

    id: str
    account_id: str
    folder: Path
    begun: datetime
    asked: bool = False
    user_id: str = ""
    credential_id: str = ""

    @property
    def user_name(self) -> str:
        """Name the user."""
        return f"{NAME}-{self.id}"


def as_record(traces: Traces) -> dict[str, str]:
    """Return what is written down."""
    return {
        "id": traces.id,
        "account_id": traces.account_id,
        "folder": str(traces.folder),
        "begun": traces.begun.isoformat(timespec="seconds"),
        "asked": "yes" if traces.asked else "",
        "user_id": traces.user_id,
        "credential_id": traces.credential_id,
    }


def read_record(record: Mapping[str, object]) -> Traces:
    """Return what was written down. Raises ValueError for what no drill has written."""
    try:
        said = {name: str(record[name]) for name in (*as_record(_NONE),)}
    except KeyError:
        raise ValueError(record) from None
    folder = Path(said.pop("folder"))
    begun = read_time(said.pop("begun"))
    asked = bool(said.pop("asked"))
    traces = Traces(folder=folder, begun=begun, asked=asked, **said)
    named = _ID.fullmatch(traces.id) and _ACCOUNT.fullmatch(traces.account_id)
    if not named or folder.name != traces.user_name or not folder.is_absolute():
        raise ValueError(record)
    return traces


_NONE = Traces("", "", Path(), read_time("1970-01-01T00:00:00Z"))
