"""What could not be cloned is told as what it is: a wiki that nobody has begun is no failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard.org import cloning
from bedrock_key_guard.org.cloning import AddressesAlone, cloned
from bedrock_key_guard.org.sweep_plan import Planned
from sandbox.github.github_server import GitHubServer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("forbidden", "state"), [(False, "read"), (True, "failed")])
def test_a_wiki_that_is_not_there_holds_nothing_and_one_that_is_kept_from_us_has_failed(
    tmp_path: Path, forbidden: bool, state: str
) -> None:
    with GitHubServer() as server:
        repository = server.add_repository("acme/app", readers=("auditor",))
        repository.forbidden = forbidden
        address = f"{server.server_url}/acme/app.wiki.git"
        wiki = Planned("acme/app.wiki", address, wiki=True)
        clone = cloned(wiki, AddressesAlone(server.add_token("auditor")), tmp_path / "slot")
    assert clone.row is not None
    assert clone.row.state == state
    assert bool(clone.row.reason) is forbidden


def test_a_full_disk_is_the_failure_of_one_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cloning, "tips", full)
    clone = cloned(Planned("a", "/srv/a.git"), AddressesAlone(), tmp_path / "slot")
    assert clone.row is not None
    assert clone.row.state == "failed"
    assert "Make room on the disk" in clone.row.reason
