from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest

from bedrock_key_guard.scan.containers import reading
from bedrock_key_guard.scan.containers.formats.pdf_filters import DECODERS
from bedrock_key_guard.scan.containers.kinds import READERS
from bedrock_key_guard.scan.decoding import blocks, dumps, encoded_words, escapes
from bedrock_key_guard.scan.decoding.layer import Layer, Regular
from bedrock_key_guard.scan.limits import LIMITS, Budget, Limits
from benchmarks import linear
from benchmarks.worst import TEXTS, WORST
from tests.sweeps import sweep

pytestmark = pytest.mark.slow
SIZE, LARGE = 40_000, 400_000
ONE_WINDOW = 1 << 25
Decoder = Callable[[Layer], Iterator[Layer]]
FILTERS = [
    [name for name in DECODERS if DECODERS[name] is decoder] for decoder in set(DECODERS.values())
]


def decoders() -> list[Decoder]:
    """Return what turns one layer into others, found by what it takes and gives."""
    return [
        each
        for module in (blocks, dumps, encoded_words)
        for _, each in inspect.getmembers(module, inspect.isfunction)
        if each.__module__ == module.__name__
        and not each.__name__.startswith("_")
        and list(inspect.get_annotations(each).values()) == ["Layer", "Iterator[Layer]"]
    ]


class Counting(Budget):
    """Keep the budgets that were made, to see what was spent of them."""

    made: list[Budget] = []  # noqa: RUF012  # emptied by each test

    def __init__(self, limits: Limits = LIMITS, size: int = 0) -> None:
        super().__init__(limits, size)
        self.made.append(self)


# One for each reader, and every text.
USUAL = {name.partition(":")[0]: name for name in WORST}.values()


@pytest.mark.parametrize("name", sweep(WORST, quick=lambda name: name in USUAL))
def test_the_worst_inputs_are_as_large_as_asked_and_cost_no_more_than_they_may(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "Budget", Counting)
    Counting.made.clear()
    data = WORST[name](SIZE)
    assert 0.5 * SIZE < len(data) < 2 * SIZE
    measured = linear.measured(data)
    assert measured.reading.bytes_read == len(data)
    assert measured.share < linear.BOUND
    (budget,) = Counting.made
    # What stands there as it is, is searched beyond the limit.
    assert budget.spent <= LIMITS.work + LIMITS.effort * len(data) + ONE_WINDOW


@pytest.mark.long
@pytest.mark.parametrize("name", WORST)
def test_a_larger_input_costs_no_more_for_its_size(name: str) -> None:
    assert linear.measured(WORST[name](LARGE)).share < linear.BOUND


def test_every_reader_has_a_worst_input() -> None:
    assert {name.partition(":")[0] for name in WORST if ":" in name} >= set(READERS)


@pytest.mark.parametrize("names", sorted(FILTERS), ids=str)
def test_every_filter_of_a_page_has_a_worst_input(names: list[bytes]) -> None:
    heads = [WORST[name](SIZE)[:400] for name in WORST if name.startswith("pdf")]
    assert any(
        b"/" + name + end in head for name in names for end in (b" ", b">", b"]") for head in heads
    )


def test_every_decoder_has_a_worst_input() -> None:
    texts = [Layer(TEXTS[name](SIZE // 4), Regular(0)) for name in TEXTS]
    assert len(decoders()) == 6
    for decoder in decoders():
        assert any(True for text in texts for _ in decoder(text)), decoder.__name__


def escape_of(branch: str) -> str:
    """Return the escape that a branch of the expression is for: numbers tell alike ones apart."""
    escape = branch.rstrip("0123456789")
    return escape if escape in escapes._KINDS else branch


@pytest.mark.parametrize("escape", sorted(set(map(escape_of, escapes._KINDS))))
def test_every_escape_has_a_worst_input(escape: str) -> None:
    texts = (TEXTS[name](4000) for name in TEXTS)
    tokens = (token for text in texts for token in escapes._TOKEN.finditer(text))
    assert any(escape_of(token.lastgroup or "") == escape for token in tokens)


def test_a_line_is_printed_for_each_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert linear.main(["--sizes", "0.01,0.02", "hex", "zip: members"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["0.01", "MB", "0.02", "MB"]
    assert [row[:12].strip() for row in rows] == ["hex", "zip: members"]
