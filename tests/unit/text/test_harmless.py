from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.text.harmless import (
    LONGEST,
    Shell,
    clip,
    code,
    command_line,
    fenced,
    for_shell,
    printable,
    prose,
    shell_in,
    table,
)
from tests.unit.report import arbitrary, rendered
from tests.unit.report.samples import HOSTILE


@pytest.mark.parametrize(
    ("word", "posix", "powershell", "cmd"),
    [
        ("scan", "scan", "scan", "scan"),
        ("--not", "--not", "--not", "--not"),
        ("--format=json", "--format=json", "'--format=json'", '"--format=json"'),
        ("src/a-b.py", "src/a-b.py", "src/a-b.py", "src/a-b.py"),
        (r"C:\a\b", r"'C:\a\b'", r"C:\a\b", r"C:\a\b"),
        ("-a.b", "-a.b", "'-a.b'", '"-a.b"'),
        ("main..HEAD", "main..HEAD", "main..HEAD", "main..HEAD"),
        ("a b", "'a b'", "'a b'", '"a b"'),
        ("it's", """'it'"'"'s'""", "'it''s'", '"it\'s"'),
        ("it’s", "'it’s'", "'it’’s'", '"it’s"'),
        ('say "x"', "'say \"x\"'", "'say \"x\"'", r'"say \"x\""'),
        ("a b\\", "'a b\\'", "'a b\\'", r'"a b\\"'),
        ("$HOME", "'$HOME'", "'$HOME'", '"$HOME"'),
        ("%PATH%", "%PATH%", "'%PATH%'", '""^%"PATH"^%""'),
        ("tests/*", "'tests/*'", "'tests/*'", '"tests/*"'),
        ("a&b|c", "'a&b|c'", "'a&b|c'", '"a&b|c"'),
        ("@x", "@x", "'@x'", '"@x"'),
        ("", "''", "''", '""'),
        ("A^", "'A^'", "'A^'", '"A^"'),
    ],
)
def test_each_shell_reads_a_word_as_it_is(word: str, posix: str, powershell: str, cmd: str) -> None:
    shells: tuple[Shell, ...] = ("posix", "powershell", "cmd")
    assert [command_line([word], shell) for shell in shells] == [posix, powershell, cmd]


@given(st.lists(st.text()))
def test_a_line_is_split_into_the_same_words(words: list[str]) -> None:
    assert shlex.split(command_line(words)) == words


@given(st.lists(st.text(st.characters(exclude_characters="\0\n\r%", codec="ascii"))))
def test_a_program_of_windows_reads_the_same_words_from_cmd(words: list[str]) -> None:
    assert as_windows_reads(command_line(words, "cmd")) == words


def as_windows_reads(line: str) -> list[str]:
    r"""Split by the rules of Windows: `\"` is a quote, `\\"` a backslash and the end of a word."""
    words, at = list[str](), 0
    while at < len(line):
        word, quoted = "", False
        while at < len(line) and (quoted or line[at] != " "):
            backslashes = len(line[at:]) - len(line[at:].lstrip("\\"))
            after = line[at + backslashes : at + backslashes + 1]
            if after == '"':
                word += "\\" * (backslashes // 2)
                if backslashes % 2:
                    word += '"'
                else:
                    quoted = not quoted
                at += backslashes + 1
            elif backslashes:
                word += "\\" * backslashes
                at += backslashes
            else:
                word += line[at]
                at += 1
        words.append(word)
        at += 1
    return words


@pytest.mark.parametrize(
    ("environment", "windows", "shell"),
    [
        ({}, False, "posix"),
        ({"PROMPT": "$P$G"}, False, "posix"),
        ({"MSYSTEM": "MINGW64", "PROMPT": "$P$G"}, True, "posix"),
        ({"PROMPT": "$P$G"}, True, "cmd"),
        ({}, True, "powershell"),
    ],
)
def test_the_shell_is_told_by_what_it_sets(
    environment: dict[str, str], windows: bool, shell: str
) -> None:
    assert shell_in(environment, windows=windows) == shell


@pytest.mark.parametrize(
    ("line", "shell", "read"),
    [
        ("aws iam x --user-name='a b'", "posix", "aws iam x --user-name='a b'"),
        ("aws iam x --user-name='a b'", "powershell", "aws iam x '--user-name=a b'"),
        ("aws iam x --user-name='a b'", "cmd", 'aws iam x "--user-name=a b"'),
        ('aws iam x "$(aws iam y)"', "cmd", 'aws iam x "$(aws iam y)"'),
    ],
)
def test_a_line_is_quoted_anew_for_another_shell(line: str, shell: Shell, read: str) -> None:
    assert for_shell(line, shell) == read


texts = arbitrary.texts | st.text("`|\\<>&*_[]()!@#:/ -+=~$.0g1h", max_size=20)
# Beside what code hides, GitHub acts on these: mentions, references, addresses, formulas, HTML.
ACTIVE = re.compile(r"[@#<>`*_~$|\\\[\]]|://|www\.|\bgh-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


@given(texts)
def test_code_shows_exactly_the_text(text: str) -> None:
    assert rendered.codes(f"a {code(text)} b") == [clip(printable(text))]
    assert rendered.tags(f"a {code(text)} b") == {"p"}


@given(texts, texts)
def test_code_fills_one_cell_of_a_table(one: str, two: str) -> None:
    page = table(("One", "Two"), [(code(one), code(two))])
    assert rendered.codes(page) == [clip(printable(one)), clip(printable(two))]
    assert rendered.page(page).count("<td>") == 2


@given(texts)
def test_prose_shows_the_words_and_hides_what_is_active(text: str) -> None:
    page = f"a {prose(text)} b"
    shown, given = rendered.visible(page), f"a {clip(printable(text))} b"
    assert shown.replace("`", "").split() == given.replace("`", "").split()
    inside = rendered.outside_code(page)
    assert not ACTIVE.search(inside.replace("<p>", "").replace("</p>", ""))


@given(texts, texts)
def test_prose_fills_one_cell_of_a_table(one: str, two: str) -> None:
    page = rendered.page(table(("One", "Two"), [(prose(one), prose(two))]))
    assert page.count("<td>") == 2


@given(st.lists(texts, min_size=1, max_size=3))
def test_no_line_closes_its_fence(lines: list[str]) -> None:
    block = f"a\n\n{fenced(lines)}\n\nb"
    shown = "".join(f"{printable(line)}\n" for line in lines)
    assert rendered.codes(block) == [shown]
    assert rendered.page(block).endswith("<p>b</p>\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_code_holds_the_start_of_a_comment(text: str) -> None:
    assert "<!--" not in code(text)
    assert "<!--" not in prose(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("src/app.py:3:11", "`src/app.py:3:11`"),
        ("@everyone", "`@everyone`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("a\nb", "<code>a&#92;nb</code>"),
        ("\u202egpj.exe", "<code>&#92;u202egpj&#46;exe</code>"),
        ("", "<code></code>"),
        (" ", "<code> </code>"),
    ],
)
def test_code_is_as_plain_as_it_can_be(text: str, expected: str) -> None:
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IAM calls its credential Inactive", "IAM calls its credential Inactive"),
        ("the key's user, (renamed) since", "the key's user, (renamed) since"),
        ("expired at 2026-11-23 06:00 UTC; 3.2 s", "expired at 2026-11-23 06:00 UTC; 3.2 s"),
        ("user is protected (--protect)", "user is protected (`--protect`)"),
        ("named arn:aws:iam::1:user/x.", "named `arn:aws:iam::1:user/x`."),
        ("ask @team, see #1 and GH-1", "ask `@team`, see `#1` and `GH-1`"),
        ("see https://example.com", "see `https://example.com`"),
        ("commit c0ffee11", "commit `c0ffee11`"),
        ("or set `verify: false`.", "or set `verify: false`."),
        ('("`@team <b>`")', '("<code>&#64;team &#60;b&#62;</code>")'),
        ("`a` `b`", "`a` `b`"),
        ("`a``b c`", "<code>&#96;a&#96;&#96;b</code> <code>c&#96;</code>"),
        ("x`@a b`y", "<code>x&#96;&#64;a</code> <code>b&#96;y</code>"),
        ("a\nb", "<code>a&#92;nb</code>"),
    ],
)
def test_prose_is_as_plain_as_it_can_be(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_long_text_is_cut_and_says_so() -> None:
    assert clip("x" * LONGEST) == "x" * LONGEST
    assert clip("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"


def test_a_fence_is_longer_than_any_run_of_backticks() -> None:
    assert fenced(["a ``` b", "c"]) == "````sh\na ``` b\nc\n````"
