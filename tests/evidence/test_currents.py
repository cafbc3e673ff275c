"""Critical currents and gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from megabar.analysis.spectrum_estimates import BIASED
from megabar.constants import BOLTZMANN_MEV
from megabar.data import Estimate, Measured, Status

from .made import drop, est, judged, one, tc, verdict


def family(values: dict[float, float], error: float | None = 1e-4, *, ohmic: float | None = 120.0) -> Measured:
    rows = [est("critical_current", v, error, "A", at=f"{t:g} K", criterion="power law") for t, v in values.items()]
    rows += [] if ohmic is None else [est("ohmic_resistance", 0.15, 1e-6, "ohm", at=f"{ohmic:g} K")]
    return one("current", *rows, name="IV")


FALLING = {70.0: 0.03, 60.0: 0.07, 65.0: 0.05}


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (family(FALLING), "shown"),
        (family(FALLING, ohmic=None), "compatible"),
        (family(FALLING, ohmic=50.0), "compatible"),  # the straight curve lies below
        (family({60.0: 0.07, 65.0: 0.05}), "compatible"),
        (family({60.0: 0.07, 65.0: 0.05, 70.0: 0.06}), "not shown"),  # rises again
        (family({60.0: 0.07, 65.0: 0.07, 70.0: 0.07}), "not shown"),
        (family({60.0: 2e-4, 65.0: 1e-4, 70.0: 1e-5}), "not shown"),  # within its error
        (family({}), "not shown"),
    ],
)
def test_a_critical_current_must_stand_out_fall_and_end_in_ohmic_curves(measured: Measured, expected: str) -> None:
    assert verdict("critical_current", measured) == expected


def test_currents_without_errors_are_not_seen_falling() -> None:
    rows = family(FALLING).result.estimates
    blank = [replace(e, error=None) if "70 K" in str(e.labels) else e for e in rows]
    assert verdict("critical_current", one("current", *blank)) == "compatible"


def test_the_coldest_curve_gives_the_number() -> None:
    claim = judged("critical_current", family(FALLING))
    assert claim.number is not None
    assert (claim.number.value, claim.number.unit) == (0.07, "A")
    assert "70.0 mA at 60 K" in claim.words


def test_dips_of_a_contact_say_less() -> None:
    dips = one("spectrum", est("critical_current", 1e-3, 1e-6, "A", at="12 K"))
    assert verdict("critical_current", dips) == "compatible"
    assert verdict("critical_current", one("resistance", *drop())) == "not tested"


def contact(*more: Estimate, zero: float = 21.0, error: float = 0.1, remark: str = "", **rest: object) -> Measured:
    tc_value = 110.0
    ratio = 2.0 * zero / (BOLTZMANN_MEV * tc_value)
    return one(
        "spectrum",
        est("gap", zero, error, "meV", at="2 K", remark=remark),
        est("gap_zero", zero, error, "meV"),
        est("gap_ratio", ratio, 0.02, "1"),
        tc(tc_value, criterion="gap closes"),
        *more,
        name="contact",
        **rest,
    )


def test_a_gap_that_closes_is_shown_with_its_ratio() -> None:
    claim = judged("gap", contact())
    assert claim.verdict == "shown"
    assert claim.number is not None
    assert claim.number.quantity == "gap_ratio"
    assert "closes at 110.0 K" in claim.words


def test_the_ratio_by_the_resistive_onset_stands_beside_it() -> None:
    resistive = one("resistance", *drop(at=102.0), name="R")
    (words,) = [judged("gap", contact(), resistive).words]
    # The onset of `drop` lies 2 K above the middle.
    assert f"{42.0 / (0.0861733 * 104.0):.3g} with the resistive onset 104.0 K (R)" in words
    assert "resistive" not in judged("gap", contact(cell="A"), resistive).words


def test_a_ratio_below_weak_coupling_is_said() -> None:
    assert "below the weak-coupling 3.53" in judged("gap", contact(zero=16.0)).words
    assert "weak" not in judged("gap", contact()).words


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (contact(remark=BIASED), "compatible"),
        (one("spectrum", est("gap", 3.0, 0.1, "meV", at="2 K")), "compatible"),
        (one("spectrum", est("gap", 3.0, 1.0, "meV", at="2 K")), "not shown"),  # 3 standard deviations
        (one("spectrum", est("gap", None, unit="meV", at="2 K", remark="no feature above the noise")), "not shown"),
        (one("spectrum", est("gap", None, unit="meV", status=Status.NOT_TESTABLE)), "not testable"),
        (
            one("spectrum", est("gap", None, unit="meV", status=Status.FAILED, remark="no temperature")),
            "not tested",
        ),
        (one("contacts", est("mean_critical_temperature", 14.0, 0.5)), "not tested"),
    ],
)
def test_other_contacts_say_less(measured: Measured, expected: str) -> None:
    assert verdict("gap", measured) == expected


def test_a_thermal_contact_beside_a_good_one_costs_nothing() -> None:
    thermal = one("spectrum", est("gap", None, unit="meV", status=Status.NOT_TESTABLE))
    claim = judged("gap", thermal, contact())
    assert (claim.verdict, claim.against) == ("shown", ())
