from __future__ import annotations

from datetime import timedelta

import pytest

from bedrock_key_guard.model.findings import Finding, Incident, NotScanned, incidents_of
from bedrock_key_guard.model.origins import (
    Blob,
    Index,
    Location,
    Member,
    Message,
    Name,
    Origin,
    Span,
)
from bedrock_key_guard.report.terminal.blocked import blocked, pattern, unread, ways_out
from bedrock_key_guard.scan.containers.decoded import matches
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


KEY = long_term("alice")
DIGITS = fingerprint_of(KEY)[:12]


def incident(*origins: Origin) -> Incident:
    (match,) = matches(KEY.encode())
    places = (Location(origin, Span(1, 1)) for origin in origins)
    (found,) = incidents_of(Finding(match.key, match.confidence, place) for place in places)
    return found


PRAGMA = "write `pragma: allowlist secret` in a comment on its line"
ALLOW = f"bedrock-key-guard allow {DIGITS} --path={{}} --reason=WHY --allow-list=FILE"
EVERYWHERE = f"bedrock-key-guard allow {DIGITS} --reason=WHY --allow-list=FILE"
BASELINE = "put it into the detect-secrets baseline of the hook's `--baseline FILE`"
EXCLUDE = "leave out all that is in the file: `--exclude={}` of the hook"


@pytest.mark.parametrize(
    ("origins", "ways"),
    [
        (
            (Index("a.env", "1"),),
            [PRAGMA, ALLOW.format("a.env"), BASELINE, EXCLUDE.format("a.env")],
        ),
        (
            (Blob("1", "x/b.JSON"),),
            [ALLOW.format("x/b.JSON"), BASELINE, EXCLUDE.format("x/b.JSON")],
        ),
        ((Index("a.ipynb", "1"),), [ALLOW.format("a.ipynb"), BASELINE, EXCLUDE.format("a.ipynb")]),
        (
            (Member(Index("a.zip", "1"), "zip:a.env"),),
            [ALLOW.format("a.zip"), BASELINE, EXCLUDE.format("a.zip")],
        ),
        (
            (Index("a.env", "1"), Index("b.json", "2")),
            [PRAGMA, EVERYWHERE, BASELINE, "--exclude=a.env --exclude=b.json"],
        ),
        ((Message("1", "commit-message"),), [EVERYWHERE]),
        ((Message("1", "tag-message"),), [EVERYWHERE]),
        ((Name("a"),), [EVERYWHERE]),
    ],
    ids=["text", "json", "notebook", "member", "two files", "message", "tag", "name"],
)
def test_only_the_ways_that_apply_are_named_and_the_narrowest_first(
    origins: tuple[Origin, ...], ways: list[str]
) -> None:
    told = ["\n".join(lines) for lines in ways_out([incident(*origins)], "", on_server=False)]
    assert len(told) == len(ways)
    for way, words in zip(told, ways, strict=True):
        assert words in way


def test_what_has_no_comments_is_named_beside_what_has() -> None:
    places = incident(Index("a.env", "1"), Index("b.json", "2"))
    first, *_ = ways_out([places], "", on_server=False)
    assert first[1] == "(there are no comments in b.json)"


def test_who_pushes_to_a_server_is_sent_to_who_runs_it() -> None:
    told = [*ways_out([incident(Blob("1", "a.json"))], "", on_server=True)]
    assert told == [(f"ask whoever runs this server to allow the fingerprint: {DIGITS}",)]


def test_the_list_that_the_hook_goes_by_is_named() -> None:
    told = [*ways_out([incident(Name("a"))], "known keys", on_server=False)]
    assert told == [
        (
            "allow it in the list of the hook's `--allow-list known keys`:",
            f"  bedrock-key-guard allow {DIGITS} --reason=WHY --allow-list='known keys'",
        )
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docs/a.md", "docs/a.md"),
        ("a b[1]#*.txt", "a?b?1???.txt"),
        ("a\n\x1b\udcff\u202e", "a????"),
        ("日本語.txt", "日本語.txt"),
    ],
)
def test_a_pattern_is_one_word_that_fits_its_path(path: str, expected: str) -> None:
    from fnmatch import fnmatchcase

    assert pattern(path) == expected
    assert fnmatchcase(path, expected)
    assert not fnmatchcase(path + "x", expected)
