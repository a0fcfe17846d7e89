from __future__ import annotations

import copy
import pickle
import traceback
from pathlib import Path

import pytest

import bedrock_key_guard
from bedrock_key_guard.keys.key import Secret

TEXT = "ABSKmade-up-secret"
SECRET = Secret(TEXT)


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET:>40}",
        f"{SECRET!r}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031  # the old way must be safe too
        "{0} {0!r}".format(SECRET),  # noqa: UP032
        repr([SECRET, {SECRET: SECRET}]),
    ],
)
def test_no_way_to_print_it_shows_it(shown: str) -> None:
    assert "<secret, 18 characters>" in shown
    assert "made-up" not in shown


def test_it_comes_out_by_one_door() -> None:
    assert SECRET.unseal() == TEXT
    assert not hasattr(SECRET, "__dict__")


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_never_pickled_or_copied(take: object) -> None:
    with pytest.raises(TypeError, match="never pickled or copied") as caught:
        take(SECRET)  # type: ignore[operator]
    assert "made-up" not in "".join(traceback.format_exception(caught.value))


def test_equal_secrets_are_one() -> None:
    assert Secret(TEXT) == SECRET
    assert len({Secret(TEXT), SECRET, Secret("other")}) == 2
    assert SECRET != TEXT
    assert Secret("é") != SECRET


@pytest.mark.parametrize(
    ("start", "whole", "begins"),
    [
        ("ABSKQUJD", "ABSKQUJDREVG", True),
        ("ABSKQUI=", "ABSKQUJDREVG", True),
        ("ABSKQQ==", "ABSKQUJDREVG", True),
        ("ABSKQUJDREVG", "ABSKQUJD", False),
        ("ABSKQUJD", "ABSKQUJD", False),
        ("ABSKQUI=", "ABSKQUJD", False),
        ("ABSKQVJD", "ABSKQUJDREVG", False),
    ],
)
def test_a_secret_that_was_cut_is_known_by_the_whole(start: str, whole: str, begins: bool) -> None:
    one, other = Secret(start), Secret(whole)
    assert (other.starts_with(one.stem()) and len(other) > len(one)) is begins
    assert len(Secret(start)) == len(start)


def test_few_modules_unseal_a_secret() -> None:
    package = Path(bedrock_key_guard.__file__).parent
    callers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if ".unseal" in path.read_text(encoding="utf-8")
    }
    assert callers == {
        "action/runner.py",  # hands it to the runner of Actions, which hides it
        "doctor/drill/disk.py",  # puts the key of a drill into its private folder
        "keys/envelope.py",  # says what nothing may show
        "plugin/collection.py",  # drops what other detectors found of it
        "plugin/detector.py",  # gives it to detect-secrets, which hashes it
        "respond/secret_stores.py",  # keeps a new key
        "scan/allowlist.py",  # hashes it as a baseline does
        "verify/bedrock.py",  # asks Bedrock with it
    }
