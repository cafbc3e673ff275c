"""Zero resistance, what is left of it, and whether both directions agree."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import megabar
from megabar.data import Column, Curve, Estimate, Measured, Recording, Role, Source, Status
from megabar.evidence import Bar

from .made import HALF, MEAN, drop, est, judged, one, tc, verdict

SHARED = Path(__file__).parents[3] / "shared/data/measured"


@pytest.mark.parametrize(
    ("plateau", "noise", "expected"),
    [
        (0.0, 1e-3, "shown"),  # below 0.2 %
        (2.9e-3, 1e-3, "shown"),  # 2.9 standard deviations off, below 0.49 %
        (-2.9e-3, 1e-3, "shown"),
        (-8e-3, 3e-3, "compatible"),  # an offset of -0.8 % may be one of +0.8 %: below 1.4 %
        (1.5e-3, 1e-4, "compatible"),  # 15 standard deviations off, as small as an offset of a bridge
        (0.0, 1e-2, "compatible"),  # below 2 %
        (0.0, 4e-2, "not shown"),  # below 8 %: that is no zero
        (5e-3, 1e-3, "not shown"),  # 0.5 % remain
        (-5e-2, 1e-3, "not shown"),  # an offset of -5 %
        (0.4, 1e-3, "not shown"),
        (0.0, None, "compatible"),  # nobody knows the noise
        (0.1, None, "not shown"),
    ],
)
def test_zero_needs_both_agreement_with_zero_and_a_small_bound(
    plateau: float, noise: float | None, expected: str
) -> None:
    claim = judged("zero_resistance", one("resistance", *drop(plateau=plateau, noise=noise)))
    assert claim.verdict == expected
    assert claim.number is not None
    assert claim.number.value == pytest.approx(plateau, abs=1e-12)
    assert claim.number.unit == "1"


def test_the_ratio_its_error_and_its_bound_follow_from_both_resistances() -> None:
    claim = judged("zero_resistance", one("resistance", *drop(plateau=2e-3, noise=1e-3, normal=0.5)))
    number = claim.number
    assert number is not None
    assert number.error is not None
    # R0/Rn with Rn = 0.500(5e-4): derivatives by both, taken numerically.
    by_low = ((2e-3 + 1e-6) / 0.5 - 2e-3 / 0.5) / 1e-6 * 1e-3
    by_high = (2e-3 / (0.5 + 1e-6) - 2e-3 / 0.5) / 1e-6 * 5e-4
    assert number.error == pytest.approx(math.hypot(by_low, by_high), rel=1e-4)
    assert number.interval == (None, pytest.approx(4e-3 + 2.0 * number.error))
    assert "below 0.8 %" in claim.words


def test_the_smallest_bound_decides_and_the_rest_stands_against_it() -> None:
    measured = [
        one("resistance", *drop(noise=4e-3), name="a"),
        one("resistance", *drop(noise=1e-4), name="b"),
        one("resistance", *drop(plateau=0.2, noise=1e-3), name="c"),
    ]
    claim = judged("zero_resistance", *measured)
    assert claim.verdict == "shown"
    assert claim.measurements == ("b", "a")
    (against,) = claim.against
    assert against.startswith("c: not shown: +20 %")


def test_each_curve_speaks_once_by_its_mean_where_it_has_one() -> None:
    rows = drop(plateau=0.2, noise=1e-3)
    single = [replace(e, labels={**e.labels, "sweep": way}) for e in rows for way in ("cooling", "warming")]
    good = one("resistance", *drop(), name="good")
    bad = one("resistance", *rows, *single, name="bad")
    (against,) = judged("zero_resistance", good, bad).against
    assert against.startswith("bad: not shown: +20 %")
    assert "over 99 standard deviations" in against
    alone = one("resistance", *(e for e in single if e.labels["sweep"] == "cooling"), name="alone")
    assert verdict("zero_resistance", alone) == "not shown"


def test_two_probes_and_contacts_cannot_show_zero() -> None:
    estimates = [e for e in drop() if e.labels.get("criterion") != "zero"]
    absent = tc(None, criterion="zero", status=Status.NOT_TESTABLE)
    assert verdict("zero_resistance", one("resistance", *estimates, absent)) == "not testable"
    assert verdict("zero_resistance", one("spectrum", est("gap", 3.0, 0.1, "meV"))) == "not testable"
    # What can show it decides where there are both.
    assert verdict("zero_resistance", one("resistance", *drop()), one("spectrum", name="s")) == "shown"


def test_no_transition_is_no_zero() -> None:
    absent = tc(None, criterion="onset", remark="no transition between 2 and 300 K")
    claim = judged("zero_resistance", one("resistance", absent))
    assert (claim.verdict, claim.words) == ("not shown", "no transition between 2 and 300 K")


def test_currents_show_zero_at_small_currents() -> None:
    cold = [
        est("zero_current_resistance", 1e-7, 1e-7, "ohm", at="60 K"),
        est("zero_current_resistance", 0.1, 1e-4, "ohm", at="90 K"),
    ]
    ohmic = est("ohmic_resistance", 0.15, 1e-6, "ohm", at="120 K")
    claim = judged("zero_resistance", one("current", *cold, ohmic))
    assert claim.verdict == "shown"
    assert claim.number is not None
    assert claim.number.value == pytest.approx(1e-7 / 0.15)
    assert verdict("zero_resistance", one("current", *cold)) == "compatible"
    noisy = est("zero_current_resistance", 1e-7, 0.01, "ohm", at="60 K")  # up to a fifth of that at 90 K
    assert verdict("zero_resistance", one("current", noisy, cold[1])) == "not shown"
    left = est("zero_current_resistance", 0.02, 1e-4, "ohm", at="60 K")
    assert verdict("zero_resistance", one("current", left, ohmic)) == "not shown"


def swept(floor: float, lowest: float = 4.0, *, warming: bool = True, lag: float = 0.0) -> Recording:
    """R(T) of a metal that falls at 60 K to `floor` ohm, cooling and warming."""
    branches = []
    for shift, order in ((-lag, -1), (lag, 1)):
        t = np.linspace(lowest, 150.0, 293)[::order]
        r = floor + (1.0 + 0.005 * t - floor) / (1.0 + np.exp(-1.5 * (t - 60.0 - shift)))
        branches.append((t, r))
    t, r = (np.concatenate(parts) for parts in zip(*branches[: 2 if warming else 1], strict=True))
    r = r + 1e-4 * np.random.default_rng(4).standard_normal(t.size)
    columns = (Column("T", Role.TEMPERATURE, t, "K"), Column("R", Role.RESISTANCE, r, "ohm"))
    return Recording(Source("made.csv", "0" * 64), "made here", (Curve("curve", columns, simulated=True),))


def analysed(recording: Recording) -> Measured:
    settings = {"normal_state": False, "full_curve": False}
    return Measured("made", "", None, megabar.fit("resistance", recording, settings))


def test_a_measured_drop_to_zero_is_shown_and_one_to_a_floor_is_not() -> None:
    shown = judged("zero_resistance", analysed(swept(0.0)))
    assert shown.verdict == "shown"
    floor = judged("zero_resistance", analysed(swept(0.3)))
    assert floor.verdict == "not shown"
    assert floor.number is not None
    # The metal has 1 + 0.005 T ohm where the transition begins, near 61.5 K.
    assert floor.number.value == pytest.approx(0.3 / (1.0 + 0.005 * 61.5), rel=0.01)


def test_a_drop_that_still_falls_at_the_lowest_temperature_is_not_zero() -> None:
    cut = judged("zero_resistance", analysed(swept(0.0, lowest=59.0)))
    assert cut.verdict == "not shown"
    assert "still falls" in cut.words or "lowest temperature" in cut.words


@pytest.mark.parametrize(
    ("rho", "error", "expected"),
    [
        (0.0, 5e-11, "shown"),  # below 1e-10 ohm m, less than copper has at 4 K
        (0.0, 1e-9, "compatible"),
        (6.3e-8, 1e-9, "contradicted"),  # 6.3 uOhm cm at 53 mK, as S4 criticises
        (0.0, 2e-8, "not shown"),  # below 4 uOhm cm: a pure metal has less at room temperature
    ],
)
def test_what_is_left_is_compared_with_pure_metals(rho: float, error: float, expected: str) -> None:
    normal = 1e-5 if expected != "contradicted" else 1e-7
    claim = judged(
        "residual_resistivity", one("resistance", *drop(plateau=rho, noise=error, normal=normal, unit="ohm m"))
    )
    assert claim.verdict == expected
    assert claim.number is not None
    assert claim.number.value == rho


def test_a_resistance_needs_the_lengths_of_the_sample() -> None:
    measured = one("resistance", *drop(plateau=1e-6, noise=1e-6, normal=0.1))
    assert verdict("residual_resistivity", measured) == "not tested"
    bar = Bar(thickness=1.0, width=30.0, length=60.0, errors=(0.1, 3.0, 6.0))
    claim = judged("residual_resistivity", measured, bar=bar)
    # rho = R w t / l = 1e-6 ohm x 30 um x 1 um / 60 um
    assert claim.number is not None
    assert claim.number.value == pytest.approx(5e-13)
    assert claim.number.error == pytest.approx(5e-13 * math.hypot(1.0, 0.1, 0.1, 0.1), rel=1e-6, abs=0.0)
    assert claim.verdict == "shown"
    unknown = judged("residual_resistivity", measured, bar=replace(bar, errors=(0.1, None, 6.0)))
    assert unknown.number is not None
    assert unknown.number.error is None
    assert unknown.verdict == "not shown"
    assert "of the lengths" in unknown.words


def test_a_van_der_pauw_pair_gives_the_resistance_of_a_sheet() -> None:
    measured = one("resistance", *drop(plateau=1e-6, noise=1e-6, normal=0.1))
    pair = replace(measured, result=replace(measured.result, settings={"van_der_pauw": ["A", "B"]}))
    number = judged("residual_resistivity", pair, bar=Bar(2.0, 30.0, 60.0, (0.2, None, None))).number
    assert number is not None
    assert number.value == pytest.approx(2e-12)  # R t
    assert number.error == pytest.approx(2e-12 * math.hypot(1.0, 0.1))


@pytest.mark.skipif(not SHARED.is_dir(), reason="measured files are not here")
def test_a_measured_superconductor_in_fields_has_no_resistance_at_the_lowest_of_them() -> None:
    """(SnSe)1.16(NbSe2), R(H) at 2.0 to 2.3 K, 50 % at 0.49 T for 2.0 K: no R(T), so the ends of the loops count."""
    (file,) = SHARED.glob("transport/FAIRmat-NFDI__nomad-measurements/**/*.dat")
    result = megabar.fit("field", megabar.read(file))
    measured = Measured("loops", "", None, result)
    zero = judged("zero_resistance", measured)
    assert zero.verdict == "shown"
    assert "at the lowest fields, 2 K" in zero.words
    field = judged("field_suppression", measured)
    assert field.verdict == "shown"
    assert field.number is not None
    assert field.number.value == pytest.approx(0.49, abs=0.01)


def test_a_small_remainder_of_a_drop_that_does_not_reach_zero_claims_nothing() -> None:
    measured = one("resistance", *drop(plateau=1e-10, noise=1e-12, normal=1e-9, unit="ohm m"))
    assert verdict("residual_resistivity", measured) == "not shown"


def directions(shift: float, error: float = 0.1, **rest: float) -> list[Estimate]:
    both = [tc(100.0, error, sweep="cooling"), tc(100.0 + shift, error, sweep="warming")]
    return [*drop(**rest), *both]


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (0.1, "shown"),
        (-0.1, "shown"),
        (0.3, "compatible"),  # none within its error, which leaves up to 15 % of the width
        (-0.3, "compatible"),
        (3.0, "not shown"),
        (4.6, "contradicted"),
        (-4.6, "contradicted"),
    ],
)
def test_both_directions_agree_within_errors_or_width(shift: float, expected: str) -> None:
    claim = judged("reversibility", one("resistance", *directions(shift)))
    assert claim.verdict == expected
    assert claim.number is not None
    assert claim.number.value == pytest.approx(shift)
    assert claim.number.error == pytest.approx(0.1 * math.sqrt(2.0))


@pytest.mark.parametrize(("shift", "error"), [(8.0, 2.8), (3.0, 1.4), (0.0, 1.4)])
def test_errors_as_large_as_the_width_show_nothing(shift: float, error: float) -> None:
    claim = judged("reversibility", one("resistance", *directions(shift, error / math.sqrt(2.0))))
    assert claim.verdict == "not shown"
    assert claim.number is not None
    assert claim.number.error == pytest.approx(error)


def test_without_a_width_nothing_says_how_small_a_shift_must_be() -> None:
    rows = [e for e in directions(0.0) if e.quantity != "transition_width"]
    assert verdict("reversibility", one("resistance", *rows)) == "not shown"


def test_thermal_lag_is_told_from_a_broad_hysteresis_by_the_width() -> None:
    # 0.3 K is significant with errors of 0.01 K, and 7.5 % of the width of 4 K.
    assert verdict("reversibility", one("resistance", *directions(0.3, 0.01))) == "compatible"
    assert verdict("reversibility", one("resistance", *directions(0.5, 0.01))) == "not shown"


def test_one_direction_tests_nothing_and_a_partial_drop_claims_nothing() -> None:
    alone = one("resistance", *drop(), tc(100.0, sweep="cooling"))
    assert verdict("reversibility", alone) == "not tested"
    partial = judged("reversibility", one("resistance", *directions(0.0, plateau=0.4, noise=1e-3)))
    assert partial.verdict == "not shown"
    assert "does not reach zero" in partial.words


def test_an_unreversible_drop_is_contradicted_whether_it_reaches_zero_or_not() -> None:
    assert verdict("reversibility", one("resistance", *directions(6.0, plateau=0.4, noise=1e-3))) == "contradicted"


def test_sweeps_in_a_field_do_not_stand_for_those_without() -> None:
    in_field = [tc(80.0, sweep=f"cooling, {f} T") for f in (5,)] + [tc(90.0, sweep="warming, 5 T")]
    claim = judged("reversibility", one("field", *directions(0.1), *in_field))
    assert claim.verdict == "shown"
    assert claim.number is not None
    assert claim.number.value == pytest.approx(0.1)


def test_measured_hysteresis_comes_out() -> None:
    claim = judged("reversibility", analysed(swept(0.0, lag=0.05)))
    assert claim.number is not None
    # The readings stand 0.5 K apart, which smooths a little.
    assert claim.number.value == pytest.approx(0.1, abs=0.01)
    assert verdict("reversibility", analysed(swept(0.0, warming=False))) == "not tested"


def test_names_of_labels_are_those_of_the_analysis() -> None:
    labels = {e.labels["sweep"] for e in analysed(swept(0.0)).result.find("critical_temperature", criterion=HALF)}
    assert {"cooling", "warming", MEAN} <= labels
