"""Fetch what a checkout has not got into a repository of the run's own, which borrows the rest.

The checkout stays as it is, and nothing of its configuration takes part. The token goes into the
configuration of the new repository for as long as Git fetches, as `actions/checkout` does it
(src/git-auth-helper.ts): the arguments and the environment of a process are for all to see.
"""

from __future__ import annotations

import base64
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.clean_git import Git
from bedrock_key_guard.git.isolation import borrow, configure
from bedrock_key_guard.git.repository import Repository, search_outside, work_trees

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_OF_NETWORK = (
    "SSH_AUTH_SOCK",
    *("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
    *("all_proxy", "https_proxy", "http_proxy", "no_proxy"),
    *("SSL_CERT_DIR", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
)
# A server that stands still is given up; a redirect would take the token elsewhere.
_HTTP = "[http]\n\tfollowRedirects = false\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 30\n"
_FORMAT = b"[core]\n\trepositoryformatversion = 0\n"
# One pack, however few objects there are: a file for each takes longer to write and to remove.
_FETCH = (
    *("-c", "fetch.unpackLimit=1", "fetch", "--quiet"),
    *("--no-tags", "--no-recurse-submodules", "--update-head-ok"),
)


def mirror(
    folder: Path, address: str, token: str, wanted: Sequence[str], like: Repository | None = None
) -> Path:
    """Make `folder` a bare repository with what is `wanted` of a remote, and return it.

    What is wanted are refspecs. It has all that a shallow clone `like` has, and what came before.
    Raises GuardError where Git or the remote refuses.
    """
    with _connected(folder, address, token, like) as git:
        deepened = ["--unshallow"] if (folder / "shallow").exists() else []
        git.run(*_FETCH, *deepened, address, *wanted)
    return folder


def tips(folder: Path, address: str, token: str) -> tuple[str, ...]:
    """Return the ids that the references of a remote name now; `folder` is new and stays empty.

    Raises GuardError where Git or the remote refuses.
    """
    with _connected(folder, address, token) as git:
        lines = git.run("ls-remote", "--quiet", address, "refs/*").decode("ascii", "replace")
    named = (line.partition("\t") for line in lines.splitlines())
    return tuple(sorted({each for each, _, name in named if not name.endswith("^{}")}))


@contextmanager
def _connected(
    folder: Path, address: str, token: str, like: Repository | None = None
) -> Iterator[Git]:
    """Make `folder` a bare repository, and lend a Git that may speak to a remote meanwhile."""
    made = Repository(folder, folder, folder)
    folder.mkdir(mode=0o700)
    git = _prepared(made, like)
    git.name = address
    config = folder / "config"
    plain = config.read_bytes()
    try:
        config.write_bytes(plain + f"{_HTTP}{_authorized(address, token)}".encode())
        config.chmod(0o600)
        yield git
    except UsageError as error:
        raise UsageError(
            str(error), remedy="Check the address, and that the token may read what is there."
        ) from None
    finally:
        config.write_bytes(plain)
        git.stop()


def _prepared(made: Repository, like: Repository | None) -> Git:
    git = Git(made, made.git_dir, made.git_dir / "index")
    for name in _OF_NETWORK:
        if name in os.environ:
            git.environment[name] = os.environ[name]
    if like is None:
        for name in ("objects", "refs"):
            (made.git_dir / name).mkdir()
        (made.git_dir / "HEAD").write_bytes(b"ref: refs/heads/main\n")
        (made.git_dir / "config").write_bytes(_FORMAT)
        return git
    search_outside([like.work_tree, *work_trees(like.work_tree)])
    borrow(like, made.git_dir)
    configure(like, git.run, made.git_dir)
    (made.git_dir / "objects" / "info").mkdir()
    objects = system.encoded((like.common_dir / "objects").absolute().as_posix())
    (made.git_dir / "objects" / "info" / "alternates").write_bytes(objects + b"\n")
    return git


def _authorized(address: str, token: str) -> str:
    parts = urlsplit(address)
    if not token or parts.scheme not in ("http", "https"):
        return ""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return (
        f'[http "{parts.scheme}://{parts.netloc}/"]\n\textraHeader = AUTHORIZATION: basic {basic}\n'
    )
