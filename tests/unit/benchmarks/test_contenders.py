from __future__ import annotations

import json
import subprocess
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import contenders, hooks, inputs
from benchmarks.contenders import Bench
from benchmarks.measure import measure
from benchmarks.planting import git, plant_files
from benchmarks.running import run


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    python = contenders.install_guard(folder / "guard")
    return Bench(folder, python, contenders.environment(folder / "home"))


@pytest.fixture(autouse=True)
def without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contenders, "bundled", lambda *_: None)


def test_the_guard_is_installed_alone(bench: Bench) -> None:
    code = "import bedrock_key_guard as b, sys; print(b.__file__, sys.flags.isolated)"

    done = subprocess.run(bench.guard(code), capture_output=True, text=True, check=True)

    assert done.stdout.split()[0].startswith(str(bench.folder))
    assert done.stdout.split()[1] == "1"
    (packages,) = bench.folder.glob("guard/lib/python*/site-packages")
    assert [each.name for each in packages.iterdir()] == ["bedrock_key_guard"]


@pytest.mark.long
def test_each_hook_and_its_floor_run_and_absent_peers_are_named(bench: Bench) -> None:
    for title, _, lineup in islice(hooks.races(bench), 7):
        rows = measure(lineup, 1, 60, lambda _: None)

        states = {row.name: row.state for row in rows}
        (floor,) = (row.name for row in rows if row.is_floor)
        assert states[floor] == states["this hook"] == "complete", title
        assert {states.get("gitleaks"), states.get("kingfisher")} <= {"not installed", None}


def test_a_tree_is_read_whole_by_this_engine(bench: Bench, tmp_path: Path) -> None:
    plant_files(tmp_path)
    git(tmp_path, "init", "--quiet")
    ours = [each for each in contenders.tree(bench, tmp_path) if each.is_ours]

    rows = measure(ours, 1, 60, lambda _: None)

    assert [row.state for row in rows] == ["complete"]


@pytest.mark.slow
def test_history_is_read_whole_by_the_floor_and_by_this_engine(bench: Bench) -> None:
    repository = inputs.copied_repository(bench.folder, inputs.staged(bench.folder, leaky=False))
    lineup = contenders.history(bench, repository)
    wanted = [each for each in lineup if each.name in ("git cat-file", "this engine, cold")]

    rows = measure(wanted, 1, 60, lambda _: None)

    assert [row.state for row in rows] == ["complete", "complete"]
    assert git(repository, "rev-list", "--count", "--all") == "4"


@pytest.mark.long
def test_what_is_larger_than_memory_is_read_to_its_last_line(bench: Bench) -> None:
    blob = inputs.large_blob(bench.folder, small=True)
    line = inputs.long_line(bench.folder, small=True)
    lineups = (contenders.memory(bench, blob, "--history"), contenders.memory(bench, line))

    rows = [row for lineup in lineups for row in measure(lineup, 1, 60, lambda _: None)]

    assert [row.state for row in rows] == ["complete", "complete"]
    assert all(row.memory is not None and row.memory.own > 0 for row in rows)


def test_every_run_after_the_first_has_one_more_commit_and_reads_no_more(
    bench: Bench, tmp_path: Path
) -> None:
    repository = inputs.copied_repository(tmp_path, inputs.staged(tmp_path, leaky=False))
    here = Bench(tmp_path, bench.python, bench.environment)
    (again,) = [each for each in contenders.history(here, repository) if each.prepare]
    assert again.job is not None
    assert again.prepare is not None
    before = int(git(again.job.folder, "rev-list", "--count", "HEAD"))

    again.prepare()
    again.prepare()
    done = run(again.job, 60)

    assert int(git(again.job.folder, "rev-list", "--count", "HEAD")) == before + 2
    assert git(repository, "rev-list", "--count", "HEAD") == str(before)
    report = json.loads(done.output)
    assert report["incidents"] == []
    assert report["scanned"]["range"].endswith("(1 commit)")
