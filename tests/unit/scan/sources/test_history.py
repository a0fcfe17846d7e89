from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import IN_LFS, read
from bedrock_key_guard.scan.sources.commit_range import commit_range
from bedrock_key_guard.scan.sources.history import history
from bedrock_key_guard.scan.sources.submodules import NOT_HERE
from tests import keysmith, records
from tests.unit.scan.repositories import Repo, lfs_pointer, new_repo

pytestmark = pytest.mark.slow  # each test starts Git or workers, and more than once

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.model.findings import Scan

NOTHING = AllowList()


def key(name: str) -> str:
    return keysmith.long_term(f"user-{name}")


def found(scan: Scan) -> dict[str, tuple[str, str, int, int]]:
    """Return source, path, line and column by the name in each key."""
    return {
        each.key.alias.partition("-at-")[0].removeprefix("user-"): (  # type: ignore[union-attr]
            each.location.source,
            each.location.path,
            each.location.line,
            each.location.column,
        )
        for each in scan.findings
    }


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "repo")


def hide_keys_everywhere(repo: Repo) -> dict[str, tuple[str, str, int, int]]:
    """Put a key in every place of a history, and say where a scan has to find it."""
    repo.commit("first", a__txt="x")
    repo.commit("add", removed__env=f"\n\nK={key('removed')}\n")
    (repo.path / "removed.env").unlink()
    repo.commit("remove")
    repo.commit("attributes", __gitattributes="*.nd -diff\n", x__nd=f"K={key('nodiff')}")
    repo.commit("binary", b__bin=b"\0\xff" + key("binary").encode() + b"\0")
    repo.commit(f"oops {key('message')}")
    repo.git("tag", "--annotate", "v1", "--message", f"tag {key('tag')}")
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~3")
    repo.commit("side", s__txt="s")
    repo.git("merge", "--quiet", "--message", "merge", "main")
    repo.write("evil.txt", key("evil"))
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--amend", "--message", "merge")
    repo.git("notes", "add", "--message", f"note {key('note')}")
    merge = repo.git("rev-parse", "HEAD")
    repo.write("a.txt", f"k={key('stash')}")
    repo.git("stash", "--quiet")
    repo.git("hash-object", "-w", "--stdin", input=key("dangling"))
    repo.git("checkout", "--quiet", "main")
    repo.commit("tip", tip__txt=f"t {key('tip')}")
    repo.commit(f"amended {key('amended')}")
    repo.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "better")
    return {
        "removed": ("blob", "removed.env", 3, 3),
        "nodiff": ("blob", "x.nd", 1, 3),
        "binary": ("blob", "b.bin", 1, 3),
        "message": ("commit-message", "", 6, 6),
        "tag": ("tag-message", "", 6, 5),
        "evil": ("blob", "evil.txt", 1, 1),
        "note": ("note", merge, 1, 6),
        "stash": ("blob", "a.txt", 1, 3),
        "dangling": ("unreachable", "", 1, 1),
        "tip": ("blob", "tip.txt", 1, 3),
        "amended": ("unreachable", "", 6, 9),
    }


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_every_place_of_a_history_is_read(repo: Repo, deep: bool, packed: bool) -> None:
    expected = hide_keys_everywhere(repo)
    if packed:
        repo.git("repack", "-adqk")
    scan = read(history(repo.path, deep=deep), NOTHING)
    assert found(scan) == expected
    assert (scan.complete, scan.scanned.sources) == (True, ("history",))


def test_without_deep_a_stream_counts_where_a_blob_begins_with_one(repo: Repo) -> None:
    files: dict[str, str | bytes] = {
        # A history that is smaller is read whole.
        "large__txt": "no key\n" * 500_000,
        "chunks__orc": records.orc(_lines("chunks")),
        "blocks__avro": records.avro(_lines("blocks")),
        "inside__h5": b"\x89HDF\r\n\x1a\n\0" + zlib.compress(_lines("inside")),
    }
    repo.commit("add", **files)
    quick, deep = (found(read(history(repo.path, deep=each), NOTHING)) for each in (False, True))
    assert set(quick) == {"chunks", "blocks"}
    assert set(deep) == {"chunks", "blocks", "inside"}


def _lines(name: str) -> bytes:
    """Return a text in which no compression leaves a key as it is."""
    return f"K={key(name)}\nL={key(name)}\n".encode() * 3


def test_two_scans_give_the_same_findings_in_the_same_order(repo: Repo) -> None:
    hide_keys_everywhere(repo)
    assert read(history(repo.path), NOTHING) == read(history(repo.path), NOTHING)


def test_a_key_is_traced_to_the_first_commit_and_whether_a_tip_still_has_it(repo: Repo) -> None:
    text = f"k={key('a')}\n"
    first = repo.commit("first", a__txt=text, gone__txt=f"{key('gone')}\n")
    (repo.path / "gone.txt").unlink()
    second = repo.commit("copied", copy__txt=text)
    places = {
        each.location.path: (each.location.commit, each.location.at_tip)
        for each in read(history(repo.path), NOTHING).findings
    }
    assert places == {
        "a.txt": (first, True),
        "copy.txt": (second, True),
        "gone.txt": (first, False),
    }


def test_a_tip_is_known_to_have_a_path_with_a_line_break_in_it(repo: Repo) -> None:
    (repo.path / "a\nb.txt").write_text(key("a"), encoding="utf-8")
    (repo.path / "gone\n.txt").write_text(key("gone"), encoding="utf-8")
    repo.commit("first", plain__txt=key("b"))
    (repo.path / "gone\n.txt").unlink()
    repo.commit("second", other__txt="")
    at_tip = {
        f.location.path: f.location.at_tip for f in read(history(repo.path), NOTHING).findings
    }
    assert at_tip == {"a\nb.txt": True, "gone\n.txt": False, "plain.txt": True}


def test_an_excluded_path_is_allowed_wherever_it_stands_in_history(repo: Repo) -> None:
    repo.commit("first", a__txt=key("a"))
    (finding,) = read(history(repo.path), AllowList(exclude=("a.*",))).findings
    assert finding.allowed == "excluded path"


@pytest.mark.parametrize("kind", ["bare", "worktree", "alternates", "sha256", "subfolder"])
def test_every_kind_of_repository_is_read(tmp_path: Path, kind: str) -> None:
    options = ("--object-format=sha256",) if kind == "sha256" else ()
    repo = new_repo(tmp_path / "repo", *options)
    repo.commit("first", a__txt=key("a"), folder__x="x")
    here = repo.path
    if kind == "bare":
        here = tmp_path / "bare.git"
        repo.git("clone", "--quiet", "--bare", str(repo.path), str(here))
    elif kind == "worktree":
        here = tmp_path / "tree"
        repo.git("worktree", "add", "--quiet", "--detach", str(here))
        Repo(here).commit("detached", b__txt=key("b"))
    elif kind == "alternates":
        here = tmp_path / "shared"
        repo.git("clone", "--quiet", "--shared", str(repo.path), str(here))
    elif kind == "subfolder":
        here = repo.path / "sub"
        here.mkdir()
    names = {"a", "b"} if kind == "worktree" else {"a"}
    scan = read(history(here), NOTHING)
    assert set(found(scan)) == names
    assert {each.location.source for each in scan.findings} == {"blob"}


def test_a_shallow_clone_is_incomplete_and_says_what_to_do(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", a__txt=key("a"))
    repo.commit("second", a__txt="clean")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone))
    scan = read(history(clone), NOTHING)
    assert not scan.complete
    assert "fetch-depth: 0" in scan.not_scanned[0].reason


def test_a_partial_clone_is_incomplete_and_fetches_nothing(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("first", a__txt=key("a"))
    repo.commit("second", a__txt="clean")
    clone, source = tmp_path / "clone", f"file://{repo.path}"
    repo.git("clone", "--quiet", "--filter=blob:none", source, str(clone))
    before = Repo(clone).git("count-objects", "-v")
    scan = read(history(clone), NOTHING)
    assert [each.kind for each in scan.not_scanned] == ["missing"]
    assert "fetch-depth: 0" in scan.not_scanned[0].reason
    assert Repo(clone).git("count-objects", "-v") == before


def loose_file(repo: Repo, object_id: str) -> Path:
    return repo.path / ".git" / "objects" / object_id[:2] / object_id[2:]


def test_a_missing_blob_is_named_and_the_rest_is_read(repo: Repo) -> None:
    repo.commit("first", a__txt="lost", b__txt=key("b"))
    lost = repo.git("rev-parse", "HEAD:a.txt")
    loose_file(repo, lost).unlink()
    scan = read(history(repo.path), NOTHING)
    assert set(found(scan)) == {"b"}
    assert [(each.what, each.kind) for each in scan.not_scanned] == [(lost, "missing")]


@pytest.mark.parametrize("what", ["HEAD~1^{tree}", "HEAD~1", "HEAD", "HEAD^{tree}"])
def test_without_a_tree_or_a_commit_the_keys_are_found_all_the_same(repo: Repo, what: str) -> None:
    repo.commit("first", a__txt=key("a"))
    repo.commit("second", b__txt=key("b"))
    repo.commit("third", c__txt=key("c"))
    loose_file(repo, repo.git("rev-parse", what)).unlink()
    scan = read(history(repo.path), NOTHING)
    assert set(found(scan)) == {"a", "b", "c"}
    assert not scan.complete
    assert all("fetch-depth: 0" in each.reason for each in scan.not_scanned)


def test_a_corrupt_blob_is_named_and_the_rest_is_read(repo: Repo) -> None:
    repo.commit("first", a__txt="spoilt\n" * 99, b__txt=key("b"), c__txt=key("c"))
    spoilt = repo.git("rev-parse", "HEAD:a.txt")
    file = loose_file(repo, spoilt)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-8] + b"\0" * 8)
    scan = read(history(repo.path), NOTHING)
    assert set(found(scan)) == {"b", "c"}
    assert spoilt in {each.what for each in scan.not_scanned}
    assert not scan.complete


def test_a_loss_that_is_known_is_listed_and_leaves_the_scan_complete(repo: Repo) -> None:
    repo.commit("first", a__txt="lost", b__txt="spoilt\n" * 99)
    lost, spoilt = (repo.git("rev-parse", f"HEAD:{name}.txt") for name in "ab")
    loose_file(repo, lost).unlink()
    loose_file(repo, spoilt).chmod(0o644)
    loose_file(repo, spoilt).write_bytes(b"garbage")
    for known in (frozenset({lost, spoilt}), frozenset({lost})):
        for scan in (
            read(history(repo.path), AllowList(missing=known)),
            read(commit_range(repo.path, ("HEAD",)), AllowList(missing=known)),
        ):
            accepted = {each.what for each in scan.not_scanned if each.accepted}
            assert accepted == known
            assert scan.complete is (spoilt in known)


def test_an_empty_repository_is_clean(repo: Repo) -> None:
    scan = read(history(repo.path), NOTHING)
    assert (scan.findings, scan.complete, scan.scanned.objects) == ((), True, 0)


def test_outside_a_repository_there_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no history"):
        read(history(tmp_path), NOTHING)
    with pytest.raises(UsageError, match="no commits"):
        read(commit_range(tmp_path, ("HEAD",)), NOTHING)


def test_references_that_cannot_be_read_are_no_reason_to_call_a_history_complete(
    repo: Repo,
) -> None:
    repo.commit("first", a__txt=f"k={key('a')}\n")
    (repo.path / ".git" / "reftable").mkdir()
    with pytest.raises(UsageError, match="kept as a reftable"):
        read(history(repo.path), NOTHING)


def test_a_range_is_what_its_commits_added(repo: Repo) -> None:
    repo.commit("before", old__txt=key("old"))
    repo.git("tag", "start")
    repo.commit("gone again", leak__txt=f"\n{key('leak')}")
    (repo.path / "leak.txt").unlink()
    repo.commit(f"message {key('message')}")
    scan = read(commit_range(repo.path, ("start..HEAD",)), NOTHING)
    assert found(scan) == {
        "leak": ("blob", "leak.txt", 2, 1),
        "message": ("commit-message", "", 6, 9),
    }
    assert scan.scanned.range == "start..HEAD (2 commits)"


def test_a_merge_adds_to_a_range_only_what_no_parent_has(repo: Repo) -> None:
    repo.commit("base", a__txt="x")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", s__txt="s")
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", m__txt=key("mains"))
    repo.git("checkout", "--quiet", "side")
    repo.git("merge", "--quiet", "--message", "merge", "main")
    repo.write("evil.txt", key("evil"))
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--amend", "--message", "merge")
    assert set(found(read(commit_range(repo.path, ("main..side",)), NOTHING))) == {"evil"}


@pytest.mark.parametrize("revisions", ["HEAD~1..HEAD", "HEAD", "main~3..main"])
def test_a_range_that_a_shallow_clone_has_not_got_is_missing(
    repo: Repo, tmp_path: Path, revisions: str
) -> None:
    for number in range(4):
        repo.commit("change", a__txt=f"{number} {key('a')}")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone))
    scan = read(commit_range(clone, (revisions,)), NOTHING)
    (missed,) = scan.not_scanned
    assert (missed.what, missed.kind) == (revisions, "missing")
    assert "fetch-depth: 0" in missed.reason


def test_a_range_within_a_shallow_clone_is_complete(repo: Repo, tmp_path: Path) -> None:
    for number in range(4):
        repo.commit("change", a__txt=f"{number} {key(str(number))}")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth=3", f"file://{repo.path}", str(clone))
    scan = read(commit_range(clone, ("HEAD~1..HEAD",)), NOTHING)
    assert (set(found(scan)), scan.complete) == ({"3"}, True)


@pytest.mark.parametrize("what", ["blob:none", "tree:0"])
def test_a_range_of_a_partial_clone_names_what_is_missing(
    repo: Repo, tmp_path: Path, what: str
) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit("first", a__txt=key("a"))
    repo.commit("second", a__txt="clean")
    clone, source = tmp_path / "clone", f"file://{repo.path}"
    repo.git("clone", "--quiet", "--no-checkout", f"--filter={what}", source, str(clone))
    scan = read(commit_range(clone, ("HEAD",)), NOTHING)
    assert not scan.complete
    assert all("fetch-depth: 0" in each.reason for each in scan.not_scanned)


def test_a_range_that_ends_with_a_tag_has_its_message_too(repo: Repo) -> None:
    repo.commit("first", a__txt="x")
    repo.git("tag", "--annotate", "v1", "--message", f"tag {key('tag')}")
    repo.git("tag", "--annotate", "v2", "v1", "--message", f"tag {key('outer')}")
    assert set(found(read(commit_range(repo.path, ("HEAD..v2",)), NOTHING))) == {"tag", "outer"}
    assert set(found(read(commit_range(repo.path, ("v1",)), NOTHING))) == {"tag"}
    assert set(found(read(commit_range(repo.path, ("v2..HEAD",)), NOTHING))) == set()


def test_a_submodule_is_no_missing_object_but_elsewhere(repo: Repo) -> None:
    repo.commit("base", a__txt="x")
    entry = f"160000,{repo.git('rev-parse', 'HEAD')[::-1]},sub"
    repo.git("update-index", "--add", "--cacheinfo", entry)
    repo.git("commit", "--quiet", "--message", "submodule")
    gone = (NotScanned("sub", "elsewhere", NOT_HERE),)
    assert read(commit_range(repo.path, ("HEAD",)), NOTHING).not_scanned == gone
    assert read(history(repo.path), NOTHING).not_scanned == gone


@pytest.mark.parametrize("source", [history, lambda path: commit_range(path, ("HEAD",))])
def test_a_pointer_in_the_past_is_read_where_its_object_is_and_else_named(
    repo: Repo, source: Any
) -> None:
    pointer, path = lfs_pointer(repo.path, key("lfs"))
    repo.commit("pointer", data__csv=pointer)
    repo.commit("gone", data__csv="x")
    assert set(found(read(source(repo.path), NOTHING))) == {"lfs"}
    path.unlink()
    done = read(source(repo.path), NOTHING)
    assert [(each.kind, each.reason) for each in done.not_scanned] == [("elsewhere", IN_LFS)]
    assert not done.complete


def test_names_of_files_folders_and_references_are_read(repo: Repo) -> None:
    names = [key(each).rstrip("=") for each in ("file", "folder", "gone", "branch", "tag")]
    (repo.path / names[1]).mkdir(exist_ok=True)
    for name in (names[0], f"{names[1]}/a", names[2]):
        (repo.path / name).write_text(name[-6:])
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "names")
    repo.git("rm", "--quiet", names[2])
    repo.git("commit", "--quiet", "--message", "gone")
    repo.git("branch", names[3])
    repo.git("tag", names[4])
    done = read(history(repo.path), NOTHING)
    assert {each.location.source for each in done.findings} == {"name"}
    assert set(found(done)) == {"file", "folder", "gone", "branch", "tag"}
    assert set(found(read(commit_range(repo.path, ("HEAD",)), NOTHING))) == {
        "file",
        "folder",
        "gone",
    }


def test_what_is_new_since_given_revisions_is_read_alone(repo: Repo) -> None:
    repo.commit("first", a__txt=key("old"))
    repo.git("tag", "--annotate", "v1", "--message", f"tag {key('told')}")
    old = repo.git("for-each-ref", "--format=%(objectname)").split()
    repo.commit("on main", b__txt=key("main"))
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repo.commit("on a branch", c__txt=key("side"))
    repo.git("tag", "--annotate", "v2", "--message", f"tag {key('tag')}")
    repo.git("checkout", "--quiet", "--detach")
    repo.commit("checked out, on no branch", d__txt=key("detached"))
    new = {"main", "side", "tag", "detached"}
    assert set(found(read(commit_range(repo.path, ("--all", "--not", *old)), NOTHING))) == new
    assert (
        set(found(read(commit_range(repo.path, ("--all", *(f"^{each}" for each in old))), NOTHING)))
        == new
    )
    assert set(found(read(commit_range(repo.path, ("--branches", "--not", *old)), NOTHING))) == {
        "main",
        "side",
    }
    assert set(found(read(commit_range(repo.path, ("main", "side", "^v1")), NOTHING))) == {
        "main",
        "side",
    }
    assert set(found(read(commit_range(repo.path, ("side", "--not", "--tags")), NOTHING))) == set()
    scan = read(commit_range(repo.path, ("--all", "--not", "--all")), NOTHING)
    assert (scan.scanned.objects, scan.complete) == (0, True)
    assert scan.scanned.range == "--all --not --all (0 commits)"


def test_a_note_that_is_new_since_given_revisions_is_read(repo: Repo) -> None:
    old = repo.commit("first", a__txt="x")
    repo.git("notes", "add", "--message", f"note {key('note')}")
    assert set(found(read(commit_range(repo.path, ("--all", "--not", old)), NOTHING))) == {"note"}


def test_a_range_that_git_does_not_know_is_a_usage_error(repo: Repo) -> None:
    repo.commit("base", a__txt="x")
    for revisions in (("nowhere..HEAD",), ("HEAD", "nowhere"), ("--all", "--not", "nowhere")):
        with pytest.raises(UsageError, match="There are no such commits here"):
            read(commit_range(repo.path, revisions), NOTHING)


@pytest.mark.parametrize(
    "option", ["--output=x", "--glob=*", "-n1", "--stdin", "--", "--all=x", ""]
)
def test_no_other_option_of_git_is_a_revision(repo: Repo, option: str) -> None:
    repo.commit("base", a__txt="x")
    for revisions in ((option,), ("HEAD", option), (option, "HEAD")):
        with pytest.raises(UsageError, match=r"not a revision|no revision"):
            read(commit_range(repo.path, revisions), NOTHING)
    assert not (repo.path / "x").exists()


def test_a_commit_with_an_impossible_date_is_read(repo: Repo) -> None:
    tree = repo.git("write-tree")
    who = "a <a@example.com>"
    text = (
        f"tree {tree}\nauthor {who} 99999999999999 +0000\ncommitter {who} 1 +0000\n\n{key('a')}\n"
    )
    commit = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=text)
    repo.git("update-ref", "refs/heads/odd", commit)
    (finding,) = read(history(repo.path), NOTHING).findings
    assert (finding.location.source, finding.location.author_time) == ("commit-message", None)


def test_whoever_wrote_and_committed_a_key_or_signed_its_tag_is_named(repo: Repo) -> None:
    people = ("user.name=Ann", "user.email=ann@example.com")
    ann = [word for each in people for word in ("-c", each)]
    repo.write("a.txt", key("file"))
    repo.git("add", "--all")
    repo.git(*ann, "commit", "-m", key("message"), "--author", "Bob Ćao <bob@example.com>")
    repo.git(*ann, "tag", "-a", "v1", "-m", key("tag"))
    named = {
        each.location.source: (each.location.author, each.location.committer)
        for each in read(history(repo.path), NOTHING).findings
    }
    bob, her = "Bob Ćao <bob@example.com>", "Ann <ann@example.com>"
    assert named == {"blob": (bob, her), "commit-message": (bob, her), "tag-message": (her, None)}


def test_a_name_of_any_bytes_is_text_and_bounded(repo: Repo) -> None:
    repo.write("a.txt", key("file"))
    repo.git("add", "--all")
    who = f"{'x' * 5000}\u2028\x01\x1b[2J <a@example.com>"
    text = f"tree {repo.git('write-tree')}\nauthor {who} 1 +0000\ncommitter {who} 1 +0000\n\nm\n"
    commit = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=text)
    repo.git("update-ref", "refs/heads/odd", commit)
    (place,) = [each.location for each in read(history(repo.path), NOTHING).findings]
    assert place.commit == commit
    assert place.author == "x" * 200


def test_hostile_configuration_runs_nothing(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", a__txt=key("a"), __gitattributes="* filter=x diff=x\n")
    marker = tmp_path / "ran"
    for setting in ("core.fsmonitor", "filter.x.smudge", "diff.x.textconv", "diff.external"):
        repo.git("config", setting, f"touch {marker}")
    repo.git("config", "gpg.program", f"touch {marker}")
    repo.git("config", "log.showSignature", "true")
    assert set(found(read(history(repo.path), NOTHING))) == {"a"}
    assert set(found(read(commit_range(repo.path, ("HEAD",)), NOTHING))) == {"a"}
    assert not marker.exists()


@pytest.mark.parametrize("name", ["nowhere", "sub/nowhere"])
def test_a_folder_that_is_not_there_is_a_usage_error(repo: Repo, name: str) -> None:
    repo.commit("first", a__txt=key("a"))
    with pytest.raises(UsageError, match="not there"):
        read(history(repo.path / name), NOTHING)
    with pytest.raises(UsageError, match="not there"):
        read(commit_range(repo.path / name, ("HEAD",)), NOTHING)
