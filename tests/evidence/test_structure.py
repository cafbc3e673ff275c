"""The phase, its hydrogen, and the structure on both sides of Tc."""

from __future__ import annotations

import pytest

from megabar.analysis.pattern_estimates import lines_seen
from megabar.data import Estimate, Measured, Status
from megabar.evidence.structure import content_of

from .made import drop, est, judged, one, verdict


def cell(
    phase: str, volume: float | None = 31.7, error: float | None = 0.02, seen: str = "10 of 17 lines seen"
) -> Estimate:
    status = Status.OK if volume is not None else Status.NOT_FOUND
    return est("cell_volume", volume, error, "angstrom^3", phase=phase, remark=seen, status=status)


def pattern(*cells: Estimate, name: str = "XRD", **rest: object) -> Measured:
    return one("pattern", *cells, name=name, **rest)


@pytest.mark.parametrize(
    ("cells", "composition", "expected"),
    [
        ([cell("CeH9")], "CeH9", "shown"),
        ([cell("CeH9")], "", "shown"),
        ([cell("CeH9 P6_3/mmc")], "CeH9", "shown"),
        ([cell("CeH9", seen="8 of 17 lines seen")], "CeH9", "compatible"),
        ([cell("CeH9", error=None)], "CeH9", "compatible"),
        ([cell("CeH4")], "CeH9", "compatible"),  # a phase, but not that of the sample
        ([cell("CeH9", None), cell("CeH4")], "CeH9", "not shown"),
        ([cell("CeH9", None)], "", "not shown"),
        ([], "CeH9", "not tested"),
    ],
)
def test_the_phase_of_the_sample_must_have_a_cell_and_lines(
    cells: list[Estimate], composition: str, expected: str
) -> None:
    assert verdict("phase", pattern(*cells), composition=composition) == expected


def test_other_phases_are_named_beside_it() -> None:
    claim = judged("phase", pattern(cell("CeH4"), cell("CeH9")), composition="CeH9")
    assert claim.words.startswith("CeH9, 31.70 Å³")
    assert "beside it CeH4" in claim.words


def test_a_map_shows_it_where_half_of_its_points_do() -> None:
    def mapped(points: int) -> Measured:
        places = [
            est("cell_volume", 31.7 if n < points else None, 0.02, "angstrom^3", phase="CeH9", at=f"row 1, column {n}")
            for n in range(4)
        ]
        whole = est("cell_volume", 31.7, 0.01, "angstrom^3", phase="CeH9")
        return one("map", est("map_points", float(points), None, "1", phase="CeH9"), whole, *places)

    assert verdict("phase", mapped(2), composition="CeH9") == "shown"
    assert verdict("phase", mapped(1), composition="CeH9") == "compatible"


def test_the_share_of_lines_is_read_where_the_analysis_writes_it() -> None:
    assert lines_seen(cell("a")) == pytest.approx(10 / 17)
    assert lines_seen(cell("a", seen="")) is None


@pytest.mark.parametrize(
    ("composition", "content"),
    [
        ("CeH9", (9.0, 9.0)),
        ("CeD9", (9.0, 9.0)),
        ("(La,Ce)H9-10", (9.0, 10.0)),
        ("(La,Ce)H9", (9.0, 9.0)),
        ("La2CeH27", (9.0, 9.0)),
        ("(LaCe)H18", (9.0, 9.0)),
        ("H3S", (3.0, 3.0)),
        ("PdH0.7", (0.7, 0.7)),
        ("La3Ni2O7", None),
        ("Ce", None),
        ("(La,Ce)-H", None),
        ("hydride of cerium", None),
        ("", None),
    ],
)
def test_formulas_are_read_or_refused(composition: str, content: tuple[float, float] | None) -> None:
    found = content_of(composition)
    assert found == (None if content is None else pytest.approx(content))


def contents(*values: float, error: float | None = 0.05, gauge: float = 0.0) -> Measured:
    rows = [
        Estimate(
            "hydrogen_content", "PV", v, "1", "by hand", error=error, systematic={"gauge": gauge},
            labels={"convention": str(n)},
        )
        for n, v in enumerate(values)
    ]  # fmt: skip
    return one("volumes", *rows, name="PV")


@pytest.mark.parametrize(
    ("measured", "composition", "expected"),
    [
        (contents(8.7, 9.2), "CeH9", "shown"),  # 8.6 to 9.3
        (contents(7.9, 9.5), "CeH9", "compatible"),  # holds 9, but 8 as well
        (contents(9.0), "CeH9", "compatible"),  # one convention tells nothing of the others
        (contents(7.9, 8.3), "CeH9", "contradicted"),
        (contents(8.7, 9.2, error=None), "CeH9", "compatible"),
        (contents(7.9, 8.3, error=None), "CeH9", "not shown"),
        (contents(7.9, 8.3, gauge=0.7), "CeH9", "compatible"),  # the gauge may do that
        (contents(8.8, 9.2), "(La,Ce)H9-10", "shown"),
        (contents(7.9, 9.5), "", "compatible"),
        (contents(-0.05, 0.05), "", "not shown"),
    ],
)
def test_the_interval_must_hold_the_formula_and_be_narrow(measured: Measured, composition: str, expected: str) -> None:
    assert verdict("hydrogen_content", measured, composition=composition) == expected


def test_the_interval_is_the_number() -> None:
    number = judged("hydrogen_content", contents(7.9, 9.5, error=0.1), composition="CeH9").number
    assert number is not None
    assert number.value is None
    assert number.interval == (pytest.approx(7.7), pytest.approx(9.7))


def test_molecules_in_the_chamber_are_no_content_of_the_lattice() -> None:
    raman = one("raman", est("raman_line", 4194.0, 1.0, "cm^-1", remark="H2 vibron, new"), name="Raman")
    claim = judged("hydrogen_content", raman, composition="CeH9")
    assert (claim.verdict, claim.measurements) == ("not tested", ("Raman",))
    assert "4194 cm⁻¹" in claim.words
    assert judged("hydrogen_content", raman, contents(8.8, 9.2), composition="CeH9").verdict == "shown"


def two(
    cold: list[Estimate], warm: list[Estimate], temperatures: tuple[float, float] = (20.0, 150.0)
) -> list[Measured]:
    return [
        pattern(*cold, name="cold", temperature=temperatures[0]),
        pattern(*warm, name="warm", temperature=temperatures[1]),
        one("resistance", *drop(), name="R"),
    ]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (two([cell("CeH9", 31.6)], [cell("CeH9", 31.7)]), "shown"),
        (two([cell("CeH9", 31.0)], [cell("CeH9", 31.7)]), "contradicted"),  # 2.2 %
        (two([cell("CeH9", 29.8, 0.6)], [cell("CeH9", 31.7)]), "not shown"),  # -6.0(1.9) %
        (two([cell("CeH9", 31.7, 0.6)], [cell("CeH9", 31.7)]), "not shown"),  # an error of 2 % shows nothing
        (two([cell("CeH9", 31.4, None)], [cell("CeH9", 31.7, None)]), "compatible"),  # 0.95 %, errors unknown
        (two([cell("CeH9", 30.0, None)], [cell("CeH9", 31.7)]), "not shown"),
        (two([cell("CeH9", 31.4, 0.1)], [cell("CeH9", 31.7)]), "compatible"),  # -0.95(0.32) %
        (two([cell("CeH9"), cell("CeH4", 31.7, 0.6)], [cell("CeH9"), cell("CeH4")]), "not shown"),  # the worst decides
        (two([cell("CeH9")], [cell("CeH4")]), "contradicted"),
        (two([cell("CeH9"), cell("CeH4")], [cell("CeH9")]), "contradicted"),
        (two([cell("CeH9")], [cell("CeH9")], (120.0, 300.0)), "not tested"),  # both above Tc
        (two([cell("CeH9")], [cell("CeH9")], (20.0, 101.0)), "not tested"),  # within the transition
        ([pattern(cell("CeH9")), one("resistance", *drop())], "not tested"),
        ([one("resistance", *drop())], "not tested"),
    ],
)
def test_phases_and_volumes_on_both_sides_of_tc(measured: list[Measured], expected: str) -> None:
    assert verdict("structure_unchanged", *measured) == expected


def test_the_change_is_the_relative_one() -> None:
    number = judged("structure_unchanged", *two([cell("A", 31.6, 0.02)], [cell("A", 31.7, 0.02)])).number
    assert number is not None
    assert number.error is not None
    assert number.value == pytest.approx(-0.1 / 31.7)
    assert number.error == pytest.approx(0.02 * 2**0.5 / 31.65, rel=0.01)


def test_one_cell_that_changes_decides_and_no_cause_is_ruled_out() -> None:
    measured = [
        pattern(cell("CeH9", volume), name=f"{place} {at:g} K", temperature=at, cell=place)
        for place, cold in (("A", 31.7), ("B", 30.08))  # 5.1 % less in cell B
        for at, volume in ((20.0, cold), (150.0, 31.7))
    ]
    resistive = [one("resistance", *drop(), name=f"R {place}", cell=place) for place in ("A", "B")]
    claim = judged("structure_unchanged", *measured, *resistive)
    assert (claim.verdict, claim.measurements) == ("contradicted", ("B 20 K", "B 150 K"))
    assert "structural transition supported" in judged("alternatives", *measured, *resistive).words
