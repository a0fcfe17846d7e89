"""Stop a key before it is committed: what pre-commit and Git's own hook run.

    python -Ic 'from bedrock_key_guard.hook import run; run()' -- FILE...

On a clean tree this searches bytes and imports nothing else, because it runs at every commit.
Only a file that holds the start of a key is worth the scanner. It never uses the network.
"""

from __future__ import annotations

import os
import sys

from bedrock_key_guard.scan.prefilter import OVERLAP, may_hold_key
from bedrock_key_guard.scan.prefilter.signatures import (
    HEAD,
    TAIL,
    container_kind,
    holds_stream,
    kind_at_end,
)

USAGE = """\
usage: python -I -m bedrock_key_guard.hook [MODE] [OPTION ...] [--] [WORD ...]

  [--files] FILE ...     these files, as pre-commit names them
  --staged               what the index adds to the last commit
  --message FILE         the message of a commit
  --push [REMOTE URL]    what is about to leave, by the lines that Git gives to pre-push; without a
                         REMOTE all that is not on the one that pre-commit names
  --receive              what has come, by the lines that Git gives to pre-receive

options: --allow-list FILE, --baseline FILE, --exclude PATTERN, and of --receive --seconds N"""
WINDOW = 1 << 20
_FILES = "--files"
# With the fewest and the most words that each takes.
_MODES = {
    _FILES: (0, 1 << 30),
    "--staged": (0, 0),
    "--message": (1, 1),
    "--push": (0, 2),
    "--receive": (0, 0),
}
_OPTIONS = ("--allow-list", "--baseline", "--exclude", "--seconds")
_SCANNER = "bedrock_key_guard.githooks.answer"
_REGULAR_FILE = 0o100000
_FILE_TYPE = 0o170000


def run() -> None:
    """Do what the command line says, and exit with what `main` returns.

    Where the scanner was not needed nothing is open, and Python ends at once: to take down what it
    started with costs a seventh of a start.
    """
    code = main()
    if not code and _SCANNER not in sys.modules:
        os._exit(0)
    raise SystemExit(code)


def main(argv: list[str] | None = None) -> int:
    """Scan what `argv` says, by default the files that it names, and explain what is found.

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
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE, flush=True)  # noqa: T201  # help is what was asked for
        return 0
    mode, arguments = _mode(arguments)
    options: list[tuple[str, str]] = []
    while arguments and _is_option(arguments[0], mode):
        name, equals, value = arguments[0].partition("=")
        if not equals and len(arguments) < 2:
            return _refused(name, "needs a value")
        options.append((name, value if equals else arguments[1]))
        arguments = arguments[1 if equals else 2 :]
    words = _words(arguments, mode)
    if words is None:
        return _refused(arguments[0], "is not an option here")
    fewest, most = _MODES[mode]
    if not fewest <= len(words) <= most:
        return _refused(mode, f"takes {fewest} to {most} words")
    if mode in (_FILES, "--message"):
        words = [word for word in words if needs_scanner(word)]
        if not words:
            return 0
    if mode == "--push" and not words:
        from bedrock_key_guard.scan.prefilter.unpushed import may_bring_key

        if not may_bring_key(os.environ):
            return 0
    from bedrock_key_guard.githooks.answer import answer

    return answer(mode, options, words)


def _mode(arguments: list[str]) -> tuple[str, list[str]]:
    """Return the mode and what follows it: it comes first, where no file of a tree can stand."""
    if arguments and arguments[0] in _MODES:
        return arguments[0], arguments[1:]
    return _FILES, arguments


def _is_option(word: str, mode: str) -> bool:
    """Return whether a word is an option. One that is the name of a file here is that file."""
    is_known = word.partition("=")[0] in _OPTIONS
    return is_known and not (mode == _FILES and os.path.lexists(word))


def _words(arguments: list[str], mode: str) -> list[str] | None:
    """Return the words behind the options, None where the first is an option that nobody knows."""
    first = arguments[0] if arguments else ""
    if not first.startswith("-") or (mode == _FILES and os.path.lexists(first)):
        return arguments
    return arguments[1:] if first == "--" else None


def needs_scanner(path: str, window: int = WINDOW) -> bool:
    """Return whether a file or its name may hold a key, or it may hold files, or is not regular.

    So does one that cannot be read: the scanner then says why.
    """
    if may_hold_key(os.fsencode(path)):
        return True
    try:
        if os.lstat(path).st_mode & _FILE_TYPE != _REGULAR_FILE:
            return True
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # pathlib costs 10 ms
            if container_kind(file.read(HEAD)):
                return True
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - TAIL, 0))
            if kind_at_end(file.read(TAIL), size):
                return True
            file.seek(0)
            head = tail = b""
            while block := file.read(window):
                data = tail + block
                head = head or data[:HEAD]
                if may_hold_key(data) or holds_stream(data, head):
                    return True
                tail = data[-OVERLAP:]
    except OSError:
        return True
    return False


def _refused(option: str, why: str) -> int:
    from bedrock_key_guard.text.harmless import printable

    return _say(f"error: {printable(repr(option))} {why}.\n{USAGE}", 2)


def _failed(error: Exception) -> int:
    from bedrock_key_guard.errors import as_guard_error
    from bedrock_key_guard.text.harmless import printable

    known = as_guard_error(error, "the hook failed ({kind}), so nothing was checked.")
    return _say(printable(f"error: {known} {known.remedy}"), known.exit_code)


def _say(text: str, code: int = 0) -> int:
    """Tell people on standard error, and pass on `code`."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    return code


if __name__ == "__main__":
    run()
