"""Build what PyPI and GitHub will have, from the files that Git tracks, and run it."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import bedrock_key_guard
from release.__main__ import ROOT, tracked
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import REPOSITORY, Host

pytestmark = pytest.mark.long
BIN = Path(sys.executable).parent
BUILD = 'import setuptools.build_meta as backend; backend.build_sdist("dist")'


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder with an sdist, and the wheel that was made from it."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-c", BUILD], cwd=source, check=True, capture_output=True)
    made = source / "dist"
    (sdist,) = made.glob("*.tar.gz")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", *offline, "--wheel-dir")
    subprocess.run([*pip, str(made), str(sdist)], check=True)
    return made


@pytest.fixture(scope="module")
def unpacked(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def test_pypi_takes_both_and_shows_the_readme(dist: Path) -> None:
    subprocess.run([BIN / "twine", "check", "--strict", *dist.iterdir()], check=True)


def test_every_link_on_pypi_leads_somewhere(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    links = re.findall(r"\]\(([^)\s]+)\)", str(metadata.get_payload()))
    start = f"https://github.com/{bedrock_key_guard.REPOSITORY}/blob/v"
    ours = [link for link in links if link.startswith(start)]
    assert len(ours) > 10
    assert [link for link in links if not re.match("https://|#", link)] == []
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", str(metadata.get_payload()))
    assert pictures
    assert [
        each for each in pictures if not each.startswith(start.replace("/blob/", "/raw/"))
    ] == []
    version = bedrock_key_guard.__version__
    paths = [link.removeprefix(f"{start}{version}/").partition("#")[0] for link in ours]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    addresses = dict(each.split(", ") for each in metadata.get_all("Project-URL", []))
    assert addresses["Homepage"] == f"https://github.com/{bedrock_key_guard.REPOSITORY}"


def test_the_sdist_has_all_that_git_tracks(unpacked: Path) -> None:
    assert [name for name in tracked() if not (unpacked / name).is_file()] == []


def test_the_wheel_has_the_package_and_nothing_else(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    version = bedrock_key_guard.__version__
    assert tops == {"bedrock_key_guard", f"bedrock_key_guard-{version}.dist-info"}


def test_the_wheel_runs_where_nothing_else_is_installed(dist: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / BIN.name
    (wheel,) = dist.glob("*.whl")
    pip = (str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-index")
    subprocess.run([*pip, str(wheel)], check=True)
    done = subprocess.run(
        [scripts / "bedrock-key-guard", "explain"],
        input=keysmith.long_term().encode(),
        capture_output=True,
        check=True,
    )
    assert b"long-term API key of account 111122223333" in done.stdout


def test_the_action_runs_from_the_sdist(
    unpacked: Path, tree: Path, tmp_path: Path, github: GitHubServer
) -> None:
    (tree / "app.env").write_text(f"KEY={keysmith.long_term()}\n", encoding="utf-8")
    assert (unpacked / "action.yml").read_bytes() == (ROOT / "action.yml").read_bytes()
    host = Host(tree, tmp_path / "host", github)
    job = host.job(settings={"GITHUB_ACTION_PATH": str(unpacked)}, python=())
    done = job.run(verify="false", report_issue="never", scan="tree")
    assert (done.returncode, job.outputs["result"]) == (1, "findings"), done
    assert github.issues(REPOSITORY) == []
