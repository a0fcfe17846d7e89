"""Write a file whole or not at all, whoever reads it meanwhile and whatever ends the run."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""For what names accounts and users; where the system has no such modes, its folder decides."""


def save(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Put `data` at `path`, in the place of what was there. Raises OSError where that fails.

    A link there is replaced, never followed. The file is made beside it under a name that nobody
    can guess, for the folder may be one in which others write.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        new.chmod(mode)
        new.replace(path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
