"""A small repository is scanned without a worker, and a larger one is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard.git.clean_git import clean_git
from bedrock_key_guard.git.repository import repository_of
from bedrock_key_guard.scan.prefilter import object_workers
from bedrock_key_guard.scan.prefilter.object_workers import search
from bedrock_key_guard.scan.prefilter.pool import Pool
from tests.bare_repositories import push, write_bare

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("size", "started"), [(1_000, False), (3_000_000, True)])
def test_workers_are_started_where_there_is_enough_to_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, started: bool
) -> None:
    pools: list[object] = []

    def watched(*arguments: object) -> object:
        pools.append(arguments)
        return Pool(*arguments)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(object_workers, "Pool", watched)
    first = write_bare(tmp_path / "a.git", {"a": b"x" * size})
    push(tmp_path / "a.git", {"b": b"KEY=ABSK"}, first)
    with clean_git(repository_of(tmp_path / "a.git", "history")) as git:
        (tmp_path / "lists").mkdir()
        steps = list(search(git, tmp_path / "lists", deep=False))
    assert bool(pools) is started
    assert sum(step.objects for step in steps) == 4
    assert sum(step.bytes for step in steps) == sum(step.expected for step in steps)
