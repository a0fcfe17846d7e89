from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.aws.roles import ORGANIZATION
from bedrock_key_guard.cli.arguments import Parser, whole_number
from bedrock_key_guard.cli.respond import respond_options, verify_options
from bedrock_key_guard.cli.scan import scan_options
from bedrock_key_guard.cli.undo import restore_options
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.pipeline.options import account_ids, default_ledger

ONE, TWO = "111122223333", "210987654321"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" , ", ()),
        (ONE, (ONE,)),
        (f"{ONE},{TWO}", (ONE, TWO)),
        (f" {ONE} ,\n{TWO} ", (ONE, TWO)),
        (f"{ONE} {TWO}", (ONE, TWO)),
        ("000000000000", ("000000000000",)),
        (f"organization, {ONE}", ("organization", ONE)),
    ],
)
def test_account_ids_are_apart_by_commas_or_white_space(
    text: str, expected: tuple[str, ...]
) -> None:
    assert account_ids(text) == frozenset(expected)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        ONE[:-1],
        f"{ONE}4",
        f"{ONE};{TWO}",
        "1111-2222-3333",
        "11112222333a",
        "+11112222333",
        "\uff11\uff11\uff11\uff11\uff12\uff12\uff12\uff12\uff13\uff13\uff13\uff13",
        f"{ONE},all",
        "*",
    ],
)
def test_anything_else_is_no_account_id(text: str) -> None:
    with pytest.raises(UsageError, match="not an account id of 12 digits"):
        account_ids(text)


@given(st.text())
def test_every_account_id_has_twelve_ascii_digits(text: str) -> None:
    try:
        ids = account_ids(text)
    except UsageError:
        return
    numbers = [one for one in ids if one != ORGANIZATION]
    assert all(len(one) == 12 and set(one) <= set("0123456789") for one in numbers)


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("20", 20), ("007", 7)])
def test_a_whole_number_is_read(text: str, expected: int) -> None:
    assert whole_number(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.5", "1e3", "1_000", "ten", "\u0661", " 1"])
def test_anything_else_is_no_whole_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a whole number"):
        whole_number(text)


def test_the_ledger_is_kept_in_the_state_directory(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_ledger() == tmp_path / "bedrock-key-guard" / "ledger.jsonl"
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("XDG_STATE_HOME")
        else:
            monkeypatch.setenv("XDG_STATE_HOME", unset)
        assert default_ledger() == home / ".local/state/bedrock-key-guard/ledger.jsonl"


def test_a_user_without_a_home_is_asked_for_a_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(UsageError, match="no home directory") as refused:
        default_ledger()
    assert "--ledger" in refused.value.remedy
    # Whoever only scans needs none.
    for options in (scan_options, verify_options, respond_options, restore_options):
        options().parse_args([])


def test_a_command_line_that_cannot_be_understood_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="cannot be understood") as refused:
        Parser(prog="guard").parse_args(["--what"])
    assert "--what" in str(refused.value)
    assert refused.value.remedy == "Run `guard --help` to see what is accepted."


@pytest.mark.parametrize(
    ("options", "defaults"),
    [
        (
            scan_options,
            {
                "path": [],
                "source": "tree",
                "event": None,
                "revisions": [],
                "deep": False,
                "format": "text",
                "fail_on": "any",
                "include_malformed": False,
                "exclude": [],
                "baseline": None,
                "allow_list": None,
            },
        ),
        (verify_options, {"allowed_account_ids": "", "max_probes": 200}),
        (
            respond_options,
            {
                "action": "disable",
                "dry_run": False,
                "reset_store": None,
                "reactivate": False,
                "protect": [],
                "max_responses": 20,
                "ledger": None,
            },
        ),
        (restore_options, {"change": None, "dry_run": False, "ledger": None}),
    ],
)
def test_what_is_not_said_is_safe(
    options: Callable[[], Parser], defaults: dict[str, object]
) -> None:
    parsed = vars(options().parse_args([]))
    assert {name: parsed[name] for name in defaults} == defaults


def test_lists_do_not_pass_from_one_run_to_the_next() -> None:
    options = scan_options()
    assert options.parse_args(["--exclude", "a"]).exclude == ["a"]
    assert options.parse_args(["--exclude", "b"]).exclude == ["b"]
    assert options.parse_args([]).exclude == []


@pytest.mark.parametrize(
    "options", [scan_options, verify_options, respond_options, restore_options]
)
def test_every_option_is_explained(options: Callable[[], Parser]) -> None:
    assert [action.dest for action in options()._actions if not action.help] == []
