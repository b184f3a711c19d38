"""The guide to a real funnel: its blocks show what happens, and conversion by origin is what one counts by hand."""

from __future__ import annotations

import csv
import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import mpmflow as mpm

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guides" / "a-real-funnel.md"
BLOCK = re.compile(r"^```text\n\$ mpmflow (?P<command>[^\n]*)\n(?P<shown>.*?)^```$", re.MULTILINE | re.DOTALL)
HASH = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture(scope="module")
def tables() -> Path:
    folder = ROOT.parent / "shared" / "data" / "marketing" / "olist_funnel"
    if not folder.is_dir():
        pytest.skip(
            "needs the shared data: there is no data/marketing/olist_funnel in a folder `shared` beside the project"
        )
    return folder


@pytest.fixture(scope="module")
def funnel(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models and the data made of the tables."""
    folder = tmp_path_factory.mktemp("funnel")
    for file in (ROOT / "docs" / "guides" / "funnel").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    subprocess.run([sys.executable, "prepare.py", str(tables), "."], cwd=folder, check=True)
    return folder


def test_the_page_shows_what_happens(funnel: Path) -> None:
    """Block after block in one folder; the head of a ledger is another one at every moment."""
    text = PAGE.read_text(encoding="utf-8")
    shown = [match["shown"] for match in BLOCK.finditer(text)]
    happened = []
    for match in BLOCK.finditer(text):
        run = subprocess.run(
            [sys.executable, "-m", "mpmflow", *shlex.split(match["command"])],
            cwd=funnel,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
            check=False,
        )
        assert run.returncode == 0, run.stderr
        happened.append(HASH.sub("…", run.stdout))
    if os.environ.get("MPMFLOW_REWRITE"):
        blocks = iter(happened)
        PAGE.write_text(
            BLOCK.sub(lambda match: f"```text\n$ mpmflow {match['command']}\n{next(blocks)}```", text), encoding="utf-8"
        )
    else:
        assert happened == shown


def test_conversion_by_origin_is_what_one_counts(tables: Path, funnel: Path) -> None:
    def read(name: str) -> list[dict[str, str]]:
        with gzip.open(tables / name, "rt", encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    won = {row["mql_id"] for row in read("closed_deals.csv.gz")}
    leads = read("marketing_qualified_leads.csv.gz")
    counted = Counter(row["origin"] or "missing" for row in leads)
    signed = Counter(row["origin"] or "missing" for row in leads if row["mql_id"] in won)
    found = mpm.observe(mpm.load(funnel / "origins.mpm"), by="origin")
    seen = {part.value: part for part in found.segments}
    assert set(seen) == set(counted)
    for origin, part in seen.items():
        assert part["signs.yes"].whole == pytest.approx(signed[origin] / counted[origin], abs=1e-12)
    assert found["signs.yes"].whole == pytest.approx(842 / 8000, abs=1e-12)


def test_a_promise_on_half_of_the_history_is_scored_on_the_rest(funnel: Path, tmp_path: Path) -> None:
    model = mpm.load(funnel / "funnel.mpm")
    half = mpm.evaluate(model, as_of="2018-02-25")
    (promise,) = half.commitments[0].promises
    assert promise.came is None
    end = mpm.evaluate(model)
    (kept,) = end.commitments[0].promises
    weeks = list(csv.DictReader((funnel / "weekly.csv").open(encoding="utf-8")))
    last = [row for row in weeks if "2018-04-02" <= row["week"] <= "2018-05-21"]
    assert len(last) == 8
    assert kept.came == pytest.approx(
        sum(int(row["deals"]) for row in last) / sum(int(row["contacts"]) for row in last)
    )
    assert end.commitments[0].state == "kept"
