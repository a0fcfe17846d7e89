"""Answer for the texts that events are about, but issues: comments, reviews, releases, discussions.

Sources: https://docs.github.com/en/rest/issues/comments, /pulls/comments, /pulls/reviews,
/commits/comments, /releases/releases (paths, methods, fields), and for discussions
https://docs.github.com/en/graphql/reference/mutations#updatediscussion. Of an answer only the text
is known here: the rest is the plainest that GitHub's OpenAPI description allows.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from sandbox.github.http_messages import JSON, Answer, Refusal, Request, invalid, page
from sandbox.github.openapi.trim import TRIMMED
from sandbox.github.state import Repository, State, Token
from sandbox.github.validation import LONGEST

TEXTS = {
    r"issues/comments/\d+": "/issues/comments/{comment_id}",
    r"pulls/comments/\d+": "/pulls/comments/{comment_id}",
    r"pulls/\d+/reviews/\d+": "/pulls/{pull_number}/reviews/{review_id}",
    r"comments/\d+": "/comments/{comment_id}",
    r"releases/\d+": "/releases/{release_id}",
}
_PLAIN: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": [], "string": "x"}
_FORMATS = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://github.com/x"}
_IDS = {
    "issues/comments": "comment_id",
    "pulls/comments": "comment_id",
    "comments": "comment_id",
    "releases": "release_id",
}
_MUTATION = re.compile(r"updateDiscussion(Comment)?\(")


def text_at(repository: Repository, token: Token, request: Request, address: str) -> Answer:
    """Read a text, or change it."""
    text = repository.texts.get(address)
    if text is None:
        raise Refusal(404, "Not Found")
    if request.method != "GET":
        _change(repository, token, text, request.json())
    (template,) = (each for path, each in TEXTS.items() if re.fullmatch(path, address))
    return Answer(200, {**_answer(template), **text})


def texts_in(repository: Repository, request: Request, path: str, api: str, web: str) -> Answer:
    """List the texts of a kind."""
    found = [
        {
            **_answer(f"/{path}/{{{_IDS[path]}}}"),
            **text,
            "html_url": f"{web}/{repository.full_name}/{path}/{address.rpartition('/')[2]}",
        }
        for address, text in repository.texts.items()
        if re.fullmatch(rf"{path}/\d+", address)
    ]
    return page(request, found, f"{api}{request.path}")


def discussions(repository: Repository, web: str) -> Answer:
    """List the discussions of a repository, as GraphQL is asked for them; there is one page."""
    ends = {"hasNextPage": False, "endCursor": None}
    nodes = [
        {
            **text,
            "html_url": f"{web}/{repository.full_name}/discussions/1",
            "author_association": "NONE",
            "comments": {"pageInfo": ends, "nodes": []},
        }
        for address, text in repository.texts.items()
        if address.startswith("D_")
    ]
    found = {"discussions": {"pageInfo": ends, "nodes": nodes}}
    return Answer(200, {"data": {"repository": found}})


def node(state: State, token: Token, query: str, variables: dict[str, JSON]) -> Answer:
    """Read or change a discussion or a comment on one, by GraphQL."""
    address = str(variables.get("id"))
    for repository in state.repositories.values():
        text = repository.texts.get(address)
        if text is None or not repository.readable_by(token):
            continue
        if not _MUTATION.search(query):
            return Answer(200, {"data": {"node": dict(text)}})
        if not repository.writable_by(token):
            break
        text.update({name: value for name, value in variables.items() if name in text and value})
        return Answer(200, {"data": {"updateDiscussion": {"clientMutationId": None}}})
    errors = [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]
    return Answer(200, {"data": {"node": None}, "errors": errors})


def _change(
    repository: Repository, token: Token, text: dict[str, str], data: dict[str, JSON]
) -> None:
    if not repository.writable_by(token):
        raise Refusal(403, "Resource not accessible by integration")
    for name, value in data.items():
        if not isinstance(value, str) or len(value) > LONGEST["body"]:
            raise invalid(name, "invalid")
        text[name] = value


@cache
def _answer(template: str) -> dict[str, JSON]:
    description = json.loads(TRIMMED.read_text(encoding="utf-8"))
    operation = description["paths"][f"/repos/{{owner}}/{{repo}}{template}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    found: dict[str, JSON] = _plainest(schema, description["components"]["schemas"])
    return found


def _plainest(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """Return the plainest value that a schema allows: what must be there, and no more."""
    if "$ref" in schema:
        return _plainest(known[schema["$ref"].rpartition("/")[2]], known)
    if schema.get("nullable"):
        return None
    for combined in ("anyOf", "oneOf"):
        if combined in schema:
            return _plainest(schema[combined][0], known)
    if "allOf" in schema:
        parts = (_plainest(each, known) for each in schema["allOf"])
        return {name: value for part in parts for name, value in part.items()}
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "string":
        return _FORMATS.get(schema.get("format", ""), "x")
    if schema.get("type", "object") != "object":
        return _PLAIN[schema["type"]]
    members = schema.get("properties", {})
    return {name: _plainest(members[name], known) for name in schema.get("required", [])}
