"""Give the message of a commit that is being made."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.git.repository import search_outside_tree_of
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.source import Input, Source

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from bedrock_key_guard.scan.matching.windows import Readable

# `git commit --verbose` shows the change below this line and leaves it out of the commit, whatever
# character begins a comment (git-commit(1), "--cleanup", scissors).
_SCISSORS = re.compile(rb"^[^\n]{1,16}? ?-{24} >8 -{24}\r?$", re.MULTILINE)


def message(file: str) -> Generator[Source, None, None]:
    """Yield what of a file Git takes for the message; comments too, which it may keep."""
    search_outside_tree_of(Path())
    only = Input(WorkTree(Path(file).as_posix()), partial(_opened, file))
    yield Source(Scanned(("commit-message",)), (each for each in (only,)))


@contextmanager
def _opened(file: str) -> Iterator[Readable]:
    text = Path(file).read_bytes()
    cut = _SCISSORS.search(text)
    yield io.BytesIO(text[: cut.start()] if cut else text)
