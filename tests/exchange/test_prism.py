"""What `mpmflow export` writes: read again here by a few lines that know PRISM's grammar, and solved with fractions."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.exchange.export import ExportError
from mpmflow.exchange.json import from_json, to_json

WEBINAR = """\
workflow w "Webinar" {
  team crew { people 1, cost 60 eur/h }
  step brief by crew takes 2h to 5h costs 7 eur
  decision ok {
    yes
    no   20% -> brief rework
    never 5% scrap
  }
  done
}
"""


class Read:
    """A model read back: rows of shares, labels and rewards by state, all exact."""

    def __init__(self, text: str) -> None:
        code = re.sub(r"//.*", "", text)
        self.start = int(re.search(r"init (\d+);", code)[1])
        self.rows: dict[int, list[tuple[Fraction, int]]] = {}
        for state, updates in re.findall(r"\[\] s=(\d+) -> ([^;]*);", code):
            parts = [part.split(" : ") for part in updates.split(" + ")]
            self.rows[int(state)] = [
                (Fraction(part[0]) if len(part) == 2 else Fraction(1), int(re.search(r"s'=(\d+)", part[-1])[1]))
                for part in parts
                if part != ["true"]
            ]
        self.labels = {
            name: {int(state) for state in re.findall(r"s=(\d+)", rest)}
            for name, rest in re.findall(r'label "(\w+)" = (.*);', code)
        }
        self.rewards = {
            name: {int(state): Fraction(amount) for state, amount in re.findall(r"s=(\d+) : (\S+);", body)}
            for name, body in re.findall(r'rewards "(\w+)"(.*?)endrewards', code, re.DOTALL)
        }

    def visits(self, least: Fraction = Fraction(1, 10**30)) -> dict[int, Fraction]:
        """Expected visits of each state, by sending the case on until next to nothing of it is under way."""
        found = dict.fromkeys(self.rows, Fraction(0))
        under_way = {self.start: Fraction(1)}
        while sum(mass for state, mass in under_way.items() if self.rows[state]) > least:
            then: dict[int, Fraction] = {}
            for state, mass in under_way.items():
                found[state] += mass
                for share, target in self.rows[state]:
                    then[target] = then.get(target, Fraction(0)) + mass * share
            under_way = then
        return found

    def mean(self, reward: str) -> float:
        visits = self.visits()
        return float(sum(amount * visits[state] for state, amount in self.rewards[reward].items()))


def test_a_workflow_comes_back_with_its_figures() -> None:
    model = mpm.parse(WEBINAR)
    figures = mpm.analyze(model)["w"]
    read = Read(mpm.export(model).prism)
    assert all(sum(share for share, _ in row) == 1 for row in read.rows.values() if row)
    assert read.mean("visits_brief") == pytest.approx(figures.visits["brief"], rel=1e-12)
    for name in ("time", "touch_time", "cost"):
        assert read.mean(name) == pytest.approx(figures[f"{name}.mean"], rel=1e-12)


def test_shares_and_amounts_are_the_simple_fractions_of_the_text() -> None:
    text = mpm.export(mpm.parse(WEBINAR)).prism
    assert "  [] s=1 -> 3/4 : (s'=3) + 1/5 : (s'=2) + 1/20 : (s'=4);  // ok: yes, no, never\n" in text
    assert "  s=0 : 12600;\n" in text  # three and a half hours
    assert "  s=0 : 217;\n" in text  # of which at 60 eur an hour 210, and 7 on top


def test_what_never_happens_is_left_out() -> None:
    text = mpm.export(mpm.parse(WEBINAR.replace("never 5%", "never 0%"))).prism
    assert "  [] s=1 -> 4/5 : (s'=3) + 1/5 : (s'=2);  // ok: yes, no\n" in text


def test_bounded_rework_stands_in_copies() -> None:
    model = mpm.parse(WEBINAR.replace("-> brief rework", "-> brief rework at most 1 then -> scrap"))
    exported = mpm.export(model)
    assert "// brief, copy 2 of 2" in exported.prism
    assert Read(exported.prism).mean("visits_brief") == pytest.approx(1.2, rel=1e-12)


def test_names_that_prism_keeps_for_itself_are_changed_and_said() -> None:
    text = (
        WEBINAR.replace("workflow w", "workflow module").replace("  done\n", "  done end\n").replace("brief", "größe")
    )
    exported = mpm.export(mpm.parse(text))
    assert "module module_1\n" in exported.prism
    assert "// module_1 stands for module.\n" in exported.prism
    assert 'label "end_1" = s=3;' in exported.prism
    assert "// visits_gr__e stands for größe.\n" in exported.prism
    assert '"ends_end_1": P=? [ F "end_1" ];' in exported.props


def test_a_block_is_one_state_and_a_comment_says_so() -> None:
    text = """\
workflow w {
  parallel both {
    branch { step a takes 3h }
    branch {
      step b takes 1h costs 10 eur
      decision fine { yes, no 50% -> b rework }
    }
  }
}
"""
    exported = mpm.export(mpm.parse(text))
    assert "// The parallel block both is folded" in exported.prism
    assert Read(exported.prism).mean("visits_b") == pytest.approx(2.0)
    assert '"first_pass"' not in exported.props  # rework inside the block cannot be seen from outside


def test_a_comment_stays_on_its_line() -> None:
    """A title is the author's; it must not break out of its comment."""
    title = mpm.Model.model_validate_json(to_json(mpm.parse(WEBINAR)).replace("Webinar", "Webinar\\nendmodule"))
    assert "// Made by mpmflow from its workflow w, Webinar endmodule.\n" in mpm.export(title).prism


def test_the_same_model_gives_the_same_bytes() -> None:
    first, second = (mpm.export(mpm.parse(WEBINAR)) for _ in range(2))
    assert (first.prism, first.props, first.json) == (second.prism, second.props, second.json)


def test_save_writes_the_properties_beside(tmp_path: Path) -> None:
    exported = mpm.export(mpm.parse(WEBINAR))
    assert exported.save(tmp_path / "w.prism") == (tmp_path / "w.prism", tmp_path / "w.props")
    assert (tmp_path / "w.props").read_text(encoding="utf-8") == exported.props


def test_json_comes_back_as_the_same_model(tmp_path: Path) -> None:
    model = mpm.parse(WEBINAR)
    (file,) = mpm.export(model).save(tmp_path / "w.json")
    assert from_json(file.read_text(encoding="utf-8")) == model


def test_faults_say_what_would_work(tmp_path: Path) -> None:
    model = mpm.parse(WEBINAR)
    with pytest.raises(
        ExportError, match=r"w\.dot: a model can be exported as \.prism, \.props, \.json, \.bpmn, not as \.dot"
    ):
        mpm.export(model).save(tmp_path / "w.dot")
    with pytest.raises(ExportError, match="no workflow called 'v'; there is w"):
        mpm.export(model, workflow="v")
    with pytest.raises(ExportError, match=r"\.json takes any file"):
        _ = mpm.export(mpm.Model()).prism


def test_what_has_no_figures_is_an_error_of_the_model() -> None:
    from mpmflow.model.process import Decision, Outcome, Step, Workflow

    again = Decision(name="ok", outcomes=[Outcome(name="no", share="100%", target="brief")])
    model = mpm.Model(workflows=[Workflow(name="w", body=[Step(name="brief"), again])])
    with pytest.raises(mpm.MpmError, match="never leave"):
        _ = mpm.export(model).prism
