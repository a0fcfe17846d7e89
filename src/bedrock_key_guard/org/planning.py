"""Make the plan of a sweep: list what there is, leave out what was read, and share out the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.org.hosting import api_of, client_of
from bedrock_key_guard.org.listing import Filter, Listing, in_file, listed
from bedrock_key_guard.org.state import known_tips
from bedrock_key_guard.org.sweep_plan import Plan, packed, remembering

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sweep:
    """Say what is swept: a list of addresses, or the repositories of an owner.

    `only` says which of those, and `with_texts` adds what people wrote beside the code. It begins
    where the sweep ended that wrote the state at `since`.
    """

    addresses: Path | None
    owner: str | None
    only: Filter
    with_texts: bool
    since: Path | None = None

    @property
    def told(self) -> str:
        """Return what tells it from whatever else could be swept."""
        files = (each and str(each.absolute()) for each in (self.addresses, self.since))
        return repr((*files, self.owner, self.only, self.with_texts))


def planned(wanted: Sweep, shards: int) -> Plan:
    """Return the plan.

    Raises UsageError for a file that is none, GitHubError where GitHub does not list.
    """
    api = api_of(os.environ) if wanted.owner else ""
    found = _listing(wanted)
    tips, why = known_tips(wanted.since, api) if wanted.since else ({}, "")
    notes = (*found.notes, *((why,) if why else ()))
    each = packed(remembering(found.repositories, tips), shards)
    return Plan(utc_now(), each, found.skipped, found.unseen, notes, api, of=wanted.told)


def _listing(wanted: Sweep) -> Listing:
    if wanted.addresses is not None:
        return Listing(*in_file(wanted.addresses))
    with client_of(os.environ) as client:
        return listed(client, wanted.owner or "", wanted.only, with_texts=wanted.with_texts)
