from __future__ import annotations

import json
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.matching.matcher import Match
from tests.hiding.encodings import WORDS, words
from tests.hiding.hidden import BOTH, hide, key_of, text
from tests.keysmith import fingerprint_of


def exact(data: bytes) -> list[Match]:
    return [match for match in matches(data) if match.confidence == "exact"]


@given(
    st.sampled_from("BQ"),
    st.integers(30, 60),
    st.sampled_from([" ", "\n ", "\r\n\t"]),
    st.sampled_from(BOTH),
    st.text("abc =?_\n", max_size=20),
)
def test_a_key_is_found_over_encoded_words_where_it_begins(
    kind: str, size: int, fold: str, family: str, before: str
) -> None:
    key = key_of("a header", family)
    # What shows that there is a key is its prefix, which stands in one word here.
    padded = before + " " * (size - len(before) % size)
    hidden = hide(key, text(padded, ""), words(kind, size, fold), text("Subject: "))
    (match,) = exact(hidden.data)
    assert match.key.fingerprint == fingerprint_of(key)
    assert (match.offset, match.encodings) == (hidden.at, hidden.encodings)


@given(st.sampled_from(sorted(WORDS)), st.sampled_from(BOTH), st.data())
def test_no_cut_of_a_key_is_whole_in_encoded_words(
    name: str, family: str, data: st.DataObject
) -> None:
    key = key_of("a header", family)
    end = data.draw(st.integers(20, len(key) - 8))
    assert exact(hide(key[:end], text("key ", ""), WORDS[name]).data) == []


@pytest.mark.parametrize("family", BOTH)
@pytest.mark.parametrize("part", ["subject", "text", "markup", "attachment", "header"])
@pytest.mark.parametrize("transfer", ["quoted-printable", "base64"])
def test_a_key_is_found_in_every_part_of_a_mail(part: str, transfer: str, family: str) -> None:
    key = key_of("a mail", family)
    mail = EmailMessage()
    mail["Subject"] = f"clé {key}" if part == "subject" else "clé"
    mail["X-Token"] = key if part == "header" else "none"
    mail.set_content(f"clé {key}\n" if part == "text" else "clé\n", cte=transfer)
    page = f"<p>clé <b>{key if part == 'markup' else ''}</b></p>"
    mail.add_alternative(page, subtype="html", cte=transfer)
    attached = f"TOKEN={key if part == 'attachment' else ''}\n".encode()
    mail.add_attachment(attached, maintype="application", subtype="octet-stream", filename="a")
    assert {each.key.fingerprint for each in exact(mail.as_bytes())} == {fingerprint_of(key)}


NESTED: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "JSON": (lambda key: key, lambda inner: json.dumps({"a": inner})),
    "entities": (lambda key: "".join(f"&#{ord(each)};" for each in key), escape),
    "quoted entities": (lambda key: f"&quot;{key}&quot;", escape),
    "percent": (lambda key: "".join(f"%{ord(each):02x}" for each in key), quote),
}


@pytest.mark.parametrize("family", BOTH)
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("name", NESTED)
def test_a_key_is_found_in_what_is_written_in_itself(name: str, times: int, family: str) -> None:
    key = key_of("nested", family)
    write, again = NESTED[name]
    written = write(key)
    for _ in range(times - 1):
        written = again(written)
    (match,) = exact(written.encode())
    assert match.key.fingerprint == fingerprint_of(key)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", [1, 2, 7])
@pytest.mark.parametrize("family", BOTH)
def test_a_key_is_found_in_what_windows_exports_of_its_registry(
    family: str, kind: int, codec: str
) -> None:
    key = key_of("a registry", family)
    data = f"{key}\0\0".encode("utf-16-le")
    rows = [data[at : at + 25].hex(",") for at in range(0, len(data), 25)]
    head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Environment]\r\n"
    text = f'{head}"k"=hex({kind}):' + ",\\\r\n  ".join(rows) + "\r\n"
    (match,) = exact(text.encode(codec))
    assert match.key.fingerprint == fingerprint_of(key)
