"""The `test` blocks of `.mpm` files as pytest's own tests: one item a test, or a row of examples.

Collected are `.mpm` files under the folders that pytest is given, as far as they hold a `test` block, and those named
on the command line in any case. Nothing of mpmflow is imported before the first such file.

Options: `--mpm-coverage` says at the end how far the tests exercise rules, outcomes and causes; `-p no:mpmflow` turns
all of this off. In a configuration file `mpm_files = examples/*.mpm` narrows the search (`mpm_files =`, empty, to
nothing), by patterns of paths from the root folder.

Fixtures: `mpm_model` reads the file named by `@pytest.mark.mpm("webinar.mpm")`, and `mpm_clock` is a day that a test
moves on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mpmflow.model.model import Model
    from mpmflow.testing.cases import Case

_TEST_BLOCK = re.compile(rb"^[ \t]*test[ \t]+\"", re.MULTILINE)
_LARGEST = 4 * 2**20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and settings."""
    group = parser.getgroup("mpmflow", "test blocks of .mpm files")
    group.addoption(
        "--mpm-coverage",
        action="store_true",
        help="say at the end which clauses of rules, outcomes and causes the test blocks exercise",
    )
    parser.addini("mpm_files", "patterns of .mpm files to collect, from the root folder (default: all)", "args", ["*"])


def pytest_configure(config: pytest.Config) -> None:
    """The marker that names a file for the fixture."""
    config.addinivalue_line("markers", "mpm(path): the .mpm file that the fixture mpm_model reads")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a `.mpm` file that holds a test block."""
    if file_path.suffix != ".mpm":
        return None
    named = parent.session.isinitpath(file_path)
    if not named and not (_wanted(file_path, parent.config) and _has_tests(file_path)):
        return None
    collected: pytest.Collector = MpmFile.from_parent(parent, path=file_path)
    return collected


def _wanted(path: Path, config: pytest.Config) -> bool:
    try:
        name = path.relative_to(config.rootpath).as_posix()
    except ValueError:
        name = path.as_posix()
    return any(fnmatch(name, pattern) for pattern in config.getini("mpm_files"))


def _has_tests(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _TEST_BLOCK.search(stream.read(_LARGEST)) is not None
    except OSError:
        return False


class MpmFile(pytest.File):
    """A `.mpm` file: its tests, or the errors that keep it from having any."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item a case."""
        from mpmflow import api
        from mpmflow.diagnostics.errors import MpmError
        from mpmflow.testing.cases import cases_of

        try:
            model = api.model_of(api.read(self.path))
        except MpmError as error:
            raise self.CollectError(str(error)) from None
        seen: dict[str, int] = {}
        for case in cases_of(model):
            seen[case.name] = seen.get(case.name, 0) + 1
            name = case.name if seen[case.name] == 1 else f"{case.name} ({seen[case.name]})"
            yield MpmItem.from_parent(self, name=name, model=model, case=case)


class TestBlockFailed(Exception):
    """Expectations of a test block did not hold; the text says which, with what came instead."""

    __test__ = False


class MpmItem(pytest.Item):
    """One case of a `test` block."""

    def __init__(self, *, model: Model, case: Case, **more: Any) -> None:
        super().__init__(**more)
        self.model, self.case = model, case

    def runtest(self) -> None:
        """Judge the case."""
        from mpmflow import api
        from mpmflow.compiler.origins import origin_of
        from mpmflow.testing.judge import judge
        from mpmflow.testing.page import failure

        places = origin_of(self.model).places
        result = judge(self.model, self.case, places, file=str(self.path), samples=api.samples_of(self.model))
        if not result.passed:
            raise TestBlockFailed(failure(result))
        if self.config.getoption("--mpm-coverage"):
            self.user_properties.append(("mpm_file", str(self.path)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the terminal shows of a failing test block: the same as `mpmflow test`."""
        if isinstance(excinfo.value, TestBlockFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """File, line and name."""
        from mpmflow.compiler.origins import origin_of

        place = origin_of(self.model).places.get(f"tests.{self.case.number}")
        return self.path, place.line - 1 if place is not None else None, self.name


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """With `--mpm-coverage`, what the blocks that passed exercise. Works with xdist: reports carry the files' names."""
    if not config.getoption("--mpm-coverage"):
        return
    reports = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, ())]
    files = {value for report in reports for name, value in report.user_properties if name == "mpm_file"}
    terminalreporter.section("mpmflow coverage")
    if not files:
        terminalreporter.write_line("No test block passed, so there is nothing to count.")
        return
    from mpmflow import api
    from mpmflow.testing.page import coverage

    found = api.rule_coverage(*(api.load(file) for file in sorted(files)))
    for line in coverage(found).splitlines():
        terminalreporter.write_line(line)


@pytest.fixture
def mpm_model(request: pytest.FixtureRequest) -> Model:
    """The model of the file that `@pytest.mark.mpm("webinar.mpm")` names, from the test's own folder or the root."""
    from mpmflow import api

    marker = request.node.get_closest_marker("mpm")
    if marker is None or not marker.args:
        raise pytest.UsageError('mpm_model needs to know the file: mark the test with @pytest.mark.mpm("webinar.mpm")')
    name = Path(str(marker.args[0]))
    beside = request.path.parent / name
    return api.load(beside if beside.exists() else request.config.rootpath / name)


class Clock:
    """A day that a test moves on by itself.

    >>> clock = Clock(date(2026, 1, 5))
    >>> clock.forward(weeks=4)
    datetime.date(2026, 2, 2)
    """

    def __init__(self, today: date = date(2026, 1, 5)) -> None:
        self.today = today

    def forward(self, **span: float) -> date:
        """Move on by days or weeks, and say which day it is then."""
        self.today += timedelta(**span)
        return self.today

    def set(self, day: date | str) -> date:
        """Move to a day, given as a date or as 2026-01-05."""
        self.today = day if isinstance(day, date) else date.fromisoformat(day)
        return self.today


@pytest.fixture
def mpm_clock() -> Clock:
    """A fake clock that begins on Monday, 2026-01-05; no test block or helper looks at the real one."""
    return Clock()
