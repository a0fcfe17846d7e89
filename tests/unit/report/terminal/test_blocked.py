from __future__ import annotations

from datetime import timedelta

import pytest

from bedrock_key_guard.model.findings import Finding, Incident, NotScanned, incidents_of
from bedrock_key_guard.report.terminal.blocked import blocked, unread
from bedrock_key_guard.scan.matching.matcher import matches
from tests.contexts import ISSUED_AT
from tests.keysmith import access_key_id, fingerprint_of, long_term, short_term
from tests.unit.report import runner, samples

LONG = long_term("alice")
SHORT = short_term(kind="AKIA", issued_at=ISSUED_AT)


def incidents(*texts: str, path: str = "app.env") -> tuple[Incident, ...]:
    return incidents_of(
        Finding(match.key, match.confidence, samples.at(path, line, 5, "index"))
        for line, text in enumerate(texts, 1)
        for match in matches(text.encode())
    )


def test_each_key_is_told_with_its_places_and_the_steps_once() -> None:
    text = blocked(incidents(LONG, SHORT, LONG), ISSUED_AT)
    assert text.startswith("Bedrock Key Guard: 2 API keys would be committed.\n\n")
    assert "app.env:1:5\napp.env:3:5\n    Amazon Bedrock long-term API key" in text
    assert "app.env:2:5\n    Amazon Bedrock short-term API key" in text
    assert [text.count(f"\n  {step}. ") for step in (1, 2, 3)] == [1, 1, 1]


def test_a_single_key_is_announced_as_one() -> None:
    assert blocked(incidents(LONG), ISSUED_AT).startswith(
        "Bedrock Key Guard: a key would be committed.\n\n"
    )


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "it expires at 2026-11-02 21:30 UTC. Until then, deny\n"),
        (timedelta(hours=12, seconds=-1), "it expires at 2026-11-02 21:30 UTC. Until then, deny\n"),
        (timedelta(hours=12), "it expired at 2026-11-02 21:30 UTC.\n"),
    ],
)
def test_a_short_term_key_is_denied_while_it_lives(age: timedelta, words: str) -> None:
    text = blocked(incidents(SHORT), ISSUED_AT + age)
    assert f"{fingerprint_of(SHORT)[:12]}: {words}" in text
    denied = "bedrock:CallWithBearerToken and bedrock-mantle:CallWithBearerToken"
    assert (f"{denied}\n" in text) == (f"access key {access_key_id()} belongs" in text)


def test_hostile_paths_are_made_harmless() -> None:
    text = blocked(incidents(LONG, path="\x1b[2J\nfake: clean"), ISSUED_AT)
    assert "\\x1b[2J\\nfake: clean:1:5\n" in text
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("path", samples.HOSTILE)
def test_no_line_is_a_command_to_a_runner_of_github(path: str) -> None:
    missed = [NotScanned(path, "missing", path)]
    for line in runner.lines(blocked(incidents(LONG, path=path), ISSUED_AT) + unread(missed)):
        assert line.isprintable()
        assert runner.command_in(line) is None


def test_what_was_not_read_is_named() -> None:
    missed = [
        NotScanned("a\x07", "missing", "permission denied"),
        NotScanned("pipe", "skipped", "it is not a regular file"),
    ]
    assert unread(missed) == (
        "Bedrock Key Guard: a\\x07 was not scanned: permission denied.\n"
        "Bedrock Key Guard: pipe was not scanned: it is not a regular file.\n"
    )
    assert unread([]) == ""
