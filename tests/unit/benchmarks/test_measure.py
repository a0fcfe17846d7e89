from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks.contenders import Contender
from benchmarks.measure import measure, state_of
from benchmarks.running import Job, Run

PLANTS = ("first.env", "last.env")
ENVIRONMENT = {"PATH": os.environ["PATH"]}


def contender(code: str, folder: Path, **options: bool) -> Contender:
    job = Job([sys.executable, "-I", "-c", code], folder, ENVIRONMENT)
    return Contender("it", job, plants=PLANTS, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exit_code", "output", "said", "plants", "state"),
    [
        (1, "first.env last.env", "", PLANTS, "complete"),
        (0, "first.env", "last.env", PLANTS, "complete"),
        (200, "last.env", "", PLANTS, "incomplete: 1 of 2 keys"),
        (0, "", "no leaks found", PLANTS, "incomplete: 0 of 2 keys"),
        (2, "", "usage\nno such option\n", PLANTS, "failed with 2: no such option"),
        (3, "", "", PLANTS, "failed with 3: no message"),
        (None, "first.env last.env", "", PLANTS, "stopped after 7 s"),
        (0, "", "", (), "complete"),
        (128, "", "fatal", (), "failed with 128: fatal"),
    ],
)
def test_the_state_says_how_much_was_read(
    exit_code: int | None, output: str, said: str, plants: tuple[str, ...], state: str
) -> None:
    assert state_of(Run(1.0, exit_code, output, said), plants, 7) == state


def test_a_contender_is_proved_once_and_timed_in_each_round(tmp_path: Path) -> None:
    code = "open('runs', 'a').write('x'); print('first.env last.env')"

    (row,) = measure([contender(code, tmp_path, is_ours=True)], 3, 60, lambda _: None)

    assert (tmp_path / "runs").read_text() == "xxxx"
    assert (row.state, len(row.seconds), row.is_ours) == ("complete", 3, True)


def test_rounds_are_interleaved_and_prepared(tmp_path: Path) -> None:
    order: list[str] = []
    codes = {name: f"print('first.env last.env {name}')" for name in "ab"}
    contenders = [
        Contender(
            name,
            contender(code, tmp_path).job,
            plants=PLANTS,
            prepare=partial(order.append, name),
        )
        for name, code in codes.items()
    ]

    measure(contenders, 2, 60, lambda _: None)

    assert "".join(order) == "ab" + "abab"


def test_one_that_fails_or_is_not_there_is_told_of_and_not_timed(tmp_path: Path) -> None:
    failing = contender("raise SystemExit('no such option')", tmp_path)

    failed, absent = measure([failing, Contender("absent", None)], 2, 60, lambda _: None)

    assert (failed.state, failed.seconds) == ("failed with 1: no such option", ())
    assert (absent.state, absent.seconds) == ("not installed", ())


def test_what_is_timed_may_be_another_job_than_what_is_proved(tmp_path: Path) -> None:
    proved = contender("print('first.env last.env')", tmp_path)
    timed = contender("open('timed', 'a').write('x')", tmp_path).job

    (row,) = measure([Contender("it", proved.job, timed, PLANTS)], 2, 60, lambda _: None)

    assert ((tmp_path / "timed").read_text(), row.state) == ("xx", "complete")
