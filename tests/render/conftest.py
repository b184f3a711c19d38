"""A browser for the tests of pages: Chromium of the machine, with playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="optional: playwright is not installed")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("optional: there is no Chromium on this machine (CHROMIUM names its program)")
    with playwright.sync_playwright() as session:
        found = session.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()
