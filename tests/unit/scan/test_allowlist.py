from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.keys.key import Key
from bedrock_key_guard.model.findings import GapKind, NotScanned
from bedrock_key_guard.model.origins import Blob, Index, Root, WorkTree
from bedrock_key_guard.scan import allowlist
from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.allowlist import (
    AllowList,
    allow_list,
    read_allow_list,
    read_baseline,
    remarks,
)
from bedrock_key_guard.scan.containers.decoded import matches
from tests.keysmith import fingerprint_of, long_term

TEXT = long_term("bob")
FINGERPRINT = fingerprint_of(TEXT)
SHA_1 = hashlib.sha1(TEXT.encode()).hexdigest()  # noqa: S324  # as detect-secrets has it
TODAY, YESTERDAY = date(2026, 11, 2), date(2026, 11, 1)


@pytest.fixture
def key() -> Key:
    (match,) = matches(TEXT.encode())
    return match.key


@pytest.mark.parametrize(
    ("allow", "reason"),
    [
        (AllowList(), None),
        (AllowList(keys=(AllowedKey(FINGERPRINT),)), "allow-list"),
        (AllowList(keys=(AllowedKey("0" * 12), AllowedKey(FINGERPRINT[:12]))), "allow-list"),
        (AllowList(keys=(AllowedKey("0" * 64),)), None),
        (AllowList(keys=(AllowedKey(FINGERPRINT, "docs/*"),)), "allow-list"),
        (AllowList(keys=(AllowedKey(FINGERPRINT, "src/*"),)), None),
        (AllowList(keys=(AllowedKey(FINGERPRINT, until=TODAY),), today=TODAY), "allow-list"),
        (AllowList(keys=(AllowedKey(FINGERPRINT, until=YESTERDAY),), today=TODAY), None),
        (AllowList(exclude=("*.lock", "docs/*")), "excluded path"),
        (AllowList(exclude=("*.md",)), None),
        (AllowList(baseline=frozenset({("docs/a.lock", SHA_1)})), "baseline"),
        (AllowList(baseline=frozenset({("docs/b.lock", SHA_1)})), None),
        (AllowList(baseline=frozenset({("docs/a.lock", "0" * 40)})), None),
    ],
)
def test_what_people_agreed_on_allows(key: Key, allow: AllowList, reason: str | None) -> None:
    assert allow.reason("docs/a.lock", key) == reason


@pytest.mark.parametrize("path", ["Caf\u00e9/a.lock", "caf\u00e9/a.lock", "cafe\u0301/a.lock"])
@pytest.mark.parametrize("ignored", [True, False], ids=["any case", "as it is"])
def test_a_path_is_allowed_in_every_spelling_that_means_it(
    key: Key, path: str, ignored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowlist, "ignores_case", lambda _: ignored)
    baseline, listed = tmp_path / "baseline", tmp_path / "listed"
    results = {"cafe\u0301\\a.lock": [{"hashed_secret": SHA_1}]}
    baseline.write_text(json.dumps({"results": results}), encoding="utf-8-sig")
    listed.write_text(f"fingerprint {FINGERPRINT} path=caf\u00e9/*\n", encoding="utf-8-sig")
    ways = ((listed, None, ()), (None, baseline, ()), (None, None, ("cafe\u0301\\*",)))
    reasons = [allow_list(*way).reason(path, key) for way in ways]
    alike = ignored or path.startswith("c")
    assert reasons == (["allow-list", "baseline", "excluded path"] if alike else [None] * 3)


def test_an_allow_list_holds_fingerprints_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "allowed"
    text = f"# examples\n\nfingerprint {FINGERPRINT}  # docs\n  fingerprint\t{FINGERPRINT[:12]}\n"
    file.write_text(text)
    assert read_allow_list(file) == AllowList(
        keys=(AllowedKey(FINGERPRINT), AllowedKey(FINGERPRINT[:12]))
    )


@pytest.mark.parametrize("object_id", ["1" * 40, "a" * 64])
def test_an_allow_list_holds_objects_that_are_known_to_be_missing(
    tmp_path: Path, object_id: str
) -> None:
    file = tmp_path / "allowed"
    file.write_text(f"missing {object_id}  # lost in the fire\nfingerprint {FINGERPRINT}\n")
    allow = read_allow_list(file)
    assert allow == AllowList(keys=(AllowedKey(FINGERPRINT),), missing=frozenset({object_id}))
    gap = NotScanned(object_id, "missing", "it is not here")
    accepted = allow.accepted(gap, Blob(object_id))
    assert accepted.reason == "accepted by the allow-list (listed): it is not here"
    assert accepted.accepted
    inside = NotScanned(f"{object_id} > zip:a", "missing", "it is too large")
    assert allow.accepted(inside, Blob(object_id)) == inside
    assert allow.accepted(gap, Blob("2" * 40)) == gap


@pytest.mark.parametrize(
    ("kind", "root", "is_accepted"),
    [
        ("unopened", WorkTree("vendor/a.7z"), True),
        ("elsewhere", Index("vendor/a.bin", "1" * 40), True),
        ("unopened", Blob("1" * 40, "vendor/a.7z"), True),
        ("missing", WorkTree("vendor/a.7z"), False),
        ("unopened", WorkTree("src/a.7z"), False),
        ("unopened", Blob("1" * 40), False),
        ("unopened", Blob("2" * 40), True),
        ("elsewhere", Index("src/a.bin", "2" * 40), True),
        ("missing", Blob("2" * 40), False),
    ],
)
def test_a_pattern_or_an_id_accepts_what_is_elsewhere_or_unopened_and_no_limit(
    tmp_path: Path, kind: GapKind, root: Root, is_accepted: bool
) -> None:
    file = tmp_path / "allowed"
    same = "the vendor packs them so"
    file.write_text(f"unread vendor/* {same}  # since 2026\nunread {'2' * 40} {same}\n")
    allow = read_allow_list(file)
    gap = NotScanned(root.name, kind, "it cannot be opened")
    assert allow.accepted(gap, root).accepted is is_accepted
    assert allow.accepted(gap, root).counts is not is_accepted
    if is_accepted:
        assert "(the vendor packs them so)" in allow.accepted(gap, root).reason


def test_all_that_is_allowed_is_read_together(tmp_path: Path) -> None:
    listed, baseline = tmp_path / "allowed", tmp_path / "baseline"
    listed.write_text(f"missing {'1' * 40}\n")
    baseline.write_text('{"results": {"a": [{"hashed_secret": "1"}]}}')
    assert allow_list(listed, baseline, ["*.md"]) == AllowList(
        baseline=frozenset({("a", "1")}), exclude=("*.md",), missing=frozenset({"1" * 40})
    )
    assert allow_list(None, None, []) == AllowList()


@pytest.mark.parametrize("pattern", ["docs/*", "./docs/*", "docs\\*", ".\\docs\\*"])
def test_a_path_is_spelled_as_people_like(tmp_path: Path, key: Key, pattern: str) -> None:
    assert allow_list(None, None, [pattern]).reason("docs/a.lock", key) == "excluded path"
    listed, baseline = tmp_path / "allowed", tmp_path / "baseline"
    listed.write_text(f"unread {pattern} the vendor packs it so\n")
    gap, place = NotScanned("docs/a.7z", "unopened", "it cannot be opened"), WorkTree("docs/a.7z")
    assert read_allow_list(listed).accepted(gap, place).accepted
    name = pattern.replace("*", "a.lock").replace("\\", "\\\\")
    baseline.write_text(f'{{"results": {{"{name}": [{{"hashed_secret": "{SHA_1}"}}]}}}}')
    assert allow_list(None, baseline, []).reason("docs/a.lock", key) == "baseline"


@pytest.mark.parametrize(
    "line",
    [
        "fingerprint 0123",
        "fingerprint " + "0" * 65,
        "fingerprint " + "G" * 12,
        f"{FINGERPRINT}",
        f"fingerprint {FINGERPRINT} {FINGERPRINT}",
        "missing 0123456789ab",
        "missing " + "1" * 41,
        "missing " + "G" * 40,
        "missing",
        "unread vendor/*",
        "unread * all of it",
        "unread ** all of it",
        "unread **/* all of it",
        TEXT,
    ],
)
def test_a_broken_allow_list_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "allowed"
    file.write_text(f"# fine\n{line}\n")
    with pytest.raises(UsageError, match="line 2 is not") as caught:
        read_allow_list(file)
    assert TEXT[:16] not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("read", [read_allow_list, read_baseline])
@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, read: object, kind: str) -> None:
    file = tmp_path / kind
    if kind == "folder":
        file.mkdir()
    elif kind == "binary":
        file.write_bytes(b"\xff\xfe\0")
    with pytest.raises(UsageError, match="cannot be used"):
        read(file)  # type: ignore[operator]


def test_a_baseline_is_read_as_names_and_hashes(tmp_path: Path) -> None:
    file = tmp_path / "baseline"
    file.write_text('{"results": {"a": [{"hashed_secret": "1"}, {"hashed_secret": "2"}], "b": []}}')
    assert read_baseline(file) == {("a", "1"), ("a", "2")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "3",
        '{"results": []}',
        '{"results": {"a": [{}]}}',
        '{"results": 1}',
        "[" * 99_999,
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "baseline"
    file.write_text(text)
    with pytest.raises(UsageError, match="not a detect-secrets baseline"):
        read_baseline(file)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((), ()),
        ((AllowedKey("a" * 12, "docs/*"),), ()),
        (
            (AllowedKey("a" * 12, "src/*"), AllowedKey("b" * 12)),
            (f"match nothing that was read: {'a' * 12} at src/*, {'b' * 12}.",),
        ),
        ((AllowedKey("a" * 12, until=YESTERDAY),), (f"have expired: {'a' * 12}.",)),
        (
            tuple(AllowedKey(f"{n:012}") for n in range(12)),
            ("match nothing that was read: 000000000000, 000000000001,",),
        ),
    ],
)
def test_entries_that_are_over_or_about_nothing_are_named(
    entries: tuple[AllowedKey, ...], said: tuple[str, ...]
) -> None:
    allow = AllowList(keys=entries, today=TODAY)
    told = remarks(allow, [("a" * 64, "docs/x.md"), ("c" * 64, "src/x.py")])
    assert len(told) == len(said)
    for sentence, words in zip(told, said, strict=True):
        assert f"Entries of the allow-list that {words}" in sentence
