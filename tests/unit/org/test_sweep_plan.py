"""Repositories are shared out evenly, and each is in one shard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.org.sweep_plan import Planned, packed, remembering

SIZES = st.lists(st.integers(0, 10**6), max_size=60)


def repositories(sizes: list[int]) -> list[Planned]:
    return [Planned(f"acme/{n}", f"https://x/{n}.git", size) for n, size in enumerate(sizes)]


@given(SIZES, st.integers(1, 20))
def test_every_repository_is_in_one_shard_and_no_shard_is_empty(
    sizes: list[int], shards: int
) -> None:
    plan = packed(repositories(sizes), shards)
    each = [repository for shard in plan for repository in shard]
    assert sorted(each, key=lambda one: one.name) == sorted(
        repositories(sizes), key=lambda one: one.name
    )
    assert len(plan) == min(shards, len(sizes))
    assert all(plan)


@given(SIZES.filter(bool), st.integers(1, 20))
def test_no_shard_has_more_than_the_mean_and_the_largest_together(
    sizes: list[int], shards: int
) -> None:
    def work(shard: tuple[Planned, ...]) -> int:
        return sum(each.size + 2_000 for each in shard)

    plan = packed(repositories(sizes), shards)
    mean = sum(map(work, plan)) / len(plan)
    assert max(map(work, plan)) <= mean + max(sizes) + 2_000


def test_tips_are_remembered_by_name_and_id_together() -> None:
    tips = {("acme/a", 1): ("t1",), ("acme/b", 2): ("t2",)}
    each = [Planned("acme/a", "x", id=1), Planned("acme/b", "x", id=3), Planned("acme/c", "x")]
    assert [one.tips for one in remembering(each, tips)] == [("t1",), (), ()]
