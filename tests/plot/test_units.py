"""Units and words on figures."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megabar.plot.units import engineering_exponent, plain, pretty_unit, scaled_label, split_label, unit_exponent


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("ohm", "Ω"),
        ("ohm m", "Ω m"),
        ("A/m^2", "A/m²"),
        ("cm^-1", "cm⁻¹"),
        ("angstrom", "Å"),
        ("K/GPa", "K/GPa"),
        ("", ""),
        ("Ohms", "Ω"),
        ("ohmic", "ohmic"),
    ],
)
def test_spelled_units_become_signs(unit, shown):
    assert pretty_unit(unit) == shown


@pytest.mark.parametrize(
    ("label", "exponent", "shown"),
    [
        ("Resistance (ohm)", 0, "Resistance (Ω)"),
        ("Resistance (ohm)", -3, "Resistance (mΩ)"),
        ("Resistivity (ohm m)", -8, "Resistivity (µΩ cm)"),
        ("Resistivity (ohm m)", -5, "Resistivity (mΩ cm)"),
        ("Resistivity (ohm m)", -2, "Resistivity (Ω cm)"),
        ("Resistivity (ohm m)", 0, "Resistivity (Ω m)"),
        ("R (ohm)", 6, "R (MΩ)"),
        ("Slope (K/GPa)", -3, "Slope (10⁻³ K/GPa)"),
        ("Current density (A/m^2)", 9, "Current density (GA/m²)"),
        ("Temperature (K)", 6, "Temperature (10⁶ K)"),
        ("Ratio", -3, "Ratio (10⁻³)"),
        ("R(T) (ohm)", 0, "R(T) (Ω)"),
        ("Field (T) ", -3, "Field (mT)"),
    ],
)
def test_axis_labels_say_what_the_numbers_were_divided_by(label, exponent, shown):
    assert scaled_label(label, exponent) == shown


def test_label_without_a_unit_has_none():
    assert split_label("Ratio") == ("Ratio", "")
    assert split_label("R/R(onset)") == ("R/R(onset)", "")
    assert split_label("R/R(onset) at 5 K") == ("R/R(onset) at 5 K", "")


@given(st.floats(1e-30, 1e30))
def test_engineering_exponent_leaves_readable_numbers(largest):
    exponent = engineering_exponent(largest)
    assert exponent % 3 == 0
    assert 0.1 <= largest / 10.0**exponent < 1e4


@pytest.mark.parametrize("nothing", [0.0, -1.0, float("nan")])
def test_engineering_exponent_of_nothing_is_zero(nothing):
    assert engineering_exponent(nothing) == 0


@given(st.text())
def test_plain_text_can_be_written_anywhere(text):
    shown = plain(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(c) == "Cc" for c in shown)
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("resistivity", "exponent"),
    [(2.1e-7, -8), (1.1e-10, -8), (9e-5, -8), (2e-4, -5), (3e-2, -2), (0.9, -2), (3e-11, -11), (5e-13, -14), (0.0, -8)],
)
def test_resistivities_are_told_in_micro_ohm_centimetres_where_metals_are(resistivity, exponent):
    assert unit_exponent("ohm m", resistivity) == exponent


@given(st.floats(1e-15, 1e10))
def test_every_resistivity_gets_a_prefix(resistivity):
    exponent = unit_exponent("ohm m", resistivity)
    assert scaled_label("r (ohm m)", exponent).endswith("Ω cm)")
    assert 0.009 < resistivity / 10.0**exponent < 1.01e4
