"""Cut GitHub's OpenAPI description down to the operations that this project uses.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
    python -m sandbox.github.openapi.trim package/generated/api.github.com.json

The description is published by GitHub in github/rest-api-description and packaged for npm as
`@octokit/openapi`, both under the MIT licence; the notice is in LICENSE beside this file.
Descriptions and examples are left out, types, formats, enumerations and required names are kept.
One thing is mended: a nullable enumeration gets the null that OpenAPI 3.0.3 wants it to list
(https://github.com/OAI/OpenAPI-Specification/blob/main/proposals/2019-10-31-Clarify-Nullable.md),
since GitHub does answer `"state_reason": null`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

JSON = Any

TRIMMED = Path(__file__).with_name("github.json")

OPERATIONS = {
    "/user": ("get",),
    "/users/{username}": ("get",),
    "/users/{username}/repos": ("get",),
    "/orgs/{org}": ("get",),
    "/orgs/{org}/repos": ("get",),
    "/repos/{owner}/{repo}": ("get",),
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": ("post",),
    "/repos/{owner}/{repo}/comments/{comment_id}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls/comments/{comment_id}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": ("get", "put"),
    "/repos/{owner}/{repo}/releases/{release_id}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/comments": ("get",),
    "/repos/{owner}/{repo}/pulls/comments": ("get",),
    "/repos/{owner}/{repo}/comments": ("get",),
    "/repos/{owner}/{repo}/releases": ("get",),
    "/repos/{owner}/{repo}/labels": ("get", "post"),
    "/repos/{owner}/{repo}/labels/{name}": ("get",),
}
DROPPED = frozenset({"description", "summary", "example", "examples", "tags", "externalDocs"})
NAMED_BY_USERS = frozenset({"properties", "headers", "schemas", "parameters", "responses"})
"""Objects whose keys are names, so that a property called `description` is kept."""


def trim(description: JSON) -> JSON:
    """Return a description with our operations and everything they refer to."""
    paths = {
        path: {method: _lean(description["paths"][path][method]) for method in methods}
        for path, methods in OPERATIONS.items()
    }
    components: dict[str, dict[str, JSON]] = {}
    waiting = list(_references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _lean(description["components"][kind][name])
            waiting.extend(_references(components[kind][name]))
    info = {key: description["info"][key] for key in ("title", "version", "license")}
    return {
        "openapi": description["openapi"],
        "info": info,
        "servers": description["servers"],
        "paths": paths,
        "components": components,
    }


def _lean(node: JSON, *, names: bool = False) -> JSON:
    if isinstance(node, list):
        return [_lean(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _lean(value, names=not names and key in NAMED_BY_USERS)
        for key, value in node.items()
        if names or not (key in DROPPED or key.startswith("x-"))
    }
    if not names and kept.get("nullable") and "enum" in kept:
        kept["enum"] = [*kept["enum"], None]
    # OpenAPI wants a description on every response.
    return kept | {"description": ""} if _is_response(node) and not names else kept


def _is_response(node: dict[str, JSON]) -> bool:
    return "description" in node and not node.keys() & {"type", "schema", "in", "oneOf", "$ref"}


def _references(node: JSON) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _references(item)


def main(argv: Sequence[str] | None = None) -> int:
    """Trim the file named on the command line into github.json beside this module."""
    (source,) = sys.argv[1:] if argv is None else argv
    trimmed = trim(json.loads(Path(source).read_text(encoding="utf-8")))
    TRIMMED.write_text(json.dumps(trimmed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
