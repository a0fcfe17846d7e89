"""Make events of GitHub as its webhooks send them, with a text where people write one.

Their members are those of https://docs.github.com/en/webhooks/webhook-events-and-payloads, less the
addresses of the API and what only counts something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JSON = dict[str, Any]

SERVER, REPOSITORY = "https://github.com", "acme/app"
COMMIT, OTHER = "1" * 40, "2" * 40


def user(login: str, server: str = SERVER) -> JSON:
    """Return a user as an event shows one."""
    return {
        "login": login,
        "id": 1,
        "node_id": "U_1",
        "html_url": f"{server}/{login}",
        "type": "User",
        "site_admin": False,
    }


def repository(
    visibility: str = "private", name: str = REPOSITORY, server: str = SERVER, *, fork: bool = False
) -> JSON:
    """Return a repository as an event shows one."""
    owner, _, short = name.partition("/")
    return {
        "id": 7,
        "node_id": "R_7",
        "name": short,
        "full_name": name,
        "private": visibility != "public",
        "visibility": visibility,
        "owner": user(owner, server),
        "html_url": f"{server}/{name}",
        "description": None,
        "fork": fork,
        "default_branch": "main",
        "has_wiki": True,
    }


class Payloads:
    """Make each event of one repository, of an author with an association to it."""

    def __init__(
        self,
        visibility: str = "private",
        association: str = "MEMBER",
        server: str = SERVER,
        head: str = REPOSITORY,
    ) -> None:
        """Take who wrote the text, and from which repository a pull request comes."""
        self.association = association
        self.home = repository(visibility, server=server)
        self.head = repository("public", head, server, fork=head != REPOSITORY)
        self.author = user("mallory" if association == "NONE" else "alice", server)
        self.web = self.home["html_url"]

    def of(self, name: str, text: str) -> JSON:
        """Return an event whose own text holds `text`."""
        return {**getattr(self, f"_{name}")(text), **self._common()}

    def _common(self) -> JSON:
        return {"repository": self.home, "sender": self.author}

    def _written(self, page: str, **members: Any) -> JSON:
        return {
            "id": 99,
            "node_id": "X_99",
            "html_url": f"{self.web}/{page}",
            "user": self.author,
            "author_association": self.association,
            "created_at": "2026-11-29T08:00:00Z",
            "updated_at": "2026-11-29T08:00:00Z",
            **members,
        }

    def issue(self, body: str | None = None, title: str = "Help") -> JSON:
        """Return issue 7."""
        return self._written(
            "issues/7", number=7, title=title, body=body, state="open", labels=[], assignees=[]
        )

    def pull(self, body: str | None = None, base: str = OTHER, head: str = COMMIT) -> JSON:
        """Return pull request 8."""
        ends = {
            "head": {"ref": "change", "sha": head, "label": "x:change", "repo": self.head},
            "base": {"ref": "main", "sha": base, "label": "acme:main", "repo": self.home},
        }
        more = {"merged": False, "draft": False, "labels": [], "state": "open"}
        return self._written("pull/8", number=8, title="Change", body=body, **ends, **more)

    def discussion(self, body: str | None = None) -> JSON:
        """Return discussion 5."""
        return self._written("discussions/5", number=5, title="Ideas", body=body, category={})

    # One for each event.

    def _issues(self, text: str) -> JSON:
        return {"action": "opened", "issue": self.issue(text)}

    def _issue_comment(self, text: str) -> JSON:
        comment = self._written("issues/7#issuecomment-99", body=text)
        return {"action": "created", "issue": self.issue(), "comment": comment}

    def _pull_request(self, text: str) -> JSON:
        return {"action": "opened", "number": 8, "pull_request": self.pull(text)}

    def _pull_request_target(self, text: str) -> JSON:
        return self._pull_request(text)

    def _pull_request_review(self, text: str) -> JSON:
        page = "pull/8#pullrequestreview-99"
        review = self._written(page, body=text, state="commented", commit_id=COMMIT)
        return {"action": "submitted", "review": review, "pull_request": self.pull()}

    def _pull_request_review_comment(self, text: str) -> JSON:
        hunk = {"diff_hunk": "@@ -1 +1 @@", "path": "a.py", "line": 1, "commit_id": COMMIT}
        comment = self._written("pull/8#discussion_r99", body=text, **hunk)
        return {"action": "created", "comment": comment, "pull_request": self.pull()}

    def _discussion(self, text: str) -> JSON:
        return {"action": "created", "discussion": self.discussion(text)}

    def _discussion_comment(self, text: str) -> JSON:
        comment = self._written("discussions/5#discussioncomment-99", body=text, parent_id=None)
        return {"action": "created", "discussion": self.discussion(), "comment": comment}

    def _commit_comment(self, text: str) -> JSON:
        page = f"commit/{COMMIT}#commitcomment-99"
        return {"action": "created", "comment": self._written(page, body=text, commit_id=COMMIT)}

    def _gollum(self, text: str) -> JSON:
        page = {
            "page_name": "Home",
            "title": "Home",
            "summary": text,
            "action": "edited",
            "sha": COMMIT,
            "html_url": f"{self.web}/wiki/Home",
        }
        return {"pages": [page]}

    def _release(self, text: str) -> JSON:
        page = "releases/tag/v1"
        known = {"tag_name": "v1", "target_commitish": "main", "name": "One", "body": text}
        release = {**self._written(page, **known), "assets": [], "draft": False}
        del release["author_association"], release["user"]
        return {"action": "published", "release": {**release, "author": self.author}}

    def _workflow_dispatch(self, text: str) -> JSON:
        ref = "refs/heads/main"
        return {"inputs": {"text": text}, "ref": ref, "workflow": ".github/workflows/guard.yml"}

    def _repository_dispatch(self, text: str) -> JSON:
        payload = {"nested": [{"text": text}]}
        return {"action": "deployed", "branch": "main", "client_payload": payload}

    def _label(self, text: str) -> JSON:
        return {"action": "created", "label": {"id": 1, "name": "x", "description": text}}

    def _milestone(self, text: str) -> JSON:
        milestone = {"html_url": f"{self.web}/milestone/1", "title": "M", "description": text}
        return {"action": "created", "milestone": milestone}

    def _check_run(self, text: str) -> JSON:
        output = {"title": "T", "summary": text, "text": None, "annotations_count": 0}
        run = {"html_url": f"{self.web}/runs/4", "name": "x", "status": "completed"}
        return {"action": "completed", "check_run": {**run, "output": output}}

    def _deployment(self, text: str) -> JSON:
        known = {"id": 1, "ref": "main", "task": "deploy", "environment": "x", "sha": COMMIT}
        return {"action": "created", "deployment": {**known, "payload": {"note": text}}}

    def _status(self, text: str) -> JSON:
        return {"sha": COMMIT, "state": "success", "context": "ci", "description": text}


PAGES: dict[str, str] = {
    "issues": "issues/7",
    "issue_comment": "issues/7#issuecomment-99",
    "pull_request": "pull/8",
    "pull_request_target": "pull/8",
    "pull_request_review": "pull/8#pullrequestreview-99",
    "pull_request_review_comment": "pull/8#discussion_r99",
    "discussion": "discussions/5",
    "discussion_comment": "discussions/5#discussioncomment-99",
    "commit_comment": f"commit/{COMMIT}#commitcomment-99",
    "gollum": "wiki/Home",
    "release": "releases/tag/v1",
    "workflow_dispatch": "actions/runs/4711",
    "repository_dispatch": "actions/runs/4711",
    "label": "actions/runs/4711",
    "milestone": "milestone/1",
    "check_run": "runs/4",
    "deployment": "actions/runs/4711",
    "status": "actions/runs/4711",
}
"""Events whose text somebody writes, and the page that it is on, below the repository's."""

Make = Callable[[str], JSON]
