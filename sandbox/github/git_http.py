"""Serve the Git repositories of the embedded GitHub, to fetch from, by Git's own http-backend.

Sources: git-http-backend(1) for the protocol, and actions/checkout (src/git-auth-helper.ts) for the
form in which a job gives its token: `basic` of `x-access-token:TOKEN`. Who may not see a repository
is told that there is none, as on
https://docs.github.com/en/repositories/creating-and-managing-repositories/troubleshooting-cloning-errors.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sandbox.github.state import State

_ASKED = re.compile(r"/([^/]+/[^/]+?)(\.wiki)?(?:\.git)?/(info/refs|git-upload-pack)")

Served = tuple[int, dict[str, str], bytes]


def is_git(path: str) -> bool:
    """Return whether a path is one that Git asks for."""
    return _ASKED.fullmatch(path) is not None


def serve(
    state: State, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Served:
    """Return the status, the headers and the content that answer one request of Git."""
    path, _, query = target.partition("?")
    asked = _ASKED.fullmatch(path)
    login = _token(headers.get("authorization", ""))
    if asked is None or not login:
        return 401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"Authentication required\n"
    if now := state.renamed.get(asked[1]):
        return 301, {"Location": target.replace(asked[1], now, 1)}, b""
    repository, token = state.repositories.get(asked[1]), state.tokens.get(login)
    if repository and repository.forbidden:
        return 403, {}, b"Repository access blocked\n"
    found = repository and (repository.wiki if asked[2] else repository.git)
    if not (repository and token and found and repository.readable_by(token)):
        return 404, {}, b"Repository not found.\n"
    return _backend(found, method, f"/{asked[3]}", query, headers, body)


def _token(authorization: str) -> str:
    scheme, _, text = authorization.partition(" ")
    given = base64.b64decode(text).decode() if scheme.lower() == "basic" else ""
    return given.partition(":")[2]


def _backend(  # what CGI asks for
    repository: Path, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Served:
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "REMOTE_USER": "octocat",
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(
        ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
    )
    if done.returncode:
        return 500, {}, b"Internal Server Error\n"
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().splitlines())
    given = {name: value for name, _, value in lines}
    return int(given.pop("Status", "200").split()[0]), given, content
