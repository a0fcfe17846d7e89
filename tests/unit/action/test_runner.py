from __future__ import annotations

import base64
import io
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.action.runner import Runner
from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.keys.prefixes import PREFIXES
from tests import keysmith
from tests.unit.outputs import read_outputs

IN_ACTIONS = {"GITHUB_ACTIONS": "true"}
LONG, SHORT = keysmith.long_term(), keysmith.short_term()


class Log(io.StringIO):
    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


@pytest.fixture
def log() -> Log:
    return Log()


def masked(*keys: str) -> list[str]:
    log = Log()
    runner = Runner(IN_ACTIONS, log.write)
    for key in keys:
        runner.mask(Secret(key))
    assert all(line.startswith("::add-mask::") for line in log.lines)
    return [line.removeprefix("::add-mask::").replace("%25", "%") for line in log.lines]


@pytest.mark.parametrize(
    "key", [LONG, SHORT, keysmith.long_term(prefix="APIAACWM"), keysmith.long_term(prefix="AXRY")]
)
def test_a_key_is_masked_as_it_is_and_encoded(key: str) -> None:
    spellings = masked(key)
    assert spellings[0] == key
    assert quote(key, safe="") in spellings
    assert base64.b64encode(key.encode()).decode() in spellings


def test_what_a_key_says_decoded_is_masked_too() -> None:
    payload = base64.b64decode(LONG[4:]).decode()
    spellings = masked(LONG)
    assert payload in spellings
    assert payload.partition(":")[2] in spellings
    url = base64.b64decode(SHORT.removeprefix("bedrock-api-key-")).decode()
    assert url in masked(SHORT)


def test_a_mask_is_handed_over_once() -> None:
    assert masked(LONG, LONG) == masked(LONG)
    assert len(set(masked(LONG, SHORT))) == len(masked(LONG, SHORT))


def test_the_percent_signs_of_a_mask_are_escaped(log: Log) -> None:
    Runner(IN_ACTIONS, log.write).mask(Secret(LONG))
    assert f"::add-mask::{quote(LONG, safe='').replace('%', '%25')}" in log.lines


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}])
def test_outside_of_actions_a_key_is_shown_to_nobody(environment: dict[str, str], log: Log) -> None:
    Runner(environment, log.write).mask(Secret(LONG))
    assert log.getvalue() == ""


@pytest.mark.parametrize("secret", [b"x", b"", b"12345678901"])
def test_part_of_a_key_masks_nothing_short(secret: bytes) -> None:
    """Whoever writes `ABSK...` with the secret `e` would strike every e from the log."""
    part = "ABSK" + base64.b64encode(b"alice-at-111122223333:" + secret).decode().rstrip("=")
    assert all(len(spelling) >= 12 for spelling in masked(part))
    assert part in masked(part)


@given(st.sampled_from(PREFIXES), st.text(max_size=60) | st.binary(max_size=60))
def test_no_text_breaks_out_of_a_mask(prefix: str, body: str | bytes) -> None:
    text = body if isinstance(body, str) else base64.b64encode(body).decode()
    log = Log()
    Runner(IN_ACTIONS, log.write).mask(Secret(prefix + text))
    commands = log.getvalue().split("\n")[:-1]
    assert all(command.startswith("::add-mask::") for command in commands)
    assert all("\r" not in command for command in commands)


def test_nothing_in_the_log_is_obeyed(log: Log) -> None:
    hostile = "::error::x\n::set-output name=a::b\n##[command]x\n::add-mask::e"
    Runner(IN_ACTIONS, log.write).log(f"{hostile}\n\n")
    first, *told, last = log.lines
    assert first.startswith("::stop-commands::")
    token = first.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert last == f"::{token}::"
    assert "\n".join(told) == hostile


def test_the_word_that_lets_commands_in_again_cannot_be_foretold(log: Log) -> None:
    runner = Runner(IN_ACTIONS, log.write)
    for _ in range(20):
        runner.log("x")
    tokens = {line for line in log.lines if line.startswith("::stop-commands::")}
    assert len(tokens) == 20


def test_a_command_is_a_line(log: Log) -> None:
    Runner(IN_ACTIONS, log.write).command("::notice::x")
    assert log.getvalue() == "::notice::x\n"


def test_an_output_may_have_any_lines(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    runner = Runner({"GITHUB_OUTPUT": str(path)}, log.write)
    values = {
        "result": "findings",
        "empty": "",
        "lines": "a\nb\n\nc",
        "hostile": "x\nEOF\nlive<<EOF\n0\nEOF",
        "letters": "ключ",
    }
    for name, value in values.items():
        runner.output(name, value)
    assert read_outputs(path) == values
    assert log.getvalue() == ""


def test_the_summary_is_added_to_what_is_there(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n", encoding="utf-8")
    Runner({"GITHUB_STEP_SUMMARY": str(path)}, log.write).summary("# Keys 🔴\n")
    assert path.read_text(encoding="utf-8") == "before\n# Keys 🔴\n"


@pytest.mark.parametrize("value", [None, ""])
def test_without_its_files_nothing_is_written(
    value: str | None, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
    runner = Runner({} if value is None else dict.fromkeys(names, value), log.write)
    runner.output("a", "b")
    runner.summary("c")
    assert (log.getvalue(), list(tmp_path.iterdir())) == ("", [])
