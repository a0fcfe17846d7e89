"""Name every reason for which the guard cannot go on, with its exit code and its remedy.

    GuardError (70)
    ├── UsageError (2)          the command line, an input or a file given to us is wrong
    ├── CredentialsError (3)    a credential is missing, refused, or may not do what is needed
    ├── IncompleteError (4)     something that had to be read could not be
    └── InterruptedRunError (130)       a person stopped the run

Exit 0 means clean and 1 means findings; neither is an error. Codes not named here are reserved.
"""

from __future__ import annotations


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
