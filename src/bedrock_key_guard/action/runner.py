"""Speak with the runner of GitHub Actions: masks, outputs, the job summary.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
(commands, environment files, delimiters) and actions/runner, ActionCommand.cs (escapes).
"""

from __future__ import annotations

import base64
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bedrock_key_guard.errors import IncompleteError
from bedrock_key_guard.keys.envelope import payload_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bedrock_key_guard.keys.key import Secret


# A mask hides its text in the whole log; whoever writes a short one into a file would blind us.
_SHORTEST_MASK = 12


class Runner:
    """Write to the runner that `environment` names; outside of Actions nothing is written."""

    def __init__(self, environment: Mapping[str, str], write: Callable[[str], object]) -> None:
        """Take the files from `environment`, and what writes commands and the log."""
        self._environment = environment
        self._write = write
        self._masked: set[str] = set()

    def mask(self, secret: Secret) -> None:
        """Hand a key, in each way a log may show it, to the runner, which hides it from then on."""
        if self._environment.get("GITHUB_ACTIONS") != "true":
            return
        texts = [text for text in dict.fromkeys(_spellings(secret)) if len(text) >= _SHORTEST_MASK]
        new = [text for text in texts if text not in self._masked]
        self._masked.update(new)
        self._write("".join(f"::add-mask::{_data(text)}\n" for text in new))

    def log(self, text: str) -> None:
        """Write lines to the log; none of them is obeyed as a command."""
        token = secrets.token_hex(16)
        self._write(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n")

    def command(self, line: str) -> None:
        """Write one workflow command."""
        self._write(f"{line}\n")

    def output(self, name: str, value: str) -> None:
        """Set an output, of any number of lines."""
        delimiter = secrets.token_hex(16)
        self._append("GITHUB_OUTPUT", f"{name}<<{delimiter}\n{value}\n{delimiter}\n")

    def summary(self, markdown: str) -> None:
        """Add to the job's summary page."""
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def _append(self, variable: str, text: str) -> None:
        path = self._environment.get(variable)
        if path:
            with writing(path), Path(path).open("ab") as file:
                file.write(text.encode())


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Raise IncompleteError where a file of the runner cannot be written."""
    try:
        yield
    except OSError as error:
        raise IncompleteError(
            f"{str(path)!r} cannot be written ({error.strerror}).",
            remedy="Make it writable on the runner, and run the job again.",
        ) from None


def _spellings(secret: Secret) -> Iterator[str]:
    """Yield a key as it is, percent-encoded, in base64, and decoded."""
    text = secret.unseal()
    yield text
    yield quote(text, safe="")
    yield base64.b64encode(text.encode()).decode()
    payload = payload_of(text).decode("latin-1")
    if payload.isprintable():
        yield payload
        yield payload.partition(":")[2]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
