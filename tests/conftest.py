"""What all tests share: the data folder beside the project, and skips that a continuous integration may not have.

Some tests need what a checkout does not hold: recorded event logs in a folder `shared` beside the project, or an
optional program. They skip, with the reason, where it is missing. A skip for something that could have been installed
gives a reason that starts with "optional: "; with MPMFLOW_REQUIRE_OPTIONAL=1 in the environment it is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mpmflow.render.picture import port

# A gate must give one verdict for one state of the code: there, examples come from the test itself, not from chance.
settings.register_profile("gate", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gate" if os.environ.get("CI") else "search")

# Pictures come out alike on every machine: a test that is about Graphviz's own program asks for it.
os.environ.setdefault("GRAPHVIZ_DOT", port())

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Finds a file or folder in `../shared`, and skips the test, saying why, where there is none."""

    def find(path: str) -> Path:
        found = SHARED / path
        if not found.exists():
            pytest.skip(f"needs the shared data: there is no {path} in a folder `shared` beside the project")
        return found

    return find


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("MPMFLOW_REQUIRE_OPTIONAL") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith("optional: "):
            report.outcome = "failed"
            report.longrepr = f"MPMFLOW_REQUIRE_OPTIONAL is set, so this may not be skipped: {reason}"
    return report
