"""Count the files and functions of ours that one key passes on its way to what people read.

    python -m benchmarks.trace [--list]

A house is easy to walk where few rooms lie on the way. The key is made up, and the response is made
against the sandbox on loopback.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import inspect
import io
import os
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

import bedrock_key_guard
from sandbox.front.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    Passed = dict[str, set[str]]

_PACKAGE = Path(bedrock_key_guard.__file__).parent
_ACCOUNT = "111122223333"
_FOUND = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Print a row for each way of a key; with --list, the files and functions of each too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trace", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the files and functions")
    listed = parser.parse_args(argv).list
    table = Table("one key in", "files", "functions")
    for name, passed in _ways():
        table.add_row(name, str(len(passed)), str(sum(map(len, passed.values()))))
        if listed:
            sys.stdout.writelines(
                f"{name}: {file}: {', '.join(sorted(passed[file]))}\n" for file in sorted(passed)
            )
    Console().print(table)
    return 0


def _ways() -> list[tuple[str, Passed]]:
    with TemporaryDirectory() as name, Sandbox() as sandbox:
        folder = Path(name)
        (folder / "leak.env").write_text(f"TOKEN={_made_up_key()}\n", encoding="ascii")
        (folder / "leak.py").write_text(f'token = "{_made_up_key()}"\n', encoding="ascii")
        file = ("a file", _traced(_scan, "--quiet", str(folder / "leak.env")))
        plugin = ("a file for detect-secrets", _traced(_detect_secrets, str(folder / "leak.py")))
        _commit(folder)
        blob = ("a blob of the history", _traced(_scan, "--quiet", "--history", name))
        live = sandbox.make_long_term_key(_ACCOUNT, "leaked-user").key
        (folder / "live.env").write_text(f"TOKEN={live}\n", encoding="ascii")
        os.environ.update(sandbox.environment(_ACCOUNT))
        os.environ["XDG_STATE_HOME"] = name
        response = ("a response", _traced(_respond, "--quiet", str(folder / "live.env")))
    return [file, blob, plugin, response]


def _made_up_key() -> str:
    secret = base64.b64encode(hashlib.shake_256(b"made up for a trace").digest(44)).decode()
    body = base64.b64encode(f"BedrockAPIKey-ex4m-at-{_ACCOUNT}:{secret}".encode()).decode()
    return f"ABSK{body}"


def _commit(folder: Path) -> None:
    who = ("-c", "user.name=trace", "-c", "user.email=trace@example.com")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "leak")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)


def _scan(*argv: str) -> int:
    from bedrock_key_guard.cli.main import main as run

    return run(["scan", *argv])


def _respond(*argv: str) -> int:
    from bedrock_key_guard.cli.main import main as run

    return run(["respond", "--yes", *argv])


def _detect_secrets(*argv: str) -> int:
    from bedrock_key_guard.plugin import main as run

    return run(["hook", *argv])


def _traced(run: Callable[..., int], *argv: str) -> Passed:
    """Return the functions of ours, by file, that ran in any thread of this process."""
    passed: Passed = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        # The bodies of modules and classes run once, where they are imported.
        if event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        file = Path(code.co_filename)
        if file.is_relative_to(_PACKAGE) and not _is_imported(frame):
            passed.setdefault(str(file.relative_to(_PACKAGE)), set()).add(code.co_name)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(io.StringIO()):
            code = run(*argv)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    if code != _FOUND:
        raise SystemExit(f"{argv} ended with {code}")
    return passed


def _is_imported(frame: FrameType | None) -> bool:
    """Return whether a function only makes what a module holds: it runs once, for no key."""
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame is not None and Path(frame.f_code.co_filename).is_relative_to(_PACKAGE)


if __name__ == "__main__":
    sys.exit(main())
