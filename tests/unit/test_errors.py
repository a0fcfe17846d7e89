from __future__ import annotations

import errno
import os

import pytest

from bedrock_key_guard.errors import (
    CredentialsError,
    GuardError,
    IncompleteError,
    InterruptedRunError,
    UsageError,
    as_guard_error,
)

KINDS = {
    GuardError: 70,
    UsageError: 2,
    CredentialsError: 3,
    IncompleteError: 4,
    InterruptedRunError: 130,
}


@pytest.mark.parametrize(("kind", "code"), KINDS.items())
def test_every_error_owns_its_exit_code_and_a_remedy(kind: type[GuardError], code: int) -> None:
    error = kind("It went wrong.")
    assert (str(error), error.exit_code) == ("It went wrong.", code)
    assert error.remedy == kind.remedy
    assert error.remedy.endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_a_remedy_of_its_own_takes_the_place_of_the_kinds(kind: type[GuardError]) -> None:
    assert kind("It went wrong.", remedy="Try again.").remedy == "Try again."
    assert kind.remedy != "Try again."


@pytest.mark.parametrize(
    "number",
    [errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN]
    + [number for name, number in vars(errno).items() if name == "EDQUOT"],
)
def test_what_the_surroundings_lack_is_one_sentence_with_a_remedy(number: int) -> None:
    known = as_guard_error(OSError(number, os.strerror(number), "ABSK of a file"))
    assert type(known) is IncompleteError
    assert str(known) == f"The guard could not go on: {os.strerror(number).lower()}."
    assert known.remedy.endswith(", and run the command again.")


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O"), OSError("ABSK"), KeyError("ABSK")])
def test_an_error_of_another_kind_is_told_by_its_class(error: Exception) -> None:
    known = as_guard_error(error, "It failed ({kind}).")
    assert (known.exit_code, str(known)) == (70, f"It failed ({type(error).__name__}).")


def test_an_error_of_ours_stays_as_it_is() -> None:
    error = UsageError("No.")
    assert as_guard_error(error) is error
