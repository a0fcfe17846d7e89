"""Run what the fuzz targets check on what they start from, without the fuzzer."""

from __future__ import annotations

import re

import pytest

from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.containers.reading import Reading
from tests.fuzz.checks import TARGETS, check_matches, check_reading
from tests.fuzz.planted import check_planted, check_words, recipes
from tests.fuzz.seeds import KEY, TEXT, seeds
from tests.sweeps import sweep


@pytest.mark.slow
@pytest.mark.parametrize("step", sweep([150, 5], quick=lambda step: step == 150))
@pytest.mark.parametrize("target", TARGETS)
def test_what_fuzzing_starts_from_passes(target: str, step: int) -> None:
    starts = list(seeds(target))
    assert len(starts) > 250
    for data in starts[::step]:
        TARGETS[target](data)


def test_a_matcher_that_lies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.checks._LONG_TERM", re.compile(b"nothing"))
    with pytest.raises(AssertionError, match="it is no key"):
        check_matches(KEY)


def test_a_prefilter_that_keeps_a_key_back_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedrock_key_guard.scan.prefilter.may_hold_key", lambda data: not data)
    with pytest.raises(AssertionError, match="the prefilter"):
        check_matches(TEXT)


def test_a_reader_that_searches_without_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.checks._TIMES", 0)
    monkeypatch.setattr("tests.fuzz.checks._EDGES", 0)
    with pytest.raises(AssertionError, match="searched too often"):
        check_reading(TEXT)


def test_a_scanner_that_passes_over_what_was_planted_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.fuzz.planted.read_file", lambda *_: Reading())
    with pytest.raises(AssertionError, match="passed in silence"):
        check_planted(next(recipes()))


def test_an_allow_list_that_forgets_an_entry_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.planted.entries_of", lambda _: (AllowList(), []))
    with pytest.raises(AssertionError):
        check_words(b"")
