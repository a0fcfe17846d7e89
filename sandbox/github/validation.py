"""Apply the rules that GitHub has for the fields of issues and comments."""

from __future__ import annotations

from sandbox.github.http_messages import JSON, invalid
from sandbox.github.state import Issue, Repository, Token, now

LONGEST = {"title": 256, "body": 65_536}
"""What GitHub says in its 422: "body is too long (maximum is 65536 characters)"."""


def check_fields(data: dict[str, JSON]) -> None:
    """Refuse a title, a body, a state or names that GitHub would not take."""
    for name, longest in LONGEST.items():
        value = data.get(name)
        if not isinstance(value, (str, type(None))):
            raise invalid(name, "invalid")
        if len(value or "") > longest:
            raise invalid(name, "custom", f"{name} is too long (maximum is {longest} characters)")
    for name in ("labels", "assignees"):
        if not isinstance(data.get(name, []), list):
            raise invalid(name, "invalid")
    if data.get("state", "open") not in {"open", "closed"}:
        raise invalid("state", "invalid")


def check_assignees(repository: Repository, token: Token, data: dict[str, JSON]) -> None:
    """Refuse assignees without any access of their own, if they would be kept at all."""
    if repository.pushable_by(token) and not all(
        repository.has_member(login) for login in data.get("assignees", [])
    ):
        raise invalid("assignees", "invalid")


def set_state(issue: Issue, data: dict[str, JSON], login: str) -> None:
    """Open or close an issue; `state_reason` is ignored unless the state changes."""
    state = data.get("state", issue.state)
    if state == issue.state:
        return
    issue.state = state
    if state == "closed":
        issue.state_reason = data.get("state_reason") or "completed"
        issue.closed_at, issue.closed_by = now(), login
    else:
        issue.state_reason = "reopened"
        issue.closed_at = issue.closed_by = None
