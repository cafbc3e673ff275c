"""The table of claims on the page, in results.json, in a CSV file and on the terminal."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from megabar.cli.summary import show_experiment
from megabar.data import Estimate, Panel, Result, Trace
from megabar.errors import DataError
from megabar.evidence import CLAIMS, Claim, Facts, Verdict, judge
from megabar.experiment.pipeline import ExperimentResult
from megabar.report import Report, write_html, write_json, write_tables

NUMBER = Estimate(
    "resistance_ratio", "16.0 GPa", 1e-4, "1", "plateau over R(onset)", error=2e-4, interval=(None, 5e-4), level=0.977
)
CONTENT = Estimate("hydrogen_content", "PV", None, "1", "2 conventions", interval=(7.9, 9.5))


@pytest.fixture(scope="module")
def claims() -> tuple[Claim, ...]:
    return (
        Claim("zero_resistance", "R is zero", "R below 1 %", Verdict.SHOWN, "below 0.05 %", NUMBER, ("16.0 GPa",),
              ("20.5 GPa: not shown: <b>+20 %</b> remain",)),
        Claim("hydrogen_content", "H as in the formula", "interval", Verdict.CONTRADICTED, "no", CONTENT, ("PV",)),
        Claim("gap", "There is a gap", "gap closes", Verdict.NOT_TESTED, "no measurement of this"),
    )  # fmt: skip


class Cells(HTMLParser):
    """The words of every cell, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += f"{data} "


def section(report: Report, tmp_path: Path) -> str:
    write_html(report, tmp_path / "report.html", figures=None)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    start = page.index('<section id="evidence">')
    return page[start : page.index("</section>", start)]


def test_each_verdict_stands_in_words_before_the_measurements(report, claims, tmp_path):
    text = section(replace(report, evidence=claims), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.index('id="summary"') < page.index('<section id="evidence"') < page.index('class="measurement"')
    assert 'href="#evidence"' in page
    rows = [[" ".join(cell.split()) for cell in row] for row in Cells(text).rows[1:]]
    assert [row[1] for row in rows] == ["shown", "contradicted", "not tested"]
    assert rows[0][0] == "R is zero R below 1 %"
    assert rows[0][2].startswith("0.00010(20)")
    assert rows[0][3] == "below 0.05 % Against it: 20.5 GPa: not shown: <b>+20 %</b> remain"
    assert rows[1][2].startswith("7.9–9.5")
    assert rows[2][2] == ""


def test_a_claim_leads_to_the_measurement_that_it_rests_on(report, claims, tmp_path):
    text = section(replace(report, evidence=claims), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    anchor = page.split('">16.0 GPa</a>')[0].rpartition('href="#')[2]
    assert f'href="#{anchor}">16.0 GPa</a>' in text
    assert f'id="{anchor}"' in page


def test_a_report_without_claims_has_no_such_section(report, tmp_path):
    write_html(report, tmp_path / "report.html")
    assert 'id="evidence"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_results_json_holds_every_claim_with_its_number(report, claims, tmp_path):
    write_json(replace(report, evidence=claims), tmp_path / "results.json")
    first, second, third = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["evidence"]
    assert first == {
        "claim": "zero_resistance",
        "statement": "R is zero",
        "test": "R below 1 %",
        "verdict": "shown",
        "finding": "below 0.05 %",
        "quantity": "resistance_ratio",
        "value": 1e-4,
        "error": 2e-4,
        "interval": [None, 5e-4],
        "level": 0.977,
        "unit": "1",
        "method": "plateau over R(onset)",
        "measurements": ["16.0 GPa"],
        "against": ["20.5 GPa: not shown: <b>+20 %</b> remain"],
    }
    assert (second["value"], second["interval"]) == (None, [7.9, 9.5])
    assert [third[key] for key in ("quantity", "value", "error", "interval", "unit")] == [None] * 5
    assert third["measurements"] == []


def test_a_number_that_is_none_is_refused(report, claims, tmp_path):
    spoilt = replace(NUMBER)
    object.__setattr__(spoilt, "value", float("nan"))
    with pytest.raises(DataError, match="zero_resistance"):
        write_json(replace(report, evidence=(replace(claims[0], number=spoilt),)), tmp_path / "results.json")


def test_the_csv_file_has_one_row_a_claim(report, claims, tmp_path):
    paths = write_tables(replace(report, evidence=claims), tmp_path)
    assert tmp_path / "evidence.csv" in paths
    with (tmp_path / "evidence.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["claim"], row["verdict"]) for row in rows] == [(c.name, str(c.verdict)) for c in claims]
    assert (float(rows[0]["value"]), rows[0]["interval_low"], rows[0]["interval_high"]) == (1e-4, "", "0.0005")
    assert (rows[2]["value"], rows[2]["simulated"]) == ("", "true")


def test_without_claims_there_is_no_csv_file_and_no_panel_takes_its_name(report, tmp_path):
    panel = Panel("", "T (K)", "R (ohm)", (Trace("a", "data", np.arange(3.0), np.arange(3.0)),))
    named = Result("resistance", "evidence", (), panels=(panel,))
    paths = write_tables(replace(report, results=(named,), trends=()), tmp_path)
    assert not (tmp_path / "evidence.csv").exists()
    assert len(paths) == 3


def test_the_terminal_groups_the_claims_by_verdict(claims, capsys):
    every = tuple(replace(claims[0], name=name, against=()) for name in CLAIMS)
    outcome = ExperimentResult("t", Path("f"), Path("f/results"), (), (), (), (), (*claims, *every))
    show_experiment(outcome)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    start = lines.index("Evidence")
    assert lines[start + 1].split(None, 1) == ["shown", lines[start + 1].split(None, 1)[1]]
    assert lines[start + 1].split(None, 1)[1].startswith("zero resistance *, zero resistance, residual")
    assert any(line.split() == ["contradicted", "hydrogen", "content"] for line in lines)
    assert any(line.split() == ["not", "tested", "gap"] for line in lines)
    assert "* another measurement speaks against it: see the report" in lines


def test_the_same_results_give_the_same_bytes(report, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        again = replace(report, evidence=judge(Facts.of([])))
        write_json(again, tmp_path / name / "results.json")
        write_tables(again, tmp_path / name)
    for file in ("results.json", "evidence.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_notebooks_show_the_claims_first(claims):
    outcome = ExperimentResult("t", Path("f"), Path("f/results"), (), (), (), (), claims)
    shown = outcome._repr_html_()
    assert "<td>R is zero</td><td>shown</td>" in shown
