from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from bedrock_key_guard.doctor.checks import (
    OFFLINE,
    SUBJECTS,
    Check,
    State,
    as_checks_json,
    as_table,
    exit_code,
)
from bedrock_key_guard.doctor.examination import subjects_of
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.text.harmless import Canvas


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        (("works",), 0),
        (("works", "unknown"), 4),
        (("unknown", "wrong"), 2),
        (("wrong", "lacks", "unknown", "works"), 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst_that_was_found(
    states: tuple[State, ...], code: int
) -> None:
    assert exit_code(Check("git", "Git", state, "") for state in states) == code


@pytest.mark.parametrize(
    ("named", "offline", "chosen"),
    [
        ((), False, SUBJECTS),
        ((), True, OFFLINE),
        (("hooks", "git"), False, ("git", "hooks")),
        (("hooks", "aws"), True, ("hooks",)),
    ],
)
def test_subjects_are_those_that_are_named(
    named: tuple[str, ...], offline: bool, chosen: tuple[str, ...]
) -> None:
    assert subjects_of(named, offline=offline) == chosen


@pytest.mark.parametrize(("named", "offline"), [(("hook",), False), (("aws",), True)])
def test_what_leaves_nothing_to_look_at_is_refused(named: tuple[str, ...], offline: bool) -> None:
    with pytest.raises(UsageError):
        subjects_of(named, offline=offline)


MEND = "aws cloudformation deploy --stack-name bedrock-key-guard " + "--more " * 20 + "Disable=true"
CHECKS = (
    Check("git", "Git", "works", "2.39.5 at /usr/bin/git"),
    Check("git", "clone", "wrong", "it is shallow", "git fetch --unshallow"),
    Check("permissions", "disable", "lacks", "iam:X is not allowed", MEND, missing=("iam:X",)),
    Check("permissions", "disable", "unknown", "nobody knows", account="222222222201"),
    Check("clock", "clock", "unknown", "no server was asked"),
)


def test_the_table_says_what_works_and_the_line_that_mends_what_does_not() -> None:
    assert as_table(CHECKS[:2]) == (
        "Git\n"
        "  works    Git      2.39.5 at /usr/bin/git\n"
        "  wrong    clone    it is shallow\n"
        "           mend it: git fetch --unshallow\n"
        "\n"
        "1 of 2 works, 1 is wrong.\n"
    )


def test_a_line_that_mends_is_never_broken_and_sentences_are_as_wide_as_the_terminal() -> None:
    long = Check("aws", "aws", "works", "word " * 60, MEND)
    lines = as_table((long,), canvas=Canvas(60)).splitlines()
    assert [line for line in lines if "mend it" in line] == [f"           mend it: {MEND}"]
    assert max(len(line) for line in lines if "mend it" not in line) <= 60


def test_what_does_not_work_is_counted_in_words() -> None:
    total = as_table((*CHECKS, CHECKS[1])).splitlines()[-1]
    assert total == (
        "1 of 6 works, 1 lacks a credential or a permission, 2 are wrong, 2 could not be found out."
    )


def test_colour_is_for_terminals_alone() -> None:
    assert "\x1b[" not in as_table(CHECKS)
    assert "\x1b[1;31m" in as_table(CHECKS, colour=True)


def test_what_others_wrote_drives_no_terminal() -> None:
    text = as_table((Check("hooks", "pre\x1b[2J", "wrong", "a\nb\x07", "c\rd"),))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text


def test_the_json_is_as_its_schema_says() -> None:
    text = files("bedrock_key_guard.doctor").joinpath("doctor-v1.json").read_text("utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    document = json.loads(as_checks_json(CHECKS))
    Draft202012Validator(schema).validate(document)
    assert document["exit_code"] == 3
    assert document["checks"][2]["missing"] == ["iam:X"]
    assert tuple(schema["properties"]["checks"]["items"]["properties"]["subject"]["enum"]) == (
        SUBJECTS
    )


@pytest.mark.parametrize("field", ["state", "said", "untold"])
def test_the_schema_takes_no_check_without(field: str) -> None:
    text = files("bedrock_key_guard.doctor").joinpath("doctor-v1.json").read_text("utf-8")
    document = json.loads(as_checks_json(CHECKS))
    del document["checks"][0][field]
    assert not Draft202012Validator(json.loads(text)).is_valid(document)
