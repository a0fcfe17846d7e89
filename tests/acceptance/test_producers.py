"""Find keys in what libraries and programs write that few machines have (`make producers`)."""

from __future__ import annotations

import pytest

from tests.hiding.producers import MISSED, PRODUCERS, SPLIT
from tests.hiding.programs import FAMILIES, Written, written

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(PRODUCERS, tmp_path_factory)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", PRODUCERS)
def test_a_key_is_found_in_what_was_written_or_the_file_is_named(
    name: str, family: str, scanned: Written
) -> None:
    if scanned.has_whole(name, family):
        return
    assert name in MISSED
    assert name in SPLIT or scanned.is_unopened(name, family)
