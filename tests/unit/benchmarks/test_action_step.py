from __future__ import annotations

from pathlib import Path

from benchmarks import action_step, contenders
from benchmarks.contenders import Bench
from benchmarks.running import run
from tests.unit.scan.repositories import new_repo


def test_the_step_reads_what_the_scan_by_hand_reads(tmp_path: Path) -> None:
    python = contenders.install_guard(tmp_path / "guard")
    bench = Bench(tmp_path, python, contenders.environment(tmp_path / "home"))
    repo = new_repo(tmp_path / "checkout")
    repo.commit("first", a__txt="one\n")
    repo.commit("second", b__txt="two\n")
    by_hand, step = action_step.action(bench, repo.path)
    for contender in (by_hand, step):
        assert contender.job
        assert run(contender.job, 60).exit_code == 0
    assert step.job
    assert "No keys found" in run(step.job, 60).output
