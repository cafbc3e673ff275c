"""Numbers in the field's notation, against a table made by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.data.result import Estimate, Status
from megabar.errors import DomainError
from megabar.report.format import alone, interval, limits, systematic, uncertainty, value, with_error


@pytest.mark.parametrize(
    ("number", "error", "shown"),
    [
        (58.02, 0.11, "58.02(11)"),
        (58.0, 0.1, "58.00(10)"),
        (518.3, 4.2, "518(4)"),
        (518.3, 1.4, "518.3(14)"),
        (518.3, 14.0, "518(14)"),
        (5183.0, 140.0, "5180(140)"),
        (5183.0, 360.0, "5200(400)"),
        (1.7143, 0.0029, "1.7143(29)"),
        (1.7143, 0.0031, "1.714(3)"),
        (1.7143, 0.00299, "1.714(3)"),
        (0.6, 0.05, "0.60(5)"),
        (58.02, 0.96, "58.0(10)"),
        (58.02, 0.0996, "58.02(10)"),
        (58.02, 0.94, "58.0(9)"),
        (-4.26, 0.30, "−4.3(3)"),
        (-0.004, 0.3, "0.0(3)"),
        (0.0, 0.3, "0.0(3)"),
        (0.0, 0.012, "0.000(12)"),
        (0.3, 14.0, "0(14)"),
        (1.234e-8, 2e-10, "1.234(20) × 10⁻⁸"),
        (1.234e-8, 4e-8, "1(4) × 10⁻⁸"),
        (4.1e6, 3e5, "4.1(3) × 10⁶"),
        (0.000412, 0.000017, "0.000412(17)"),
        (295.0, None, "295"),
        (295.0, 0.0, "295"),
        (295.0, 1e-14, "295"),
        (0.99991, None, "0.99991"),
        (2 / 3, None, "0.666667"),
        (1e-9, None, "1 × 10⁻⁹"),
    ],
)
def test_value_with_error(number, error, shown):
    assert with_error(number, error) == shown


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e9))
def test_what_is_printed_reads_back_within_a_tenth_of_the_error(number, error):
    shown = with_error(number, error).replace("−", "-")
    if "(" not in shown:
        assert error < 1e-14 * abs(number)
        return
    match = re.fullmatch(r"(-?\d+(?:\.(\d+))?)\((\d+)\)(?: × 10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?", shown)
    power = int(match[4].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))) if match[4] else 0
    factor = 10.0**power
    assert float(match[1]) * factor == pytest.approx(number, abs=0.17 * error)
    assert int(match[3]) * 10.0 ** -len(match[2] or "") * factor == pytest.approx(error, rel=0.17)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.11, "0.11"), (4.2, "4"), (0.296, "0.3"), (140.0, "140"), (0.0, "0"), (3.1e-7, "3 × 10⁻⁷"), (0.1, "0.10")],
)
def test_error_alone(number, shown):
    assert uncertainty(number) == shown


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_refused(bad):
    with pytest.raises(DomainError):
        alone(bad)
    with pytest.raises(DomainError):
        with_error(bad, 1.0)
    with pytest.raises(DomainError):
        with_error(1.0, bad)
    with pytest.raises(DomainError):
        uncertainty(bad)


def test_negative_error_is_refused():
    with pytest.raises(DomainError, match="not negative"):
        with_error(1.0, -0.1)


def test_missing_value_says_why():
    missing = Estimate("critical_temperature", "m", None, "K", "zero", status=Status.NOT_FOUND)
    assert value(missing) == "not determined: not found in the measured range"


@pytest.mark.parametrize(
    ("number", "ends", "shown"),
    [
        (518.0, (514.0, 522.7), "+5 −4 (68.3 %)"),
        (518.0, (None, 522.7), "+5 −∞ (68.3 %)"),
        (518.0, (514.0, None), "+∞ −4 (68.3 %)"),
        (None, (514.0, None), "514 to ∞ (68.3 %)"),
        (None, (None, 3.0), "−∞ to 3 (68.3 %)"),
    ],
)
def test_intervals(number, ends, shown):
    estimate = Estimate("debye_temperature", "m", number, "K", "fit", interval=ends, level=0.6827)
    assert interval(estimate) == shown


@pytest.mark.parametrize(
    ("number", "ends", "shown"),
    [
        (None, (19.0, 21.99967), "19–22"),
        (None, (None, 0.31234), "< 0.312"),
        (None, (16.0, None), "> 16"),
        (None, (None, None), ""),
        (None, None, ""),
        (20.0, (19.0, 21.0), ""),
    ],
)
def test_limits_without_a_value(number, ends, shown):
    assert limits(Estimate("critical_temperature", "m", number, "K", "where it vanishes", interval=ends)) == shown


def test_systematic_parts_add_in_squares():
    estimate = Estimate("coupling", "m", 1.7, "", "f", systematic={"window": 3.0, "gauge": 4.0})
    assert systematic(estimate) == pytest.approx(5.0, rel=1e-15)
    assert systematic(Estimate("coupling", "m", 1.7, "", "f")) is None
