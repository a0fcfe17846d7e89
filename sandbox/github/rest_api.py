"""Answer the part of GitHub's REST API that issue automation uses, the way GitHub answers it.

Sources: https://docs.github.com/en/rest/issues (labels and assignees of authors without push
access are dropped silently; 410 where issues are disabled) and
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api (404 where a
token may not even see the repository; "Resource not accessible by integration").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from sandbox.github.http_messages import JSON, Answer, Refusal, Request, invalid, page
from sandbox.github.representations import Writer
from sandbox.github.state import Comment, Issue, Repository, State, Token
from sandbox.github.texts_api import TEXTS, discussions, node, text_at, texts_in
from sandbox.github.validation import check_assignees, check_fields, set_state

VIEWER_QUERIES = frozenset({"query{viewer{login}}", "{viewer{login}}"})

_ISSUES = r"/repos/([^/]+/[^/]+)/issues"


class Api:
    """Answer requests out of one state; the caller lets in one request at a time."""

    def __init__(self, state: State, writer: Writer) -> None:
        """Answer from `state`, with links written by `writer`."""
        self._state = state
        self._write = writer
        handlers: dict[str, Callable[..., Answer]] = {
            r"GET /user": self._user,
            r"POST /graphql": self._graphql,
            r"GET /repos/([^/]+/[^/]+)": self._repository,
            r"GET /repositories/(\d+)": self._repository_by_id,
            r"GET /orgs/([^/]+)": self._organization,
            r"GET /(?:orgs|users)/([^/]+)/repos": self._list_repositories,
            r"GET /users/([^/]+)": self._person,
            rf"GET {_ISSUES}": self._list_issues,
            rf"POST {_ISSUES}": self._create_issue,
            rf"GET {_ISSUES}/(\d+)": self._get_issue,
            rf"PATCH {_ISSUES}/(\d+)": self._update_issue,
            rf"GET {_ISSUES}/(\d+)/comments": self._list_comments,
            rf"POST {_ISSUES}/(\d+)/comments": self._create_comment,
            rf"POST {_ISSUES}/(\d+)/labels": self._add_labels,
            **{rf"(?:GET|PATCH|PUT) /repos/([^/]+/[^/]+)/({text})": self._text for text in TEXTS},
            r"GET /repos/([^/]+/[^/]+)/((?:issues/|pulls/)?comments|releases)": self._list_texts,
            r"GET /repos/([^/]+/[^/]+)/labels": self._list_labels,
            r"POST /repos/([^/]+/[^/]+)/labels": self._create_label,
            r"GET /repos/([^/]+/[^/]+)/labels/([^/]+)": self._get_label,
        }
        self._routes = [(re.compile(route), handler) for route, handler in handlers.items()]

    def answer(self, request: Request) -> Answer:
        """Carry out one request."""
        try:
            return self._route(request, self._token(request))
        except Refusal as refusal:
            return refusal.answer

    def _route(self, request: Request, token: Token) -> Answer:
        for route, handler in self._routes:
            if found := route.fullmatch(f"{request.method} {request.path}"):
                return handler(request, token, *map(unquote, found.groups()))
        raise Refusal(404, "Not Found")

    def _token(self, request: Request) -> Token:
        if not request.headers.get("user-agent"):
            raise Refusal(403, "Request forbidden by administrative rules.")
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if not text:
            raise Refusal(401, "Requires authentication")
        token = self._state.tokens.get(text)
        if token is None or scheme.lower() not in {"bearer", "token"}:
            raise Refusal(401, "Bad credentials")
        return token

    # Who is asking

    def _user(self, _request: Request, token: Token) -> Answer:
        if token.kind == "application":
            raise _no_access(token)
        return Answer(200, self._write.public_user(token.login))

    def _graphql(self, request: Request, token: Token) -> Answer:
        query, variables = request.json().get("query", ""), request.json().get("variables")
        if variables and "discussions(" in str(query):
            name = f"{variables.get('owner')}/{variables.get('name')}"
            return discussions(self._readable(token, name), self._write.web)
        if variables:
            return node(self._state, token, str(query), dict(variables))
        if re.sub(r"\s", "", str(query)) not in VIEWER_QUERIES:
            return Answer(200, {"errors": [{"message": "This server knows only the viewer."}]})
        return Answer(200, {"data": {"viewer": {"login": token.login}}})

    # Repositories

    def _repository(self, _request: Request, token: Token, name: str) -> Answer:
        return Answer(200, self._write.repository(self._readable(token, name)))

    def _repository_by_id(self, _request: Request, token: Token, number: str) -> Answer:
        """Answer under the address to which GitHub redirects who asks by a former name."""
        for repository in self._state.repositories.values():
            if repository.id == int(number) and repository.readable_by(token):
                if repository.forbidden:
                    raise Refusal(403, "Repository access blocked")
                return Answer(200, self._write.repository(repository))
        raise Refusal(404, "Not Found")

    def _organization(self, _request: Request, token: Token, login: str) -> Answer:
        members = self._state.organizations.get(login)
        if members is None:
            raise Refusal(404, "Not Found")
        owned = [each for each in self._state.repositories.values() if each.owner == login]
        public = sum(each.visibility == "public" for each in owned)
        private = len(owned) - public if token.login in members else None
        return Answer(200, self._write.organization(login, public, private))

    def _person(self, _request: Request, _token: Token, login: str) -> Answer:
        return Answer(200, self._write.public_user(login))

    def _list_repositories(self, request: Request, token: Token, login: str) -> Answer:
        owned = (each for each in self._state.repositories.values() if each.owner == login)
        written = [self._write.repository(each) for each in owned if each.readable_by(token)]
        return page(request, written, f"{self._write.api}{request.path}")

    def _text(self, request: Request, token: Token, name: str, address: str) -> Answer:
        return text_at(self._readable(token, name), token, request, address)

    def _list_texts(self, request: Request, token: Token, name: str, path: str) -> Answer:
        repository = self._readable(token, name)
        return texts_in(repository, request, path, self._write.api, self._write.web)

    def _readable(self, token: Token, name: str) -> Repository:
        for repository in self._state.repositories.values():
            if repository.full_name.casefold() == name.casefold() and repository.readable_by(token):
                return repository
        raise Refusal(404, "Not Found")

    def _writable(self, token: Token, name: str) -> Repository:
        repository = self._readable(token, name)
        if not repository.writable_by(token):
            raise _no_access(token)
        if repository.archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        return repository

    def _issue(self, repository: Repository, number: str) -> Issue:
        if not repository.has_issues:
            raise Refusal(410, "Issues are disabled for this repo")
        if int(number) not in repository.issues:
            raise Refusal(404, "Not Found")
        return repository.issues[int(number)]

    # Issues

    def _list_issues(self, request: Request, token: Token, name: str) -> Answer:
        repository = self._readable(token, name)
        if token.issues == "none":
            raise _no_access(token)
        labels = {label.casefold() for label in request.parameter("labels").split(",") if label}
        creator = request.parameter("creator")
        state = request.parameter("state", "open")
        found = [
            issue
            for issue in repository.issues.values()
            if (repository.has_issues or issue.pull_request)
            and state in {"all", issue.state}
            and labels <= {label.casefold() for label in issue.labels}
            and creator in {"", issue.author}
        ]
        by_update = request.parameter("sort", "created") == "updated"
        found.sort(
            key=lambda issue: issue.revision if by_update else issue.number,
            reverse=request.parameter("direction", "desc") == "desc",
        )
        url = f"{self._write.api}{request.path}"
        return page(request, [self._write.issue(repository, issue) for issue in found], url)

    def _create_issue(self, request: Request, token: Token, name: str) -> Answer:
        repository = self._writable(token, name)
        if not repository.has_issues:
            raise Refusal(410, "Issues are disabled for this repo")
        data = request.json()
        if not data.get("title"):
            raise invalid("title", "missing_field")
        check_fields(data)
        check_assignees(repository, token, data)
        issue = self._state.add_issue(repository, token.login, str(data["title"]), data.get("body"))
        self._set_names(repository, token, issue, data)
        return Answer(201, self._write.issue(repository, issue))

    def _get_issue(self, _request: Request, token: Token, name: str, number: str) -> Answer:
        repository = self._readable(token, name)
        return Answer(200, self._write.issue(repository, self._issue(repository, number)))

    def _update_issue(self, request: Request, token: Token, name: str, number: str) -> Answer:
        repository = self._writable(token, name)
        issue = self._issue(repository, number)
        if issue.author != token.login and not repository.pushable_by(token):
            raise Refusal(403, "Must have admin rights to Repository.")
        data = request.json()
        check_fields(data)
        check_assignees(repository, token, data)
        issue.title = str(data.get("title") or issue.title)
        issue.body = data.get("body", issue.body)
        self._set_names(repository, token, issue, data)
        set_state(issue, data, token.login)
        self._state.touch(issue)
        return Answer(200, self._write.issue(repository, issue))

    def _set_names(
        self, repository: Repository, token: Token, issue: Issue, data: dict[str, JSON]
    ) -> None:
        if not repository.pushable_by(token):
            return
        if "labels" in data:
            names = [
                label["name"] if isinstance(label, dict) else label for label in data["labels"]
            ]
            added = [self._state.add_label(repository, name).name for name in names]
            issue.labels = list(dict.fromkeys(added))
        if "assignees" in data:
            issue.assignees = list(data["assignees"])

    # Comments

    def _list_comments(self, request: Request, token: Token, name: str, number: str) -> Answer:
        repository = self._readable(token, name)
        issue = self._issue(repository, number)
        written = [self._write.comment(repository, issue, said) for said in issue.comments]
        return page(request, written, f"{self._write.api}{request.path}")

    def _create_comment(self, request: Request, token: Token, name: str, number: str) -> Answer:
        repository = self._writable(token, name)
        issue = self._issue(repository, number)
        data = request.json()
        if not isinstance(data.get("body"), str) or not data["body"]:
            raise invalid("body", "missing_field", resource="IssueComment")
        check_fields(data)
        comment = Comment(self._state.new_id(), token.login, data["body"])
        issue.comments.append(comment)
        self._state.touch(issue)
        return Answer(201, self._write.comment(repository, issue, comment))

    # Labels

    def _add_labels(self, request: Request, token: Token, name: str, number: str) -> Answer:
        repository = self._writable(token, name)
        issue = self._issue(repository, number)
        if not repository.pushable_by(token):
            raise Refusal(403, "Must have admin rights to Repository.")
        names = [*issue.labels, *request.json().get("labels", [])]
        self._set_names(repository, token, issue, {"labels": names})
        self._state.touch(issue)
        labels = (repository.labels[label.casefold()] for label in issue.labels)
        return Answer(200, [self._write.label(repository, label) for label in labels])

    def _list_labels(self, request: Request, token: Token, name: str) -> Answer:
        repository = self._readable(token, name)
        written = [self._write.label(repository, label) for label in repository.labels.values()]
        return page(request, written, f"{self._write.api}{request.path}")

    def _create_label(self, request: Request, token: Token, name: str) -> Answer:
        repository = self._writable(token, name)
        if not repository.pushable_by(token):
            raise Refusal(404, "Not Found")
        data = request.json()
        if not isinstance(data.get("name"), str) or not 0 < len(data["name"]) <= 50:
            raise invalid("name", "invalid", resource="Label")
        if data["name"].casefold() in repository.labels:
            raise invalid("name", "already_exists", resource="Label")
        label = self._state.add_label(repository, data["name"])
        label.color = data.get("color") or label.color
        label.description = data.get("description")
        return Answer(201, self._write.label(repository, label))

    def _get_label(self, _request: Request, token: Token, name: str, label: str) -> Answer:
        repository = self._readable(token, name)
        if label.casefold() not in repository.labels:
            raise Refusal(404, "Not Found")
        return Answer(200, self._write.label(repository, repository.labels[label.casefold()]))


def _no_access(token: Token) -> Refusal:
    what = "integration" if token.kind == "application" else "personal access token"
    return Refusal(403, f"Resource not accessible by {what}")
