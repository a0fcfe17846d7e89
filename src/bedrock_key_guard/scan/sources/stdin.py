"""Give what comes through a pipe."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard.git.repository import search_outside_tree_of
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.model.origins import Stdin
from bedrock_key_guard.scan.source import Input, Source

if TYPE_CHECKING:
    from collections.abc import Generator

    from bedrock_key_guard.scan.matching.windows import Readable


def stream(file: Readable) -> Generator[Source, None, None]:
    """Yield `file` as the one input of a source."""
    search_outside_tree_of(Path())
    only = Input(Stdin(), lambda: nullcontext(file))
    yield Source(Scanned(("stdin",)), (each for each in (only,)))
