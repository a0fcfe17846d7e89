"""Stop a key before it is committed: what pre-commit and Git's own hook run.

    python -Ic 'from bedrock_key_guard.hook import main; raise SystemExit(main())' -- FILE...

On a clean tree this searches bytes and imports nothing else, because it runs at every commit.
Only a file that holds the start of a key is worth the scanner. It never uses the network.
"""

from __future__ import annotations

import os
import sys

from bedrock_key_guard.scan.prefilter import OVERLAP, may_hold_key
from bedrock_key_guard.scan.prefilter.signatures import HEAD, TAIL, container_kind, ends_as_zip

# Nothing more is imported here, for type checkers neither: `typing` alone would double the start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Scan

USAGE = "usage: python -I -m bedrock_key_guard.hook [--] FILE... | --staged"
WINDOW = 1 << 20
_REGULAR_FILE = 0o100000
_FILE_TYPE = 0o170000


def main(argv: list[str] | None = None) -> int:
    """Scan the files named in `argv`, or with `--staged` the index, and explain what is found.

    Returns 0 clean, 1 a key was found, 2 usage, 4 something could not be read, 70 internal error,
    130 interrupted.
    """
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return _say("Bedrock Key Guard was interrupted; nothing is known to be clean.", 130)
    except Exception as error:  # noqa: BLE001  # its text may quote a file; its name cannot
        return _failed(error)


def _run(arguments: list[str]) -> int:
    if arguments == ["--staged"]:
        return _answer(_scan_staged())
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)  # noqa: T201  # help is what was asked for
        return 0
    if arguments and arguments[0].startswith("-") and arguments[0] != "--":
        return _refused(arguments[0])
    files = arguments[1:] if arguments and arguments[0] == "--" else arguments
    suspects = [file for file in files if needs_scanner(file)]
    return _answer(_scan_files(suspects)) if suspects else 0


def needs_scanner(path: str, window: int = WINDOW) -> bool:
    """Return whether a file may hold a key, may hold other files, or is not a regular file.

    So does one that cannot be read: the scanner then says why.
    """
    try:
        if os.lstat(path).st_mode & _FILE_TYPE != _REGULAR_FILE:
            return True
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # pathlib costs 10 ms
            if container_kind(file.read(HEAD)):
                return True
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - TAIL, 0))
            if ends_as_zip(file.read(TAIL), size):
                return True
            file.seek(0)
            tail = b""
            while block := file.read(window):
                data = tail + block
                if may_hold_key(data):
                    return True
                tail = data[-OVERLAP:]
    except OSError:
        return True
    return False


def _scan_files(paths: list[str]) -> Scan:
    from pathlib import Path

    from bedrock_key_guard.errors import UsageError
    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.scan import read
    from bedrock_key_guard.scan.sources.worktree import files

    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"There is no file {path!a}.", remedy="Name files that exist.")
    return read(files(map(Path, paths)), AllowList())


def _scan_staged() -> Scan:
    from pathlib import Path

    from bedrock_key_guard.scan.allowlist import AllowList
    from bedrock_key_guard.scan.scan import read
    from bedrock_key_guard.scan.sources.index import index

    return read(index(Path.cwd(), os.environ), AllowList())


def _answer(scan: Scan) -> int:
    """Explain what a scan found, if anything must be shown, and return the exit code.

    What is elsewhere is warned of alone: nobody can bring it by writing the commit otherwise.
    """
    from datetime import datetime, timezone

    from bedrock_key_guard.model.findings import incidents_of
    from bedrock_key_guard.report.terminal.blocked import blocked, partial, unread
    from bedrock_key_guard.text.redaction import keep_out

    for finding in scan.findings:
        keep_out(finding.key.secret)
    unknown = [each for each in scan.findings if not each.allowed]
    shown = [each for each in unknown if each.confidence == "exact"]
    if shown:
        _say(blocked(incidents_of(shown), datetime.now(timezone.utc)))
    if parts := incidents_of(each for each in unknown if each.confidence == "malformed"):
        _say(partial(len(parts)))
    if scan.not_scanned:
        _say(unread(scan.not_scanned))
    unreadable = any(each.kind == "missing" for each in scan.not_scanned)
    return 1 if shown else 4 if unreadable else 0


def _refused(option: str) -> int:
    from bedrock_key_guard.text.terminal import printable

    return _say(f"error: {printable(repr(option))} is not an option here.\n{USAGE}", 2)


def _failed(error: Exception) -> int:
    from bedrock_key_guard.errors import as_guard_error
    from bedrock_key_guard.text.terminal import printable

    known = as_guard_error(error, "the hook failed ({kind}), so nothing was checked.")
    return _say(printable(f"error: {known} {known.remedy}"), known.exit_code)


def _say(text: str, code: int = 0) -> int:
    """Tell people on standard error, and pass on `code`."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
