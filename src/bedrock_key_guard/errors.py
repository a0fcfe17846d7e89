"""Name every reason for which the guard cannot go on, with its exit code and its remedy.

    GuardError (70)
    ├── UsageError (2)              the command line, an input or a given file is wrong
    ├── CredentialsError (3)        a credential is missing, refused, or may not do what is needed
    ├── IncompleteError (4)         something that had to be read could not be
    │   └── GitHubError             GitHub could not be asked, or would not do it
    │       ├── UnansweredError     no answer, a 5xx, or an answer that is not GitHub's
    │       ├── RateLimitError      GitHub asked for a longer wait than a run may take
    │       └── RefusedError        any other 3xx or 4xx, with its status
    │           └── DeniedError     a token that is bad or lacks a permission (3)
    └── InterruptedRunError (130)   a person stopped the run

Exit 0 means clean and 1 means findings; neither is an error. Codes not named here are reserved.
"""

from __future__ import annotations

import errno
import os

from bedrock_key_guard import REPOSITORY


def install_with(extra: str) -> str:
    """Return the line that installs the guard with an extra."""
    return f"pip install 'bedrock-key-guard[{extra}] @ git+https://github.com/{REPOSITORY}'"


class GuardError(Exception):
    """Stop the run: something happened that the guard cannot go on from."""

    exit_code = 70
    remedy = "Please report this, with the command you ran and the version of the guard."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        """Say what happened and why it matters; `remedy` replaces the remedy of the class."""
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy


class UsageError(GuardError):
    """Refuse a command line, an input, or a file that does not say what it should."""

    exit_code = 2
    remedy = "Run `bedrock-key-guard --help` to see what is accepted."


class CredentialsError(GuardError):
    """Report a credential that is missing, refused, or not allowed to do what is needed."""

    exit_code = 3
    remedy = "Give the guard credentials that may do this."


class IncompleteError(GuardError):
    """Report that something which had to be read could not be, so that nothing can be concluded."""

    exit_code = 4
    remedy = "Make it readable and run the command again."


class InterruptedRunError(GuardError):
    """Report that a person stopped the run."""

    exit_code = 130
    remedy = "Run the command again; the guard goes on from what AWS and GitHub say."


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


# What the surroundings lack, and what a person can do; Windows knows no quota by that number.
_SURROUNDINGS = {
    errno.ENOSPC: "Make room on the disk, or set TMPDIR to a folder with room",
    getattr(errno, "EDQUOT", errno.ENOSPC): "Make room within the disk quota of this user",
    errno.EROFS: "Set TMPDIR to a folder that can be written to",
    errno.EMFILE: "Raise the limit on open files, for example with `ulimit -n 4096`",
    errno.ENFILE: "Close other programs, or raise the system's limit on open files",
    errno.ENOMEM: "Free memory, or use a machine with more of it",
    errno.EAGAIN: "Raise the limit on processes, for example with `ulimit -u 4096`",
}


def as_guard_error(
    error: Exception, failed: str = "Something went wrong inside the guard ({where})."
) -> GuardError:
    """Return an error of ours as it is, and any other one as a sentence with a remedy.

    A full disk and its like are no faults of the guard. `failed` says of all else what a door could
    not do, with the `kind` of the error and `where`: its text may quote what was being read.
    """
    if isinstance(error, GuardError):
        return error
    number = (isinstance(error, OSError) and error.errno) or 0
    if remedy := _SURROUNDINGS.get(number):
        reason = os.strerror(number).lower()
        return IncompleteError(
            f"The guard could not go on: {reason}.", remedy=f"{remedy}, and run the command again."
        )
    return GuardError(failed.format(kind=type(error).__name__, where=_where(error)))


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}"
