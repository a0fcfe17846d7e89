"""Pretend in one process to run on another system: what the project's own code meets there.

- `no-posix`: Windows' Python lacks most of what POSIX has, and its links need a privilege.
- `crlf`: text without a codec is cp1252, and its lines end in CRLF.
- `any-case`: the folders of a test take each name in any case, and keep the first.
- `decomposed`: they take letters in any form, and keep them decomposed, as HFS+ does.

`launcher` makes a Python whose processes, and those that they start by `sys.executable`, pretend so
too, however isolated. Git is a program of this system: it is given names as they are stored. The
standard library and pytest keep what they need.
"""

from __future__ import annotations

import builtins
import io
import os
import shlex
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import ModuleType
from typing import Any

SYSTEMS = ("no-posix", "crlf", "any-case", "decomposed")
CODEC = "cp1252"
_PROJECT = str(Path(__file__).parents[1]) + os.sep
_OURS = (f"{_PROJECT}src{os.sep}", f"{_PROJECT}tests{os.sep}", "<string>")
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); import pretend; exec(pretend.begin())"

# docs.python.org marks them "Availability: Unix", or leaves Windows out.
LACKING = {
    os: frozenset(
        """
        O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK SCHED_BATCH WNOHANG chown fchdir fchmod fchown
        fork forkpty get_blocking getegid geteuid getgid getloadavg getpgid getpgrp getuid killpg
        lchown mkfifo mknod nice openpty pathconf posix_fadvise posix_spawn pread preadv pwrite
        pwritev readv register_at_fork sched_getaffinity sched_param sched_setaffinity
        sched_setscheduler sendfile set_blocking setpgid setpgrp setsid statvfs sysconf uname wait
        writev
        """.split()
    ),
    signal: frozenset(
        """
        ITIMER_REAL SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGURG SIGUSR1 SIGUSR2
        SIG_BLOCK alarm pause pthread_kill pthread_sigmask setitimer siginterrupt sigwait
        """.split()
    ),
}
_NO_MODULES = frozenset("fcntl grp posix pty pwd resource termios tty".split())
_ONLY_POSIX = frozenset(
    "extra_groups group pass_fds preexec_fn process_group start_new_session umask user".split()
)


class NotThereError(AttributeError):
    """Say that a name is not there on the pretended system."""


class NoPrivilegeError(PermissionError):
    """Say that a link needs a privilege there."""


NOT_THERE = (NotThereError, NoPrivilegeError)


def is_of_a_test(error: BaseException) -> bool:
    """Return whether a test itself, and no code of the guard, asked for what is not there."""
    files = []
    trace = error.__traceback__
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    ours = [each for each in files if each.startswith(_OURS) and each != __file__]
    return bool(ours) and ours[-1].startswith(_OURS[1])


def another_spelling(system: str | None, folder: Path) -> str:
    """Make a folder in another one, and return a name for it, not that under which it is stored."""
    name, stored = {"any-case": ("aNOTHER", "Another"), "decomposed": ("Gr\u00fc\u00dfe", "")}.get(
        system or "", ("", "")
    )
    (folder / (stored or name)).mkdir(exist_ok=True)
    return name


def pretend(system: str, root: str) -> None:
    """Change this process for good; `root` is the folder in which names are taken so."""
    if system == "no-posix":
        _without_posix()
    elif system == "crlf":
        _with_windows_text()
    else:
        _Names(root, decomposed=system == "decomposed").take()


def launcher(folder: Path, system: str, root: str) -> Path:
    """Make a program that is a Python which pretends."""
    made = folder / "python"
    words = [sys.executable, "-I", "-S", "-c", _BOOT, str(Path(__file__).parent), system, root]
    made.write_text(f'#!/bin/sh\nexec {shlex.join(words)} {shlex.quote(str(made))} "$@"\n')
    made.chmod(0o755)
    return made


def begin() -> str:
    """Pretend, read the command line as Python does, and return the code that is to be run."""
    _, system, root, executable, *words = sys.argv
    sys.path.pop(0)
    flags, kind, what = "", "", ""
    while words and not kind:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            kind, what = "script", word
            continue
        letters = word[1:]
        for at, letter in enumerate(letters):
            if letter in "cmXW":
                value = letters[at + 1 :] or words.pop(0)
                kind, what = (letter, value) if letter in "cm" else (kind, what)
                break
            flags += letter
    if "S" not in flags:
        import site

        site.main()
    if "I" not in flags:
        sys.path[:0] = [""] if kind in "cm" else [str(Path(what).absolute().parent)]
        sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = [{"c": "-c", "m": "-m"}.get(kind, what), *words]
    sys.executable = executable
    pretend(system, root)
    if "I" not in flags and (codec := os.environ.get("PYTHONIOENCODING")):
        _recode(codec)
    if kind == "c":
        return what
    runs = "run_module" if kind == "m" else "run_path"
    more = ", alter_sys=True" if kind == "m" else ""
    return f"import runpy; runpy.{runs}({what!r}, run_name='__main__'{more})"


def _is_ours(frame: Any) -> bool:
    return bool(frame) and frame.f_code.co_filename.startswith(_OURS)


class _Lacking(ModuleType):
    """Hide from the project's own code what a module of Windows has not got."""

    def __getattribute__(self, name: str) -> Any:
        lacking = _LACKING_BY_NAME[object.__getattribute__(self, "__name__")]
        if name in lacking and _is_ours(sys._getframe(1)):
            message = f"module has no attribute {name!r}"
            raise NotThereError(message, name=name, obj=self)
        return object.__getattribute__(self, name)


_LACKING_BY_NAME = {module.__name__: names for module, names in LACKING.items()}


def _without_posix() -> None:
    for module in LACKING:
        module.__class__ = _Lacking
    builtins.__import__ = _without_modules(builtins.__import__)
    _put(subprocess.Popen, "__init__", _as_windows_starts(subprocess.Popen.__init__))
    _put(subprocess.Popen, "kill", lambda self: self.send_signal(9))
    _put(os, "fsdecode", _strictly(os.fsdecode))
    for name in ("symlink", "link"):
        _put(os, name, _refuse)
    for name in ("replace", "rename", "unlink", "remove"):
        _put(os, name, _unless_open(getattr(os, name)))


def _without_modules(imported: Any) -> Any:
    def import_(name: str, where: Any = None, *rest: Any, **options: Any) -> Any:
        if name in _NO_MODULES and str((where or {}).get("__file__", "")).startswith(_OURS):
            message = f"No module named {name!r}"
            raise ModuleNotFoundError(message, name=name)
        return imported(name, where, *rest, **options)

    return import_


def _as_windows_starts(popen: Any) -> Any:
    def start(self: Any, *arguments: Any, **options: Any) -> None:
        only = {name for name in _ONLY_POSIX if options.get(name)}
        if only and any(map(_is_ours, _frames())):
            raise ValueError(f"Windows has no {', '.join(only)}")
        popen(self, *arguments, **options)

    return start


def _strictly(decodes: Any) -> Any:
    """Let the guard's code decode as Windows does, which refuses what is no UTF-8."""

    def decode(name: Any) -> str:
        text = os.fspath(name)
        if isinstance(text, str) or not sys._getframe(1).f_code.co_filename.startswith(_OURS[0]):
            return str(decodes(text))
        return bytes(text).decode("utf-8", "surrogatepass")

    return decode


def _refuse(*_: Any, **__: Any) -> None:
    raise NoPrivilegeError("a link needs a privilege there")


def _frames() -> Any:
    frame: Any = sys._getframe(2)
    for _ in range(4):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _unless_open(change: Any) -> Any:
    """Let no file be replaced or removed that this process has open: Windows does not."""

    def changes(path: Any, *others: Any, **options: Any) -> None:
        concerned = {os.path.realpath(each) for each in (path, *others[:1])}
        if options.get("dir_fd") is None and not concerned.isdisjoint(_open_files()):
            raise PermissionError(13, "The process cannot access the file", os.fspath(path))
        change(path, *others, **options)

    return changes


def _open_files() -> set[str]:
    folder = Path("/proc/self/fd")
    links = folder.iterdir() if folder.is_dir() else ()
    return {os.path.realpath(each) for each in links}


def _with_windows_text() -> None:
    opens, popen = io.open, subprocess.Popen.__init__

    def open_(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        names = ("buffering", "encoding", "errors", "newline")
        options |= dict(zip(names, rest, strict=False))
        if "b" not in mode:
            options["encoding"] = options.get("encoding") or CODEC
            if options.get("newline") is None and not mode.startswith("r"):
                options["newline"] = "\r\n"
        return opens(file, mode, **options)

    def start(self: Any, *arguments: Any, **options: Any) -> None:
        if options.get("text") or options.get("universal_newlines"):
            options["encoding"] = options.get("encoding") or CODEC
        popen(self, *arguments, **options)

    builtins.open = io.open = open_
    _put(subprocess.Popen, "__init__", start)
    _recode(CODEC, "\r\n")


def _recode(codec: str, ends: str | None = None) -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=codec, newline=None if stream is sys.stdin else ends)


class _Names:
    """Take names in other spellings than those in which they are stored."""

    def __init__(self, root: str, *, decomposed: bool) -> None:
        self._root = root
        self._decomposed = decomposed
        self._lstat, self._listdir, self._getcwd = os.lstat, os.listdir, os.getcwd

    def take(self) -> None:
        """Have each function that takes a path take it so."""
        for name in (
            *("access", "chdir", "chmod", "listdir", "lstat", "mkdir", "mkfifo", "open"),
            *("readlink", "remove", "rmdir", "scandir", "stat", "truncate", "unlink", "utime"),
        ):
            _put(os, name, self._one(getattr(os, name)))
        for name in ("link", "rename", "replace"):
            _put(os, name, self._two(getattr(os, name)))
        link = os.symlink
        _put(
            os, "symlink", lambda to, path, *rest: link(self._target(to), self.stored(path), *rest)
        )
        builtins.open = io.open = self._one(io.open)
        _put(subprocess.Popen, "__init__", self._start(subprocess.Popen.__init__))

    def _one(self, function: Any) -> Any:
        def called(path: Any = ".", *rest: Any, **options: Any) -> Any:
            known = options.get("dir_fd") is not None
            return function(path if known else self.stored(path), *rest, **options)

        return called

    def _two(self, function: Any) -> Any:
        return lambda one, two, **options: function(self.stored(one), self.stored(two), **options)

    def _start(self, popen: Any) -> Any:
        def start(process: Any, command: Any, *rest: Any, **options: Any) -> None:
            if isinstance(command, list | tuple):
                command = [self._word(os.fsdecode(each)) for each in command]
            if options.get("cwd"):
                options["cwd"] = self.stored(options["cwd"])
            environment = os.environ if options.get("env") is None else options["env"]
            options["env"] = {
                name: os.pathsep.join(map(self._word, value.split(os.pathsep)))
                for name, value in environment.items()
            }
            popen(process, command, *rest, **options)

        return start

    def _word(self, word: str) -> str:
        """Return a word with the path that it is, or ends in, as it is stored."""
        at = word.find(self._root)
        return word if at < 0 else word[:at] + str(self.stored(word[at:]))

    def stored(self, path: Any) -> Any:
        """Return a path as its folders have it; what is not there as they would have it."""
        if isinstance(path, int) or self._is_there(path):
            return path
        text = os.fsdecode(path)
        here = "" if text.startswith("/") else f"{self._getcwd()}/"
        whole = here + text
        if not whole.startswith(f"{self._root}/"):
            return path
        known = self._root
        for part in whole[len(self._root) + 1 :].split("/"):
            known = f"{known}/{self._spelled(known, part)}"
        known = known[len(here) :]  # which may be too long with what is before it
        return os.fsencode(known) if isinstance(path, bytes) else known

    def _target(self, path: Any) -> Any:
        """Return what a link is to say: the kernel follows it, which knows one spelling alone."""
        return self.stored(path) if os.fsdecode(path).startswith("/") else path

    def _is_there(self, path: Any) -> bool:
        try:
            self._lstat(path)
        except (OSError, ValueError):
            return False
        return True

    def _spelled(self, folder: str, name: str) -> str:
        if name in ("", ".", "..") or self._is_there(f"{folder}/{name}"):
            return name
        try:
            names = self._listdir(folder)
        except OSError:
            names = []
        same = (each for each in names if self._key(each) == self._key(name))
        return next(same, unicodedata.normalize("NFD", name) if self._decomposed else name)

    def _key(self, name: str) -> str:
        return unicodedata.normalize("NFC", name) if self._decomposed else name.casefold()


def _put(where: Any, name: str, what: Any) -> None:
    """Put a function in another one's place, also where Python 3.10's pathlib keeps it."""
    setattr(where, name, what)
    import pathlib

    accessor = getattr(pathlib, "_NormalAccessor", None)
    if where is os and accessor is not None and hasattr(accessor, name):
        setattr(accessor, name, staticmethod(what))
