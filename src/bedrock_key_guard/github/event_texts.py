"""Read and change the text that an event was about: of an issue, a comment, a review, a release.

A pull request is an issue as far as its title and description go. Sources:
https://docs.github.com/en/rest/issues, /pulls/comments, /pulls/reviews, /commits/comments,
/releases/releases, and https://docs.github.com/en/graphql/reference/mutations for discussions,
which REST does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.errors import UnansweredError
from bedrock_key_guard.github.visibility import repository_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.github.client import GitHub

JSON = Any
Fields = dict[str, str]

READ = """\
query($id: ID!) {
  node(id: $id) { ... on Discussion { title body } ... on DiscussionComment { body } }
}"""
WRITE_DISCUSSION = """\
mutation($id: ID!, $title: String, $body: String) {
  updateDiscussion(input: {discussionId: $id, title: $title, body: $body}) { clientMutationId }
}"""
WRITE_COMMENT = """\
mutation($id: ID!, $body: String!) {
  updateDiscussionComment(input: {commentId: $id, body: $body}) { clientMutationId }
}"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Say which member of an event holds a text, in which fields, and how it is reached.

    `path` is below that of the repository, with members of the event in it; "" for GraphQL.
    """

    subject: str
    fields: tuple[str, ...]
    path: str = ""
    method: Literal["PATCH", "PUT"] = "PATCH"


_ISSUE = ("title", "body")
_COMMENT = ("body",)
_KINDS = {
    "issues": _Kind("issue", _ISSUE, "issues/{number}"),
    "issue_comment": _Kind("comment", _COMMENT, "issues/comments/{id}"),
    "pull_request": _Kind("pull_request", _ISSUE, "issues/{number}"),
    "pull_request_review": _Kind("review", _COMMENT, "pulls/{pull}/reviews/{id}", "PUT"),
    "pull_request_review_comment": _Kind("comment", _COMMENT, "pulls/comments/{id}"),
    "commit_comment": _Kind("comment", _COMMENT, "comments/{id}"),
    "release": _Kind("release", ("name", "body"), "releases/{id}"),
    "discussion": _Kind("discussion", _ISSUE),
    "discussion_comment": _Kind("comment", _COMMENT),
}


@dataclass(frozen=True, slots=True)
class EditableText:
    """Name a text of GitHub's that can be changed, and what the event says that it was."""

    kind: _Kind
    address: str
    said: Fields

    def read(self, client: GitHub) -> Fields:
        """Return what it is now. Raises GitHubError."""
        if self.kind.path:
            return _fields(client.get(self.address), self.kind)
        return _fields(client.query(READ, {"id": self.address}).get("node"), self.kind)

    def write(self, client: GitHub, fields: Mapping[str, str]) -> None:
        """Change some fields. Raises GitHubError."""
        if self.kind.method == "PUT":
            client.put(self.address, fields)
        elif self.kind.path:
            client.patch(self.address, fields)
        else:
            is_comment = self.kind.subject == "comment"
            mutation = WRITE_COMMENT if is_comment else WRITE_DISCUSSION
            client.query(mutation, {"id": self.address, **fields}, write=True)


def text_of_event(name: str, payload: Mapping[str, JSON], repository: str) -> EditableText | None:
    """Return the text that an event is about, None where no API changes it."""
    kind, pull = _KINDS.get(name), payload.get("pull_request")
    about = payload.get(kind.subject) if kind else None
    if kind is None or not isinstance(about, dict):
        return None
    numbers = {
        "number": about.get("number"),
        "id": about.get("id"),
        "pull": pull.get("number") if isinstance(pull, dict) else None,
    }
    if kind.path:
        known = {each: value for each, value in numbers.items() if type(value) is int}
        try:
            address = f"{repository_path(repository)}/{kind.path.format_map(known)}"
        except KeyError:
            return None
    else:
        address = str(about.get("node_id") or "")
    return EditableText(kind, address, _fields(about, kind)) if address else None


def _fields(data: JSON, kind: _Kind) -> Fields:
    if not isinstance(data, dict):
        raise UnansweredError("GitHub answered with something that is no text.")
    return {each: str(data.get(each) or "") for each in kind.fields}
