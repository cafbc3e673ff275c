"""Tables of many contacts: the cerium table, laws that are known, sizes with errors, Tc by material, bad input."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from pydantic import ValidationError

import megabar
from megabar.analysis.contact_laws import Laws, find_groups
from megabar.analysis.contact_materials import by_material, compare, histogram
from megabar.analysis.contacts import Settings, analyse
from megabar.data import Column, Curve, Recording, Result, Role, Source, Status
from megabar.errors import DataError
from megabar.physics.contact import wexler_diameter

TABLE = Path(__file__).parents[1] / "reference" / "s2_contacts.csv"
LAW = {"tolerance": 0.02, "minimum": 4, "chance": 0.01}


def table(
    resistance: ArrayLike,
    diameter: ArrayLike | None = None,
    tc: ArrayLike | None = None,
    *,
    name: str = "contacts",
    error: ArrayLike | None = None,
    number: ArrayLike | None = None,
) -> Curve:
    """One curve as the readers make it: only the resistance has a role."""
    values = np.asarray(resistance, dtype=np.float64)
    spread = None if error is None else np.asarray(error, dtype=np.float64)
    columns = [Column("R (ohm)", Role.RESISTANCE, values, error=spread)]
    for heading, unit, numbers in (("contact", "", number), ("d (nm)", "nm", diameter), ("Tc (K)", "K", tc)):
        if numbers is not None:
            columns.append(Column(heading, Role.OTHER, np.asarray(numbers, dtype=np.float64), unit=unit))
    return Curve(name, tuple(columns))


def recording(*curves: Curve) -> Recording:
    return Recording(Source("contacts.csv", "0" * 64), "made for a test", curves)


def words(result: Result) -> str:
    return "\n".join(note.text for note in result.notes)


@pytest.fixture(scope="module")
def cerium() -> Result:
    return analyse(megabar.read(TABLE), measurement="cerium")


# --- the published table


def test_cerium_81_contacts_on_maxwell_and_15_on_two_sharvin_laws(cerium: Result) -> None:
    count = {str(e.labels["law"]): e.value for e in cerium.find("contacts_on_law")}
    assert count == {"Maxwell": 81.0, "Sharvin 1": 8.0, "Sharvin 2": 7.0}
    constant = {str(e.labels["law"]): e for e in cerium.find("law_constant")}
    assert constant["Maxwell"].value == pytest.approx(370.0, rel=1e-3)
    assert constant["Sharvin 1"].value == pytest.approx(4.95e4, rel=5e-3)
    assert constant["Sharvin 2"].value == pytest.approx(5.0e3, rel=5e-3)
    assert constant["Maxwell"].remark == "contacts 1-79, 95, 96"
    assert constant["Sharvin 1"].remark == "contacts 81, 88-94"
    assert constant["Sharvin 2"].remark == "contacts 80, 82-87"
    assert [e.unit for e in constant.values()] == ["ohm nm", "ohm nm^2", "ohm nm^2"]
    (lost,) = cerium.find("contacts_without_law")
    assert lost.value == 0.0


def test_cerium_what_the_constants_mean(cerium: Result) -> None:
    (resistivity,) = cerium.find("resistivity")
    assert resistivity.value == pytest.approx(37e-8, rel=1e-3)
    (ratio,) = cerium.find("law_constant_ratio")
    assert ratio.value == pytest.approx(10.0, rel=0.01)
    assert ratio.error == pytest.approx(ratio.value * np.hypot(0.0025, 0.0017), rel=0.05)
    paths = [e.value for e in cerium.find("mean_free_path")]
    assert paths == pytest.approx([79.0, 7.9], rel=0.01)
    for e in cerium.find("resistivity_times_mean_free_path"):
        (k,) = cerium.find("fermi_wavenumber", law=e.labels["law"])
        # rho l = 12 pi^3 hbar/(e^2 S) with the area S = 4 pi k_F^2 of the Fermi sphere
        assert e.value == pytest.approx(12.0 * np.pi**3 * 4108.2359 / (4.0 * np.pi * (k.value * 1e9) ** 2), rel=1e-6)
        assert k.error / k.value == pytest.approx(0.5 * e.error / e.value)


def test_cerium_slopes_confirm_the_laws(cerium: Result) -> None:
    for e in cerium.find("size_exponent"):
        expected = -1.0 if e.labels["law"] == "Maxwell" else -0.5
        assert e.value == pytest.approx(expected, abs=0.005)
        assert e.status == Status.OK


def test_a_result_travels_between_processes(cerium: Result) -> None:
    arrived = pickle.loads(pickle.dumps(cerium, protocol=5))
    assert [repr(e) for e in arrived.estimates] == [repr(e) for e in cerium.estimates]
    np.testing.assert_array_equal(arrived.details.table.number, cerium.details.table.number)


def test_cerium_in_words(cerium: Result) -> None:
    assert cerium.summary.startswith("96 contacts: 81 by Maxwell (369.8")
    assert "Maxwell: 81 of 96 within 2 %: contacts 1-79, 95, 96" in words(cerium)
    assert "on another group's law within 2 % too: contacts 3, 14, 26, 32, 43, 74" in words(cerium)
    assert "check them: contacts 48, 95, 96" in words(cerium)
    assert "as sizes do that were computed from the resistances" in words(cerium)
    assert "7.95 nm, where Sharvin's law does not hold: contacts 87" in words(cerium)
    assert cerium.kind == "contacts"
    assert not cerium.simulated


@pytest.mark.parametrize("tolerance", [0.015, 0.02, 0.03, 0.05])
def test_cerium_whatever_the_tolerance(tolerance: float) -> None:
    found = analyse(megabar.read(TABLE), Settings(tolerance=tolerance)).find("contacts_on_law")
    assert [e.value for e in found] == [81.0, 8.0, 7.0]


def test_cerium_in_any_order() -> None:
    data = np.loadtxt(TABLE, delimiter=",", skiprows=4)
    mixed = data[np.random.default_rng(1).permutation(96)]
    found = analyse(recording(table(mixed[:, 1], mixed[:, 2], number=mixed[:, 0])))
    assert [e.remark for e in found.find("law_constant")] == [
        "contacts 1-79, 95, 96",
        "contacts 81, 88-94",
        "contacts 80, 82-87",
    ]


# --- laws that are known


def rows_of(laws: Laws) -> list[list[int]]:
    return [group.rows.tolist() for group in laws.groups]


def on_law(power: int, constant: float, n: int, rng: np.random.Generator, scatter: float = 0.003) -> np.ndarray:
    """Resistance and diameter, shape (2, n), with a normal scatter of the diameter."""
    resistance = np.exp(rng.uniform(np.log(0.5), np.log(50.0), n))
    diameter = (constant / resistance) ** (1.0 / power) * np.exp(scatter * rng.standard_normal(n))
    return np.stack([resistance, diameter])


def test_made_up_groups_are_found_row_by_row() -> None:
    rng = np.random.default_rng(2)
    parts = [(1, 1234.0, 30), (1, 87.0, 21), (2, 7.7e5, 12)]
    r, d = np.concatenate([on_law(power, c, n, rng) for power, c, n in parts], axis=1)
    laws = find_groups(r, d, **LAW)
    # A row may lie where two laws cross; then either is right.
    for group, (power, constant, size), first in zip(laws.groups, parts, (0, 30, 51), strict=True):
        assert group.power == power
        assert group.constant == pytest.approx(constant, rel=0.01)
        right = set(range(first, first + size))
        assert set(group.rows.tolist()) ^ right <= {row for g in laws.groups for row in g.shared.tolist()}
    assert laws.leftover.size == 0


def test_one_group_alone() -> None:
    r, d = on_law(2, 3e4, 25, np.random.default_rng(3))
    laws = find_groups(r, d, **LAW)
    assert rows_of(laws) == [list(range(25))]
    assert laws.groups[0].law == "Sharvin"
    assert laws.groups[0].constant == pytest.approx(3e4, rel=5e-3)


def test_rows_that_follow_no_law_are_named() -> None:
    rng = np.random.default_rng(4)
    r, d = on_law(1, 500.0, 20, rng)
    r, d = np.append(r, [1.0, 5.0, 20.0]), np.append(d, [300.0, 40.0, 90.0])
    result = analyse(recording(table(r, d)))
    (lost,) = result.find("contacts_without_law")
    assert lost.value == 3.0
    assert lost.remark == "contacts 21-23"
    assert "on none of these laws: contacts 21-23" in words(result)
    assert [e.value for e in result.find("contacts_on_law")] == [20.0]


def test_tables_without_a_law_have_no_group() -> None:
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(5, 120))
        laws = find_groups(np.exp(rng.uniform(0.0, 4.0, n)), np.exp(rng.uniform(2.0, 6.0, n)), **LAW)
        found += bool(laws.groups)
    assert found <= 2
    rng = np.random.default_rng(0)
    result = analyse(recording(table(np.exp(rng.uniform(0, 4, 50)), np.exp(rng.uniform(2, 6, 50)))))
    assert "no group of contacts follows one law within 2 % beyond chance" in words(result)
    assert result.summary == "50 contacts: 50 by none"


def test_contacts_of_one_size_tell_no_law() -> None:
    rng = np.random.default_rng(5)
    r = 10.0 * np.exp(0.004 * rng.standard_normal(40))
    d = 37.0 * np.exp(0.004 * rng.standard_normal(40))
    assert rows_of(find_groups(r, d, **LAW)) == []
    assert rows_of(find_groups(np.full(10, 10.0), np.full(10, 37.0), **LAW)) == []


def test_a_row_on_two_laws_is_named_and_goes_to_one_group() -> None:
    """R d = 400 and R d^2 = 4e4 cross at d = 100 nm, R = 4 ohm."""
    rng = np.random.default_rng(6)
    one, other = on_law(1, 400.0, 30, rng, 0.001), on_law(2, 4e4, 10, rng, 0.004)
    r, d = np.concatenate([one, other, [[4.0], [100.0]]], axis=1)
    laws = find_groups(r, d, **LAW)
    homes = [group.law for group in laws.groups if 40 in group.rows]
    assert homes == ["Maxwell"]  # larger and tighter
    assert 40 in laws.groups[0].shared
    result = analyse(recording(table(r, d)))
    assert "on another group's law within 2 % too" in words(result)
    assert sum(e.value for e in result.find("contacts_on_law")) == 41.0


def test_a_scatter_wider_than_the_tolerance_is_told() -> None:
    r, d = on_law(1, 300.0, 80, np.random.default_rng(7), 0.1)
    result = analyse(recording(table(r, d)))
    assert "slices of a scatter wider than the tolerance" in words(result)
    wide = analyse(recording(table(r, d)), Settings(tolerance=0.3))
    (constant,) = wide.find("law_constant")
    assert abs(constant.value - 300.0) < 3.0 * constant.error
    assert "computed from the resistances" not in words(wide)


def test_another_power_of_the_resistance_is_told() -> None:
    rng = np.random.default_rng(1)
    r = np.exp(rng.uniform(0.0, 3.0, 200))
    result = analyse(recording(table(r, 300.0 * r**-0.7 * np.exp(0.01 * rng.standard_normal(200)))))
    assert "another law may be behind it" in words(result)
    assert Status.MISFIT in {e.status for e in result.find("law_constant")}


def test_error_of_a_constant_covers_the_truth() -> None:
    """Scatter well inside the tolerance, so that nothing is cut off: 68 % within one error."""
    inside = 0
    for seed in range(300):
        r, d = on_law(1, 500.0, 20, np.random.default_rng(seed), 0.02)
        (group,) = find_groups(r, d, tolerance=0.15, minimum=4, chance=0.01).groups
        inside += abs(np.log(group.constant / 500.0)) < (group.relative_error or 0.0)
    assert 0.60 < inside / 300 < 0.76


def test_exact_sizes_have_no_error() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    result = analyse(recording(table(r, 256.0 / r)))
    (constant,) = result.find("law_constant")
    assert constant.value == pytest.approx(256.0, rel=1e-12)
    assert constant.error is None or constant.error < 1e-10


# --- sizes from resistances


def test_sizes_by_all_laws_without_diameters() -> None:
    r = np.array([1.0, 10.0, 100.0])
    metal = Settings(
        resistivity=4e-7, resistivity_error=4e-8, mean_free_path=20.0, mean_free_path_error=5.0, inelastic_length=400.0
    )
    result = analyse(recording(table(r, number=[7, 8, 9])), metal)
    found = {e.labels["contact"]: e for e in result.find("contact_diameter")}
    assert list(found) == [7.0, 8.0, 9.0]
    # By hand: R = 16 rho l/(3 pi d^2) + gamma rho/d at the diameter found, the fit of Nikolic and Allen for gamma
    for resistance, e in zip(r, found.values(), strict=True):
        k = 40.0 / e.value
        gamma = (1.0 + 0.83 * k) / (1.0 + 1.33 * k)
        back = 16.0 * 4e-7 * 20e-9 / (3.0 * np.pi * (e.value * 1e-9) ** 2) + gamma * 4e-7 / (e.value * 1e-9)
        assert back == pytest.approx(resistance, rel=1e-9)
        sharvin = 1e9 * np.sqrt(16.0 * 4e-7 * 20e-9 / (3.0 * np.pi * resistance))
        # Sharvin's resistance is the larger one for narrow contacts
        simple = sharvin if k > 3.0 * np.pi / 8.0 else 400.0 / resistance
        assert e.systematic["law"] == pytest.approx(0.5 * abs(e.value - simple))
        assert 0.0 < e.systematic["form of gamma"] < 0.03 * e.value
    assert [e.remark.split(",")[0] for e in found.values()] == ["thermal", "intermediate", "ballistic"]
    count = {e.labels["regime"]: e.value for e in result.find("contacts_in_regime")}
    assert count == {"ballistic": 1.0, "intermediate": 1.0, "thermal": 1.0}
    medians = {e.labels["law"]: e.value for e in result.find("median_contact_diameter")}
    assert medians["Maxwell"] == pytest.approx(40.0)
    assert set(medians) == {"Wexler", "Sharvin", "Maxwell"}
    assert "nm by Wexler" in result.summary


def test_errors_of_sizes_against_draws() -> None:
    """Log-normal draws of the metal and of the readings, and the standard deviation of ln d."""
    r = np.array([2.0, 20.0, 200.0])
    metal = Settings(resistivity=4e-7, resistivity_error=6e-8, mean_free_path=20.0, mean_free_path_error=5.0)
    result = analyse(recording(table(r, error=0.05 * r)), metal)
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((3, 4000))
    for resistance, e in zip(r, result.find("contact_diameter"), strict=True):
        d = wexler_diameter(
            resistance * np.exp(0.05 * draws[0]),
            resistivity=4e-7 * np.exp(0.15 * draws[1]),
            mean_free_path=20.0 * np.exp(0.25 * draws[2]),
        )
        assert e.error / e.value == pytest.approx(np.std(np.log(d)), rel=0.05)


def test_sizes_without_errors_or_without_a_mean_free_path() -> None:
    r = [1.0, 10.0, 100.0]
    plain = analyse(recording(table(r)), Settings(resistivity=4e-7, mean_free_path=20.0))
    assert [e.error for e in plain.find("contact_diameter")] == [None] * 3
    count = {e.labels["regime"]: e for e in plain.find("contacts_in_regime")}
    assert count["thermal"].value is None
    assert count["thermal"].status == Status.UNDETERMINED
    assert count["ballistic"].value == 1.0
    assert "intermediate and thermal are not told apart" in words(plain)
    maxwell = analyse(recording(table(r)), Settings(resistivity=4e-7, resistivity_error=2e-8))
    assert [e.value for e in maxwell.find("contact_diameter")] == pytest.approx([400.0, 40.0, 4.0])
    assert [e.error for e in maxwell.find("contact_diameter")] == pytest.approx([20.0, 2.0, 0.2], rel=1e-3)
    assert all(e.value is None for e in maxwell.find("contacts_in_regime"))


def test_sizes_beside_printed_ones_are_compared() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    result = analyse(recording(table(r, 370.0 / r)), Settings(resistivity=3.7e-7))
    assert "the diameters of the table are 1 times those by Maxwell" in words(result)


# --- critical temperatures by material


def tips() -> Recording:
    """What a file gives that was read with its tip column as group."""
    rng = np.random.default_rng(8)
    curves = []
    for name, n, mean in (("Au", 15, 12.0), ("Ag", 25, 16.0), ("Pt-Ir", 40, 16.8)):
        curves.append(table(rng.uniform(1, 10, n), tc=mean + 2.0 * rng.standard_normal(n), name=name))
    return recording(*curves)


def test_distribution_of_tc_by_material() -> None:
    source = tips()
    result = analyse(source)
    for curve in source.curves:
        tc = curve.columns[1].values
        own = {e.quantity: e for e in result.estimates if e.labels.get("material") == curve.name}
        assert own["mean_critical_temperature"].value == pytest.approx(np.mean(tc))
        assert own["mean_critical_temperature"].error == pytest.approx(np.std(tc, ddof=1) / np.sqrt(tc.size))
        assert own["median_critical_temperature"].value == pytest.approx(np.median(tc))
        assert own["spread_of_critical_temperature"].value == pytest.approx(np.std(tc, ddof=1))
        assert own["highest_critical_temperature"].value == tc.max()
        assert own["lowest_critical_temperature"].value == tc.min()
        assert own["contacts_with_critical_temperature"].value == tc.size
    (every,) = result.find("contacts_with_critical_temperature", material="all contacts")
    assert every.value == 80.0
    assert "mean Tc Au 1" in result.summary


def test_materials_are_compared_in_words() -> None:
    result = analyse(tips())
    verdicts = {e.labels["materials"]: e for e in result.find("critical_temperature_difference")}
    assert set(verdicts) == {"Ag less Au", "Pt-Ir less Au", "Pt-Ir less Ag"}
    assert verdicts["Pt-Ir less Au"].value > 2.0
    assert "Pt-Ir higher than Au, beyond chance (Mann-Whitney, p < 0.001)" in verdicts["Pt-Ir less Au"].remark
    assert "may be chance" in verdicts["Pt-Ir less Ag"].remark
    assert "over 3 comparisons by Holm's rule" in words(result)


def test_probabilities_by_counting_orders() -> None:
    """Three against three without overlap: 2 of 20 orders are as extreme. Holm: 3, 2 and 1 times, never falling."""
    apart = compare({"a": np.array([1.0, 2.0, 3.0]), "b": np.array([4.0, 5.0, 6.0])})
    assert apart[0].probability == pytest.approx(0.1)
    assert (apart[0].first, apart[0].difference) == ("b", 3.0)
    three = compare({n: np.array([1.0, 2.0, 3.0]) + s for n, s in (("a", 0.0), ("b", 10.0), ("c", 20.0))})
    assert [one.probability for one in three] == pytest.approx([0.3, 0.3, 0.3])
    few = compare({"a": np.array([1.0, 2.0]), "b": np.array([4.0, 5.0, 6.0])})
    assert few[0].probability is None
    same = compare({"a": np.full(5, 2.0), "b": np.full(4, 2.0)})
    assert same[0].probability == 1.0
    assert same[0].error is None


def test_materials_from_ranges_of_contact_numbers() -> None:
    tc = np.arange(10.0, 18.0)
    ranges = {"Au": [(1, 3)], "Ag": [(4, 5), (7, 7)]}
    result = analyse(recording(table(np.arange(1.0, 9.0), tc=tc)), Settings(materials=ranges))
    counts = {e.labels["material"]: e.value for e in result.find("contacts_with_critical_temperature")}
    assert counts == {"Au": 3.0, "Ag": 3.0, "all contacts": 6.0}
    assert "contacts 6, 8: no material named" in words(result)
    with pytest.raises(DataError, match="contact 3 is both Au and Ag"):
        analyse(recording(table(np.arange(1.0, 9.0), tc=tc)), Settings(materials={"Au": [(1, 3)], "Ag": [(3, 5)]}))


def test_one_material_and_one_contact() -> None:
    result = analyse(recording(table([1.0, 2.0, 3.0], tc=[np.nan, np.nan, 12.0])))
    (mean,) = result.find("mean_critical_temperature")
    assert (mean.value, mean.error) == (12.0, None)
    (spread,) = result.find("spread_of_critical_temperature")
    assert spread.value is None
    assert not result.find("critical_temperature_difference")
    assert "all contacts" in {e.labels["material"] for e in result.find("mean_critical_temperature")}


def test_histogram_holds_every_contact() -> None:
    rng = np.random.default_rng(9)
    for values in (rng.normal(15, 3, 100), np.full(7, 12.0), np.array([1.0, 1000.0, 2.0, 3.0])):
        for width in (None, 0.7, 1e-6):
            edges, counts = histogram({"x": values}, width)
            assert counts["x"].sum() == values.size
            assert 1 <= edges.size - 1 <= 60
    edges, _ = histogram({"x": np.array([10.0, 12.0])}, 0.5)
    assert np.diff(edges) == pytest.approx(0.5)


def test_tc_that_is_not_positive_is_missing() -> None:
    result = analyse(recording(table([1.0, 2.0, 3.0, 4.0], tc=[12.0, -1.0, 11.0, 0.0])))
    (count,) = result.find("contacts_with_critical_temperature")
    assert count.value == 2.0
    assert "contacts 2, 4: Tc zero or negative: taken as missing" in words(result)


# --- figures


def test_panels(cerium: Result) -> None:
    size, deviation = cerium.panels
    assert size.x_label == "log10 of the resistance in ohm"
    assert [t.x.size for t in size.traces if t.style == "data"] == [81, 8, 7]
    for trace in size.traces:
        if trace.style == "fit":
            assert np.diff(trace.y) / np.diff(trace.x) == pytest.approx(-1.0 if "Maxwell" in trace.name else -0.5)
    points = {t.name: t for t in deviation.traces}
    assert np.abs(points["Maxwell"].y).max() == pytest.approx(1.35, abs=0.02)
    assert {"contact 48", "contact 95", "contact 96"} <= set(points)
    assert "tolerance is 2 %" in deviation.caption


def test_every_panel_can_be_drawn() -> None:
    both = analyse(tips(), Settings(resistivity=4e-7, mean_free_path=20.0, resistivity_error=1e-8))
    assert [panel.title for panel in both.panels] == ["sizes from the resistances", "critical temperature"]
    assert len(megabar.plot(both).axes) == 2
    rng = np.random.default_rng(0)
    none = analyse(recording(table(np.exp(rng.uniform(0, 4, 50)), np.exp(rng.uniform(2, 6, 50)))))
    assert len(megabar.plot(none).axes) == 1


# --- bad input


def test_bad_resistances() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, -3.0, 0.0])
    result = analyse(recording(table(r, 400.0 / np.abs(r + 1e-9))))
    assert "contacts 5, 6: resistance zero or negative: left out" in words(result)
    assert [e.value for e in result.find("contacts_on_law")] == [4.0]
    with pytest.raises(DataError, match=r"contacts\.csv: 2 contacts with a positive resistance, fewer than 3"):
        analyse(recording(table([1.0, 2.0, -1.0], [1.0, 2.0, 3.0])))
    with pytest.raises(DataError, match="fewer than 3"):
        analyse(recording(table([1.0, 2.0], [1.0, 2.0])))


def test_nothing_to_analyse_is_one_clear_line() -> None:
    with pytest.raises(DataError, match=r"3 resistances but neither diameters nor Tc: name their columns") as caught:
        analyse(recording(table([1.0, 2.0, 3.0])))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="no resistance column"):
        analyse(recording(Curve("x", (Column("d (nm)", Role.OTHER, np.ones(4)),))))


def test_missing_diameters_are_named() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 5.0])
    d = 400.0 / r
    d[5] = np.nan
    result = analyse(recording(table(r, d)))
    assert "contacts 6: no diameter: not sorted by law" in words(result)
    d[4] = -1.0
    assert "contacts 5: diameter zero or negative: taken as missing" in words(analyse(recording(table(r, d))))
    only_tc = analyse(recording(table(r, tc=r)))
    assert "no diameters in the table: give settings.resistivity" in words(only_tc)


def test_columns_by_name_and_by_heading() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0])

    def with_column(heading: str, unit: str = "") -> Recording:
        columns = (Column("R", Role.RESISTANCE, r), Column(heading, Role.OTHER, 400.0 / r, unit=unit))
        return recording(Curve("x", columns))

    for heading in ("d", "d (nm)", "Diameter (nm)", "diameter_nm", "contact diameter d(nm)"):
        assert analyse(with_column(heading)).find("law_constant")[0].value == pytest.approx(400.0)
    assert "'d' gives no unit: taken as nm" in words(analyse(with_column("d")))
    assert analyse(with_column("size"), Settings(diameter="size")).find("law_constant")
    with pytest.raises(DataError, match=r"settings\.diameter names column 'width'; columns found: 'R', 'size'"):
        analyse(with_column("size"), Settings(diameter="width"))
    with pytest.raises(DataError, match="is in um: give diameters in nm"):
        analyse(with_column("diameter (um)", "um"))
    tc = analyse(recording(Curve("x", (Column("R", Role.RESISTANCE, r), Column("T_c (K)", Role.TEMPERATURE, r)))))
    assert tc.find("mean_critical_temperature")[0].value == pytest.approx(r.mean())


def test_repeated_contact_numbers_become_row_numbers() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    result = analyse(recording(table(r, 400.0 / r, number=[1, 2, 2, 3, 4])))
    assert result.find("law_constant")[0].remark == "contacts 1-5"
    assert "contacts are numbered by row" in words(result)


def test_a_curve_is_no_table_of_contacts() -> None:
    with pytest.raises(DataError, match="3001 rows, more than 3000: not a table of contacts"):
        analyse(recording(table(np.ones(3001), np.ones(3001))))


def test_settings_that_contradict_themselves() -> None:
    for wrong, message in (
        ({"mean_free_path": 10.0}, "needs the resistivity"),
        ({"resistivity_error": 1e-8}, "needs a larger resistivity"),
        ({"resistivity": 1e-7, "resistivity_error": 2e-7}, "needs a larger resistivity"),
        ({"resistivity": 1e-7, "inelastic_length": 10.0}, "needs the elastic mean_free_path"),
        ({"materials": {"Au": [(5, 2)]}}, "the range 5 to 2 does not rise"),
        ({"tolerance": 0.0}, "greater than 0"),
        ({"factor": "holm"}, "'nikolic', 'wexler' or 'boltzmann'"),
        ({"colour": 1}, "Extra inputs"),
    ):
        with pytest.raises(ValidationError, match=message):
            Settings(**wrong)


def test_marks_settings_and_progress() -> None:
    r = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    curve = Curve("x", table(r, 400.0 / r).columns, simulated=True)
    shares: list[float] = []
    result = analyse(recording(curve), measurement="made up", progress=shares.append)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert result.simulated
    assert result.measurement == "made up"
    assert result.settings["tolerance"] == 0.02
    assert result.details.laws.groups[0].rows.size == 5
    assert by_material(result.details.table) == {}
