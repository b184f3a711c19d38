"""The package as users get it: built, compared with the files of the project, installed elsewhere, and used there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow

TRAVEL = """\
workflow travel "Travel expenses" {
  deadline 20d
  team office { people 2 }
  step submit "Hand in" takes 1h
  decision approved "Is it in order?" by office takes 10min {
    yes
    no 10% -> submit rework
  }
  done
}
"""


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run([*command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the wheel in it; its dependencies are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    command = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", folder, wheel)
    done = run(sys.executable, *command, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_the_files_of_the_project_and_nothing_else(wheel: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout to know which files belong to the project")
    listing = run(
        "git", "ls-files", "--cached", "--others", "--exclude-standard", "mpmflow", "grammars", "standards", cwd=ROOT
    ).stdout.splitlines()
    known = {name for name in listing if (ROOT / name).exists()}
    expected = {f"mpmflow/{name}" if name.startswith(("grammars/", "standards/")) else name for name in known}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected
    assert "mpmflow/grammars/mpm.lark" in packed
    assert "mpmflow/standards/example.toml" in packed
    assert "mpmflow/py.typed" in packed


def test_the_wheel_names_its_licence_and_its_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        extra = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(extra["METADATA"]).decode()
        programs = archive.read(extra["entry_points.txt"]).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "LICENSE" in extra
    assert "mpmflow = mpmflow.cli:main" in programs


def test_it_is_the_installed_package_that_is_used(installed: Path, tmp_path: Path) -> None:
    done = run(sys.executable, "-c", "import mpmflow; print(mpmflow.__file__)", cwd=tmp_path, path=installed)
    assert Path(done.stdout.strip()).is_relative_to(installed), done.stderr


def test_the_installed_program_checks_a_file(installed: Path, tmp_path: Path) -> None:
    """Needs the grammar, which lies elsewhere in a checkout."""
    (tmp_path / "travel.mpm").write_text(TRAVEL, encoding="utf-8")
    done = run(sys.executable, "-m", "mpmflow", "check", "--json", "travel.mpm", cwd=tmp_path, path=installed)
    assert done.returncode in (0, 1), done.stderr
    assert '"mpmflow/check/1"' in done.stdout


def test_the_installed_library_analyzes_a_file(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "travel.mpm").write_text(TRAVEL, encoding="utf-8")
    program = "import mpmflow as mpm; print(mpm.analyze(mpm.load('travel.mpm')).workflows['travel'].visits)"
    done = run(sys.executable, "-c", program, cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    assert "1.11" in done.stdout
