from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.text.shell_words import Shell, command_line, for_shell, shell_in


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
