from __future__ import annotations

import pytest

from benchmarks import linear
from benchmarks.worst import WORST

pytestmark = pytest.mark.slow
SIZE = 40_000


@pytest.mark.parametrize("name", WORST)
def test_the_worst_inputs_are_as_large_as_asked_and_can_be_read(name: str) -> None:
    data = WORST[name](SIZE)
    assert 0.5 * SIZE < len(data) < 2 * SIZE
    _, reading = linear.measured(data)
    assert reading.bytes_read == len(data)


def test_a_line_is_printed_for_each_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert linear.main(["--sizes", "0.01,0.02", "hex", "zip: members"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["0.01", "MB", "0.02", "MB"]
    assert [row[:12].strip() for row in rows] == ["hex", "zip: members"]
