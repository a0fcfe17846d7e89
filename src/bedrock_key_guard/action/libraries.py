"""Install what judging a key takes, once a key is found: a clean run installs nothing.

The Action starts with the standard library alone. boto3 and requests, each held to the hash in its
lock file, go into an environment of the run's own, and from then on this process imports them from
there. So no key leaves the process that found it. In the same way comes what unpacks a file that
this Python cannot, where one was met: only then is anything read twice.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bedrock_key_guard import system
from bedrock_key_guard.errors import GuardError, UsageError, install_with
from bedrock_key_guard.text.harmless import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PIP_OPTIONS = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--no-user",
    "--require-hashes",
    "--only-binary=:all:",
)

# What a child may know of the job: where packages come from, and how to get there. No credential of
# AWS or GitHub is among it, nor a setting that would put the packages elsewhere.
_FOR_A_CHILD = frozenset(
    """
    ALL_PROXY APPDATA COMSPEC CURL_CA_BUNDLE HOME HTTPS_PROXY HTTP_PROXY LANG LC_ALL LOCALAPPDATA
    NETRC NO_PROXY PATH PATHEXT PIP_CACHE_DIR PIP_CERT PIP_CLIENT_CERT PIP_CONFIG_FILE
    PIP_DEFAULT_TIMEOUT PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_INDEX_URL PIP_KEYRING_PROVIDER
    PIP_NO_CACHE_DIR PIP_NO_INDEX PIP_PROXY PIP_RETRIES PIP_TIMEOUT PIP_TRUSTED_HOST PROGRAMDATA
    REQUESTS_CA_BUNDLE SSL_CERT_DIR SSL_CERT_FILE SYSTEMDRIVE SYSTEMROOT TEMP TMP TMPDIR
    USERPROFILE XDG_CACHE_HOME XDG_CONFIG_HOME
    """.split()
)


class Libraries:
    """Provide the libraries that talk to AWS and GitHub, or unpack: each at most once in a run."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        log: Callable[[str], object],
        *,
        needed: Sequence[str] = ("boto3", "requests"),
    ) -> None:
        """Take the run's own folder; `log` gets what pip says where it fails."""
        self._venv = folder / "venv"
        self._environment = environment
        self._log = log
        self._needed = needed
        self._failed: dict[str, GuardError] = {}

    def provide(self) -> None:
        """Make the libraries importable. Raises UsageError where that fails, each time anew."""
        self._provide("action.txt", self._needed)

    def unpack_by(self, modules: Sequence[str]) -> bool:
        """Make importable what unpacks, and return True. Raises as `provide` does."""
        self._provide("codecs.txt", modules)
        return True

    def _provide(self, lock: str, modules: Sequence[str]) -> None:
        if lock not in self._failed and _missing(modules):
            try:
                self._install(lock, modules)
            except GuardError as error:
                self._failed[lock] = error
        if lock in self._failed:
            raise self._failed[lock]

    def _install(self, lock: str, modules: Sequence[str]) -> None:
        action = self._environment.get("GITHUB_ACTION_PATH")
        if not action:
            raise UsageError(
                f"{' and '.join(_missing(modules))} cannot be imported.",
                remedy=f"Install what is missing with `{install_with('action')}`.",
            )
        self._run(
            (sys.executable, "-I", "-m", "venv", str(self._venv)),
            "This Python cannot make an environment in RUNNER_TEMP, and says why in the log.",
            "Add actions/setup-python before this step.",
        )
        python = system.python_of(self._venv)
        requirements = Path(action, "requirements", lock)
        self._run(
            (str(python), "-I", "-m", "pip", "install", *_PIP_OPTIONS, "-r", str(requirements)),
            "pip could not install what the Action needs, and says why in the log.",
            "Mostly it takes a package index that the job can reach.",
        )
        sys.path.extend(_folders_of(self._venv))
        importlib.invalidate_caches()
        if _missing(modules):
            raise UsageError(
                "pip put what the Action needs elsewhere.",
                remedy="Take prefix, root and target out of its configuration.",
            )

    def _run(self, command: Sequence[str], failed: str, remedy: str) -> None:
        """Run a child that knows no credential. Raises UsageError where it fails."""
        kept = {n: v for n, v in self._environment.items() if n.upper() in _FOR_A_CHILD}
        try:
            done = subprocess.run(
                command,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:  # a key was found: whatever is wrong, it has to be told
            said, ended = str(error), False
        else:
            said, ended = done.stdout.decode("utf-8", "backslashreplace"), not done.returncode
        if not ended:
            self._log("\n".join(map(printable, said.splitlines())))
            raise UsageError(failed, remedy=remedy)


def _missing(modules: Sequence[str]) -> list[str]:
    return [name for name in modules if not _is_there(name)]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # nor is the package that it is in
        return False


def _folders_of(venv: Path) -> list[str]:
    """Return where an environment keeps its packages (docs.python.org, `sysconfig`)."""
    variables = {"base": str(venv), "platbase": str(venv)}
    paths = (
        sysconfig.get_path(name, system.VENV_SCHEME, variables) for name in ("purelib", "platlib")
    )
    return list(dict.fromkeys(paths))
