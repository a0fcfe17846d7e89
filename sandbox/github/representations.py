"""Write what the embedded GitHub knows as the JSON of GitHub's REST API.

Every object holds what GitHub's OpenAPI description requires of it
(https://github.com/github/rest-api-description), which the tests check.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.github.state import Comment, Issue, Label, Repository

JSON = dict[str, Any]

_USER_LINKS = (
    "followers", "gists", "organizations", "received_events", "repos", "starred",
    "subscriptions", "events", "following",
)  # fmt: skip
_REPOSITORY_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits",
    "compare", "contents", "contributors", "deployments", "downloads", "events", "forks",
    "git_commits", "git_refs", "git_tags", "hooks", "issue_comment", "issue_events", "issues",
    "keys", "labels", "languages", "merges", "milestones", "notifications", "pulls", "releases",
    "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees",
)  # fmt: skip
_COUNTS = (
    "forks", "forks_count", "network_count", "size", "stargazers_count", "subscribers_count",
    "watchers", "watchers_count",
)  # fmt: skip
_EPOCH = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Writer:
    """Write objects whose links begin with `api` and `web`, both without a slash at the end."""

    api: str
    web: str

    def user(self, login: str) -> JSON:
        """Write a simple user; a login in brackets is a bot's."""
        named = quote(login)  # the brackets of a bot's are no part of an address
        url = f"{self.api}/users/{named}"
        return {
            "login": login,
            "id": zlib.crc32(login.encode()),
            "node_id": f"U_{login}",
            "avatar_url": f"{self.web}/avatars/{named}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{named}",
            "type": "Bot" if login.endswith("[bot]") else "User",
            "site_admin": False,
            **{f"{link}_url": f"{url}/{link}" for link in _USER_LINKS},
        }

    def public_user(self, login: str) -> JSON:
        """Write a user as `GET /user` does."""
        empty = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
        counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        times = {"created_at": _EPOCH, "updated_at": _EPOCH}
        return {**self.user(login), "user_view_type": "public", **empty, **counts, **times}

    def organization(self, login: str, public: int, private: int | None) -> JSON:
        """Write an organisation; who is no member of it is not told how much of it is private."""
        url = f"{self.api}/orgs/{quote(login)}"
        links = ("repos", "events", "hooks", "issues", "members", "public_members")
        told = {} if private is None else {"total_private_repos": private}
        return {
            "login": login,
            "id": zlib.crc32(login.encode()),
            "node_id": f"O_{login}",
            "url": url,
            "html_url": f"{self.web}/{quote(login)}",
            "avatar_url": f"{self.web}/avatars/{quote(login)}",
            "description": None,
            "type": "Organization",
            "has_organization_projects": False,
            "has_repository_projects": False,
            "public_repos": public,
            "archived_at": None,
            **told,
            **{f"{link}_url": f"{url}/{link}" for link in links},
            **dict.fromkeys(("public_gists", "followers", "following"), 0),
            **dict.fromkeys(("created_at", "updated_at"), _EPOCH),
        }

    def repository(self, repository: Repository) -> JSON:
        """Write a full repository."""
        url = f"{self.api}/repos/{repository.full_name}"
        web = f"{self.web}/{repository.full_name}"
        open_issues = sum(issue.state == "open" for issue in repository.issues.values())
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.full_name.partition("/")[2],
            "full_name": repository.full_name,
            "owner": self.user(repository.owner),
            "private": repository.visibility != "public",
            "visibility": repository.visibility,
            "html_url": web,
            "url": url,
            "git_url": f"git:{web.partition(':')[2]}.git",
            "ssh_url": f"git@localhost:{repository.full_name}.git",
            "clone_url": f"{web}.git",
            "svn_url": web,
            "description": None,
            "fork": repository.fork,
            "topics": repository.topics,
            "homepage": None,
            "language": None,
            "license": None,
            "mirror_url": None,
            "default_branch": repository.default_branch,
            "has_issues": repository.has_issues,
            "has_projects": False,
            "has_wiki": repository.has_wiki,
            "has_pages": False,
            "has_discussions": False,
            "archived": repository.archived,
            "disabled": False,
            "open_issues": open_issues,
            "open_issues_count": open_issues,
            **{f"{link}_url": f"{url}/{link}" for link in _REPOSITORY_LINKS},
            **dict.fromkeys(_COUNTS, 0),
            **dict.fromkeys(("created_at", "updated_at"), _EPOCH),
            "size": repository.size,
            "pushed_at": repository.pushed_at,
        }

    def label(self, repository: Repository, label: Label) -> JSON:
        """Write a label."""
        return {
            "id": label.id,
            "node_id": f"LA_{label.id}",
            "url": f"{self.api}/repos/{repository.full_name}/labels/{quote(label.name)}",
            "name": label.name,
            "description": label.description,
            "color": label.color,
            "default": False,
        }

    def issue(self, repository: Repository, issue: Issue) -> JSON:
        """Write an issue, or a pull request as the list of issues shows it."""
        repository_url = f"{self.api}/repos/{repository.full_name}"
        url = f"{repository_url}/issues/{issue.number}"
        kind = "pull" if issue.pull_request else "issues"
        html_url = f"{self.web}/{repository.full_name}/{kind}/{issue.number}"
        labels = (repository.labels[name.casefold()] for name in issue.labels)
        assignees = [self.user(login) for login in issue.assignees]
        pull_request = {
            "url": f"{repository_url}/pulls/{issue.number}",
            "html_url": html_url,
            "diff_url": f"{html_url}.diff",
            "patch_url": f"{html_url}.patch",
        }
        return {
            "id": issue.id,
            "node_id": f"I_{issue.id}",
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "state": issue.state,
            "state_reason": issue.state_reason,
            "locked": False,
            "active_lock_reason": None,
            "author_association": "NONE",
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "labels": [self.label(repository, label) for label in labels],
            "milestone": None,
            "comments": len(issue.comments),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "closed_by": self.user(issue.closed_by) if issue.closed_by else None,
            "url": url,
            "repository_url": repository_url,
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": html_url,
            **({"pull_request": pull_request} if issue.pull_request else {}),
        }

    def comment(self, repository: Repository, issue: Issue, comment: Comment) -> JSON:
        """Write a comment on an issue."""
        issue_url = f"{self.api}/repos/{repository.full_name}/issues/{issue.number}"
        page = f"{self.web}/{repository.full_name}/issues/{issue.number}"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{self.api}/repos/{repository.full_name}/issues/comments/{comment.id}",
            "html_url": f"{page}#issuecomment-{comment.id}",
            "issue_url": issue_url,
            "body": comment.body,
            "user": self.user(comment.author),
            "author_association": "NONE",
            "created_at": comment.created_at,
            "updated_at": comment.created_at,
        }
