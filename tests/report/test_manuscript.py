"""Text for a manuscript: what it cites is in its bibliography, every number of the table is the estimate's."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from megabar.data import Estimate, Result
from megabar.report import Report, write
from megabar.report.latex import latex
from megabar.report.manuscript import bibliography, filled, paragraph_latex, paragraph_text, table_latex
from megabar.report.overview import overview
from megabar.report.references import REFERENCES, references_of


def result(kind: str, quantity: str, method: str, **labels: str) -> Result:
    return Result(kind, "cell 1", (Estimate(quantity, "cell 1", 1.0, "K", method, labels=labels),), summary="Tc 1 K")


def test_text_cites_what_the_bibliography_has(report: Report) -> None:
    text, bib = paragraph_latex(report), bibliography(report)
    cited = {key for group in re.findall(r"\\cite\{([^}]*)\}", text) for key in group.split(",")}
    entries = re.findall(r"@article\{(\w+),", bib)
    assert cited == set(entries)
    assert len(entries) == len(set(entries))
    assert {"Bloch1930", "McMillan1968"} <= cited
    words, references = paragraph_text(report)
    assert {int(n) for n in re.findall(r"\[(\d+)[\],]", words)} <= set(range(1, len(references) + 1))
    assert "Errors are one standard deviation" in words


@pytest.mark.parametrize(
    ("kind", "quantity", "method", "labels", "keys"),
    [
        ("field", "upper_critical_field_zero", "WHH, orbital, dirty limit", {}, {"Werthamer1966"}),
        ("spectrum", "gap_zero", "BCS gap equation through the gaps, Delta(0) and Tc free", {}, {"BCS1957"}),
        ("spectrum", "gap", "Dynes density of states", {}, {"Dynes1978"}),
        ("raman", "pressure", "diamond edge", {"scale": "akahama_2006"}, {"Akahama2006"}),
        ("current", "critical_current_zero", "pinning by a varying mean free path (delta-l)", {}, {"Griessen1994"}),
        ("pattern", "cell_volume", "Le Bail, 12 lines", {}, {"LeBail1988"}),
        ("volumes", "bulk_modulus_zero", "Vinet, errors in both axes", {"model": "Vinet"}, {"Vinet1987"}),
        ("resistance", "critical_temperature", "resistance falls to R/R(onset) = 0.50", {}, set()),
        (
            "predict",
            "critical_temperature",
            "Allen and Dynes, f1 and f2",
            {"formula": "Allen-Dynes"},
            {"AllenDynes1975"},
        ),
    ],
)
def test_each_method_has_its_source(
    kind: str, quantity: str, method: str, labels: dict[str, str], keys: set[str]
) -> None:
    assert {one.key for one in references_of([result(kind, quantity, method, **labels)])} == keys


def test_references_are_complete_and_unique() -> None:
    assert len({one.key for one in REFERENCES}) == len(REFERENCES)
    for one in REFERENCES:
        re.compile(one.when)
        assert 1900 < one.year < 2030
        assert str(one.year) in one.key
        assert all((one.authors, one.journal, one.volume, one.pages))


def test_the_table_has_every_number_of_the_overview(report: Report) -> None:
    table, whole = table_latex(report), overview(report.results)
    rows = [line for line in table.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 1 + len(whole.lines)
    assert {row.count(" & ") for row in rows} == {len(whole.columns)}
    for row, line in zip(rows[1:], whole.lines, strict=True):
        for text, cell in zip(row.removesuffix(r" \\").split(" & ")[1:], line.cells, strict=True):
            if cell is not None and cell.value is not None and "times" not in text:
                assert float(re.split(r"[( ]", text.replace("$-$", "-"))[0]) == pytest.approx(cell.value, rel=0.02)


def test_simulated_data_are_called_so(report: Report) -> None:
    made = Report("x", (Result("resistance", "a", (), simulated=True),))
    assert paragraph_text(made)[0].startswith("All or some of these data are simulated.")
    assert table_latex(made).startswith("% simulated data")
    measured = Report("x", tuple(replace(one, simulated=False) for one in report.results))
    assert "simulated" not in paragraph_text(measured)[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("gap_zero & 90 %", r"gap\_zero \& 90 \%"),
        ("ΔT = 5·10⁻³ K", r"$\Delta$T = 5$\cdot$10$^{-3}$ K"),
        ("µΩ", r"$\mu\Omega$"),
        ("a\\b^c {x}", r"a\textbackslash{}b\textasciicircum{}c \{x\}"),
        ("T₀ ± 1 Å", r"T$_{0}$ $\pm$ 1 \AA{}"),
        ("Θ_D, µ* = 0.1, R_50", r"$\Theta_\mathrm{D}$, $\mu^*$ = 0.1, R$_\mathrm{50}$"),
    ],
)
def test_text_for_latex(text: str, wanted: str) -> None:
    assert latex(text) == wanted


def test_the_files_are_written_with_the_report(report: Report, tmp_path: Path) -> None:
    write(report, tmp_path)
    names = sorted(path.name for path in (tmp_path / "manuscript").iterdir())
    assert names == ["methods.tex", "references.bib", "table.tex"]


def test_numbers_of_several_methods_are_told_from_lowest_to_highest() -> None:
    words = [f"fit, {low} to {high} K; cut at 0.05" for low, high in ((80, 300), (91.5, 299.9), (85, 300))]
    assert filled("fit, … to … K; cut at …", words) == "fit, 80–91.5 to 299.9–300 K; cut at 0.05"
    assert filled("no number", words) == "no number"


def test_found_numbers_have_errors_and_name_their_formula(report: Report) -> None:
    text, _ = paragraph_text(report)
    name = report.results[0].measurement
    first = text[text.index(f"{name}, ") :].split(". ")[0]
    assert re.search(r"= \d+(\.\d+)?\(\d+\) K", first), first
