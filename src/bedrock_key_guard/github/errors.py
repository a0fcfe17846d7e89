"""Name the ways in which GitHub does not give what was asked.

IncompleteError (4)
└── GitHubError
    ├── UnansweredError     no answer, a 5xx, or an answer that is not GitHub's
    ├── RateLimitError      it would take longer to wait than we may
    └── RefusedError        any other 3xx or 4xx, with its status
        └── DeniedError     401, 403 or 404; a CredentialsError (3) too
"""

from __future__ import annotations

from bedrock_key_guard.errors import CredentialsError, IncompleteError

NOT_FOUND, INVALID = 404, 422
DENIALS = frozenset({401, 403, NOT_FOUND})
"""404 is a denial too: GitHub answers it where a token may not know that a repository exists.

Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""


class GitHubError(IncompleteError):
    """Report that GitHub could not be asked, or would not do it."""


class UnansweredError(GitHubError):
    """Report that no answer of GitHub's came; what was asked may have been done all the same."""

    remedy = "Check the network, the proxy and GITHUB_API_URL, and run again."


class RateLimitError(GitHubError):
    """Report that GitHub asked us to wait longer than a run may."""

    remedy = "Run again later, or less often, or with a token that has a limit of its own."


class RefusedError(GitHubError):
    """Report an answer that says no; `status` is HTTP's, `reason` is GitHub's own message."""

    remedy = "Check the name of the repository, and that issues are enabled there."

    def __init__(
        self, message: str, *, status: int, reason: str, remedy: str | None = None
    ) -> None:
        """Keep the status and the reason beside the sentence for people."""
        super().__init__(message, remedy=remedy)
        self.status = status
        self.reason = reason


class DeniedError(CredentialsError, RefusedError):
    """Report a token that is bad, or may not do or see what was asked."""

    remedy = (
        "Give the token what is missing: in a workflow, `permissions: issues: write` of the "
        "repository in which issues are opened; elsewhere, access to that repository."
    )
