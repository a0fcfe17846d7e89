from __future__ import annotations

import pytest

from bedrock_key_guard.errors import (
    CredentialsError,
    GuardError,
    IncompleteError,
    InterruptedRunError,
    UsageError,
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
