"""Five papers walked from raw file to conclusion: each page runs, prints its own table, and recovers what went in."""

from __future__ import annotations

import contextlib
import io
import json
import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recovered
from recovered import Recovered, Results, Truth

ROOT = Path(__file__).resolve().parents[2]
PAPERS = ROOT / "docs" / "papers"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 60.0
"""Of processor time: half a minute on two cores, also when they are busy with something else."""

RECOVERED: dict[str, Callable[[Results, Truth], Iterator[Recovered]]] = {
    "ceh9": recovered.ceh9,
    "lace": recovered.lace,
    "cerium": recovered.cerium,
    "hydrides": recovered.hydrides,
    "la3ni2o7": recovered.la3ni2o7,
}

PRINTED: dict[str, dict[str, tuple[float, float]]] = {
    "ceh9": {
        "V of CeH9 per formula unit (Å³)": (31.78, 31.72),
        "error of V of CeH9 (Å³)": (0.01, 0.07),
        "Jc(0) from 74 mA, 30 µm², 78 K (MA/cm²)": (4.0, 2.92),
        "2Δ(0)/kTc with 21.04 meV and the onset, 109 K": (4.36, 4.48),
        "Tc that the ratio 4.36 needs (K)": (109.0, 112.0),
    },
    "lace": {
        "S of 176 K at 100 GPa": (1.62, 1.64),
        "S of 180 K at 104 GPa": (1.62, 1.62),
        "least P of 176 K for S = 1.62 ± 0.005 (GPa)": (100.0, 101.0),
        "largest P of 176 K for S = 1.62 ± 0.005 (GPa)": (100.0, 101.8),
    },
    "cerium": {
        "Δ/kTc with 3 meV and 20 K": (1.76, 1.741),
        "contacts whose size follows one law (of 96)": (96.0, 81.0),
        "contacts on a second and on a third law": (0.0, 15.0),
    },
    "hydrides": {"S of CeHx, 115 K at 95 GPa": (1.12, 1.12)},
    "la3ni2o7": {"λ from 518 K, 58.0 K and μ* = 0.13": (1.75, 1.7143)},
}
"""Differences that are the papers' own, worked out by hand: quantity -> printed, recomputed."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in that sees the docs, as the clone's root does, and may be written to."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(text: str) -> list[list[str]]:
    """The rows of five cells that end in where the number is from."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    return [row for row in rows if len(row) == 5 and row[-1] in ("printed numbers", "simulated files")]


def processor_time() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def run(page: Path) -> tuple[dict[str, Any], str, float]:
    """All blocks of the page in one namespace, as a reader runs them; what it printed; its processor time in s."""
    names: dict[str, Any] = {}
    printed, started = io.StringIO(), processor_time()
    with contextlib.redirect_stdout(printed):
        for code in FENCE.findall(page.read_text(encoding="utf-8")):
            exec(compile(code, str(page), "exec"), names)
    return names, printed.getvalue(), processor_time() - started


@pytest.mark.parametrize("name", RECOVERED)
def test_the_walk_runs_prints_its_table_and_recovers_what_went_in(name: str, place: Path) -> None:
    page = PAPERS / f"{name}.md"
    names, printed, seconds = run(page)
    assert seconds < SECONDS
    outcome = names["outcome"]
    assert outcome.failures == ()
    same_table(table(printed), table(page.read_text(encoding="utf-8")))
    own_differences(table(printed), PRINTED[name])
    truth = json.loads((place / names["folder"] / "truth.json").read_text(encoding="utf-8"))
    found = list(RECOVERED[name]({result.measurement: result for result in outcome.results}, truth))
    pulls = np.array([one.pull for one in found])
    assert pulls.size >= 14
    assert np.abs(pulls).max() < 4.0, max(found, key=lambda one: abs(one.pull))
    # Chi-square of as many independent numbers is below twice their number in all but one case of a thousand.
    assert np.mean(pulls**2) < 2.0


def same_table(printed: list[list[str]], shown: list[list[str]]) -> None:
    """What the page shows is what its code prints, to one unit of the last digit (processors differ in rounding)."""
    assert [(row[0], row[1], row[4]) for row in printed] == [(row[0], row[1], row[4]) for row in shown]
    for ours, theirs in zip(printed, shown, strict=True):
        for new, old in zip(ours[2:4], theirs[2:4], strict=True):
            unit = 10.0 ** -len(new.partition(".")[2])
            assert float(new) == pytest.approx(float(old), abs=1.01 * unit), ours[0]
        assert float(ours[3]) == pytest.approx(float(ours[2]) - float(ours[1]), abs=0.51 * unit), ours[0]


def own_differences(rows: list[list[str]], expected: dict[str, tuple[float, float]]) -> None:
    found = {row[0]: (float(row[1]), float(row[2])) for row in rows if row[4] == "printed numbers"}
    assert len(found) == sum(row[4] == "printed numbers" for row in rows), "two rows of one name"
    for what, numbers in expected.items():
        assert found[what] == numbers


def test_every_paper_has_a_page_and_every_page_a_test() -> None:
    assert {page.stem for page in PAPERS.glob("*.md")} == set(RECOVERED)


@pytest.mark.parametrize("name", RECOVERED)
def test_pages_cite_their_paper_and_say_that_the_data_are_simulated(name: str) -> None:
    text = (PAPERS / f"{name}.md").read_text(encoding="utf-8")
    opening = text.split("```")[0]
    assert "**simulated**" in opening
    assert re.search(r"\(20\d\d\)", opening)
    assert not re.search(r"\bS[0-4]\b", text)
    assert any(row[-1] == "printed numbers" for row in table(text))
    assert any(row[-1] == "simulated files" for row in table(text))
