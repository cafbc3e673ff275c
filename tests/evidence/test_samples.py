"""Isotopes, second cells, controls."""

from __future__ import annotations

import math

import pytest

from megabar.data import Estimate, Isotope, Measured, Result, Status
from megabar.evidence.facts import same_pressure

from .made import HALF, HEAVY, LIGHT, MEAN, drop, est, judged, one, plateau, tc, verdict


def pair(light: float, heavy: float, error: float | None = 0.1, left: float = 0.0, **rest: object) -> list[Measured]:
    second = rest.pop("second", {})
    zero = plateau(left)
    return [
        one("resistance", tc(light, error, sweep=MEAN), *zero, name="H", isotope=LIGHT, **rest),
        one("resistance", tc(heavy, error, sweep=MEAN), *zero, name="D", isotope=HEAVY, **{**rest, **second}),
    ]


def test_alpha_and_its_error() -> None:
    claim = judged("isotope_shift", *pair(100.0, 100.0 / math.sqrt(2.0)))
    number = claim.number
    assert claim.verdict == "shown"
    assert number is not None
    assert number.value == pytest.approx(0.5)
    # Both errors by a numerical derivative of ln(Tc1/Tc2)/ln 2.
    shifts = [math.log(100.1 / 100.0), math.log(1.0 + 0.1 * math.sqrt(2.0) / 100.0)]
    assert number.error == pytest.approx(math.hypot(*shifts) / math.log(2.0), rel=2e-3)
    assert claim.measurements == ("H", "D")


@pytest.mark.parametrize(
    ("light", "heavy", "error", "expected"),
    [
        (100.0, 71.0, 0.1, "shown"),
        (100.0, 99.7, 0.1, "not shown"),  # 2.1 standard deviations
        (100.0, 110.0, 0.1, "contradicted"),  # the inverse effect of palladium hydride
        (100.0, 71.0, None, "compatible"),
        (100.0, 101.0, None, "not shown"),
    ],
)
def test_alpha_must_stand_off_zero(light: float, heavy: float, error: float | None, expected: str) -> None:
    assert verdict("isotope_shift", *pair(light, heavy, error)) == expected
    assert verdict("isotope_shift", *reversed(pair(light, heavy, error))) == expected


def test_other_pressures_need_a_slope() -> None:
    apart = pair(100.0, 90.0, gpa=100.0, second={"gpa": 110.0})
    assert verdict("isotope_shift", *apart) == "compatible"
    # An inverse effect may be that of the pressure alone, just as well.
    assert verdict("isotope_shift", *pair(90.0, 100.0, gpa=100.0, second={"gpa": 110.0})) == "not shown"
    assert verdict("isotope_shift", *pair(100.0, 90.0, gpa=100.0, second={"gpa": 102.0})) == "shown"
    slope = Result("trend", "t", (est("critical_temperature_pressure_slope", 0.6, 0.01, "K/GPa", criterion=HALF),))
    claim = judged("isotope_shift", *apart, trends=(slope,))
    # 10 K of difference, of which 6 K may be due to 10 GPa: the error grows, and no shift is left to be seen.
    assert claim.verdict == "not shown"
    assert claim.number is not None
    assert claim.number.error is not None
    assert claim.number.error > 0.06 / math.log(2.0)
    small = Result("trend", "t", (est("critical_temperature_pressure_slope", 0.1, 0.01, "K/GPa", criterion=HALF),))
    assert verdict("isotope_shift", *apart, trends=(small,)) == "shown"


def test_pressures_that_are_not_known_well_leave_the_shift_uncertain() -> None:
    rough = pair(100.0, 90.9, gpa=150.0, gpa_error=10.0, second={"gpa": 190.0, "gpa_error": 10.0})
    claim = judged("isotope_shift", *rough)
    assert claim.verdict == "compatible"
    assert claim.number is not None
    assert claim.number.value == pytest.approx(0.1376, abs=1e-4)
    # Without a slope the pressures count as in a steep hydride: 2.4 % of Tc for 2.4 % of the pressure.
    near = judged("isotope_shift", *pair(100.0, 90.0, gpa=100.0, second={"gpa": 102.0})).number
    assert near is not None
    assert near.error == pytest.approx(math.hypot(0.024495, 0.001, 0.1 / 90.0) / math.log(2.0), rel=1e-3)
    unknown = pair(100.0, 71.0, gpa=100.0, gpa_error=None)
    assert verdict("isotope_shift", *unknown) == "compatible"


def test_drops_that_do_not_reach_zero_have_no_isotope_effect_of_superconductivity() -> None:
    claim = judged("isotope_shift", *pair(100.0, 71.0, left=0.5))
    assert claim.verdict == "not shown"
    assert "does not reach zero" in claim.words
    # Diamagnetism and spectra tell of themselves.
    onsets = [
        one("susceptibility", tc(at, criterion="onset", sweep=MEAN), isotope=isotope)
        for at, isotope in ((100.0, LIGHT), (71.0, HEAVY))
    ]
    assert verdict("isotope_shift", *onsets) == "shown"


def test_an_exponent_above_that_of_harmonic_phonons_is_told() -> None:
    claim = judged("isotope_shift", *pair(300.0, 50.0))
    assert claim.verdict == "compatible"
    assert claim.number is not None
    assert claim.number.value == pytest.approx(2.58, abs=0.01)
    assert "more than the 1/2" in claim.words
    assert verdict("isotope_shift", *pair(100.0, 70.6)) == "shown"  # 0.502(3)


def test_only_isotopes_of_one_element_and_criteria_alike_are_compared() -> None:
    light, heavy = pair(100.0, 71.0)
    oxygen = one("resistance", tc(71.0, sweep=MEAN), isotope=Isotope("O", 18.0))
    twin = one("resistance", tc(99.0, sweep=MEAN), isotope=LIGHT)
    onset = one("resistance", tc(71.0, criterion="onset", sweep=MEAN), isotope=HEAVY)
    for other in (oxygen, twin, onset):
        assert verdict("isotope_shift", light, other) == "not tested"
    unmarked = one("resistance", tc(71.0, sweep=MEAN))
    assert judged("isotope_shift", unmarked, unmarked).words == "no measurement of this"
    # The best of several pairs decides.
    assert verdict("isotope_shift", light, oxygen, heavy) == "shown"


def in_cell(cell: str, at: float, gpa: float | None = 100.0, gpa_error: float | None = 1.0, **rest: float) -> Measured:
    place = {"cell": cell, "gpa": gpa, "gpa_error": gpa_error}
    return one("resistance", *drop(at=at, **rest), name=f"R in {cell}", span=(5.0, 300.0), **place)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([in_cell("A", 100.0), in_cell("B", 92.0)], "shown"),
        ([in_cell("A", 100.0), in_cell("B", 80.0)], "contradicted"),
        ([in_cell("A", 100.0), in_cell("B", 80.0, 130.0)], "compatible"),  # at another pressure
        ([in_cell("A", 100.0, None), in_cell("B", 100.0)], "compatible"),  # one pressure is not known
        ([in_cell("A", 100.0), in_cell("A", 100.0)], "not tested"),
        ([in_cell("", 100.0), in_cell("B", 100.0)], "not tested"),
        ([in_cell("A", 100.0), in_cell("B", 100.0, plateau=0.4, noise=1e-3)], "not shown"),
        ([in_cell("A", 100.0, gpa_error=10.0), in_cell("B", 100.0, 140.0, gpa_error=10.0)], "compatible"),
        ([in_cell("A", 100.0, gpa_error=None), in_cell("B", 100.0, gpa_error=None)], "compatible"),
    ],
)
def test_a_second_cell_must_agree_at_one_pressure(measured: list[Measured], expected: str) -> None:
    assert verdict("second_cell", *measured) == expected


def test_a_second_cell_with_a_large_error_agrees_with_anything() -> None:
    rough = one("resistance", tc(60.0, 20.0, sweep=MEAN), *plateau(), name="B", cell="B", gpa=100.0)
    assert verdict("second_cell", in_cell("A", 100.0), rough) == "not shown"
    blank = one("resistance", tc(100.0, None, sweep=MEAN), *plateau(), name="B", cell="B", gpa=100.0)
    assert verdict("second_cell", in_cell("A", 100.0), blank) == "compatible"


PRESSURES = [
    (100.0, 1.0, 102.0, True),
    (100.0, 10.0, 140.0, None),  # 2.8 standard deviations, and up to 68 % apart
    (100.0, 10.0, 100.0, None),
    (100.0, 1.0, 106.0, False),
    (100.0, 0.1, 101.0, True),  # far beyond the errors, and less than gauges differ by
    (100.0, None, 102.0, True),
    (100.0, None, 106.0, False),
    (0.0, 0.1, 0.0, True),  # ambient pressure
    (0.0, 0.1, 0.4, None),
]


@pytest.mark.parametrize(("first", "error", "second", "expected"), PRESSURES)
def test_one_pressure_needs_errors_that_are_small(
    first: float, error: float | None, second: float, expected: bool | None
) -> None:
    pair = [one("resistance", cell="A", gpa=gpa, gpa_error=error) for gpa in (first, second)]
    assert same_pressure(*pair) is expected


def test_without_errors_pressures_are_one_within_a_cell_only() -> None:
    a, b = (one("resistance", cell=cell, gpa=100.0, gpa_error=None) for cell in "AB")
    assert same_pressure(a, a) is True
    assert same_pressure(a, b) is None


def test_other_methods_and_missing_transitions() -> None:
    gap = one("spectrum", tc(100.0, criterion="gap closes"), cell="B", gpa=100.0)
    assert verdict("second_cell", in_cell("A", 100.0), gap) == "compatible"
    absent = tc(None, criterion="onset", status=Status.NOT_FOUND)
    empty = one("resistance", absent, cell="B", gpa=100.0, span=(5.0, 300.0))
    assert verdict("second_cell", in_cell("A", 100.0), empty) == "contradicted"
    short = one("resistance", absent, cell="B", gpa=100.0, span=(120.0, 300.0))
    assert verdict("second_cell", in_cell("A", 100.0), short) == "not tested"


def test_a_sample_with_another_isotope_is_no_second_cell() -> None:
    heavy = one("resistance", *drop(at=71.0), cell="B", gpa=100.0, isotope=HEAVY)
    light = one("resistance", *drop(at=100.0), cell="A", gpa=100.0, isotope=LIGHT)
    assert verdict("second_cell", light, heavy) == "not tested"


def control(*estimates: Estimate, span: tuple[float, float] = (5.0, 300.0)) -> Measured:
    return one("resistance", *estimates, name="control", control="bare Ce", span=span)


ABSENT = tc(None, criterion="onset", status=Status.NOT_FOUND)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (control(ABSENT), "shown"),
        (control(ABSENT, span=(120.0, 300.0)), "not tested"),
        (control(tc(1.7, 0.1)), "shown"),
        (control(tc(95.0, 0.1)), "contradicted"),
        (control(tc(70.0, 20.0)), "not shown"),  # as far as its error goes, the sample's
        (control(tc(1.7, None)), "compatible"),
    ],
)
def test_a_control_must_not_do_what_the_sample_does(measured: Measured, expected: str) -> None:
    claim = judged("control_sample", one("resistance", *drop(at=100.0)), measured)
    assert claim.verdict == expected
    assert "bare Ce" in claim.words


def test_a_control_proves_nothing_else() -> None:
    measured = one("resistance", *drop(), name="control", control="lead", cell="B", gpa=100.0)
    assert verdict("zero_resistance", measured) == "not tested"
    assert verdict("second_cell", in_cell("A", 100.0), measured) == "not tested"
    assert verdict("control_sample", measured) == "not tested"  # without a sample
    assert verdict("control_sample", in_cell("A", 100.0)) == "not tested"  # without a control


def test_one_control_with_the_transition_decides() -> None:
    sample, bare = one("resistance", *drop(at=100.0)), control(tc(100.5, 0.1))
    clean = one("resistance", ABSENT, name="second", control="second gasket", span=(5.0, 300.0))
    claim = judged("control_sample", sample, bare, clean)
    assert (claim.verdict, claim.measurements) == ("contradicted", ("control",))
    assert claim.words.endswith("in favour: second")


def test_one_cell_that_disagrees_decides() -> None:
    cells = [in_cell("A", 100.0), in_cell("B", 99.0), in_cell("C", 80.0)]
    assert verdict("second_cell", *cells[:2]) == "shown"
    assert verdict("second_cell", *cells) == "contradicted"
