"""Every row of the shared tables is in the catalogue, and what the catalogue says to be in a table is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from megabar.catalogue import Catalogue, Entry, Kind

Rows = Callable[[str], list[dict[str, str]]]

SURVEY = "wang-2021"
COLUMNS = {
    "xrd": Kind.DIFFRACTION,
    "isotope_effect": Kind.ISOTOPE,
    "magnetization": Kind.MAGNETISATION,
    "zero_resistance": Kind.ZERO_RESISTANCE,
}


def number(text: str) -> float | None:
    return float(text) if text else None


def standing(items: tuple[Any, ...], place: str) -> list[Any]:
    return [item for item in items if item.source == SURVEY and item.place == place]


def survey_row(entry: Entry) -> dict[str, str]:
    """The row of table 1 that the entry was made from, built from the entry alone."""
    (point,) = standing(entry.points, "table 1")
    (synthesis,) = standing(entry.table.synthesis, "table 1")
    evidence = {item.kind: item for item in standing(entry.table.evidence, "table 1")}
    resistance = evidence.get(Kind.RESISTANCE)
    row = {
        "hydride": entry.formula,
        "tc_k": f"{point.critical_temperature:g}",
        "pressure_gpa": f"{point.pressure:g}",
        "starting_materials": "; ".join(synthesis.starting_materials),
        "heating": "none" if synthesis.heating == "not heated" else synthesis.heating,
        "resistance": "" if resistance is None else f"onset {'~' if resistance.about else ''}{resistance.value:g} ohm",
        "status": "retracted" if entry.retracted else "",
    }
    return row | {column: "yes" if kind in evidence else "" for column, kind in COLUMNS.items()}


def test_every_row_of_the_survey_with_all_its_columns(catalogue: Catalogue, printed: Rows) -> None:
    ours = [survey_row(entry) for entry in catalogue if standing(entry.points, "table 1")]
    rows = printed("s3_hydrides.csv")
    assert len(rows) >= 14

    def key(row: dict[str, str]) -> tuple[str, ...]:
        return row["hydride"], row["tc_k"]

    assert sorted(ours, key=key) == sorted(({k: r[k] for k in ours[0]} for r in rows), key=key)


def test_every_magnetisation_of_the_survey(catalogue: Catalogue, printed: Rows) -> None:
    nuclear = Kind.NUCLEAR_RESONANT_SCATTERING
    ours: Counter[tuple[str, str, str]] = Counter()
    for entry in catalogue:
        for item in standing(entry.table.evidence, "table 2"):
            assert item.kind in (Kind.MAGNETISATION, nuclear)
            method = item.kind.value if item.kind is nuclear else item.method
            assert entry.source(item.work).year == item.year
            ours[entry.formula, method, str(item.year)] += 1
    rows = printed("s3_magnetization.csv")
    theirs = Counter((one, r["method"], r["year"]) for r in rows for one in r["hydride"].split("/"))
    assert ours == theirs


def test_every_critical_temperature_of_the_la_ce_h_system(catalogue: Catalogue, printed: Rows) -> None:
    ours = Counter(
        (p.phase, p.cell, p.pressure, p.critical_temperature, p.remark or p.criterion)
        for name in ("laceh-chen-2023", "lahx-chen-2023")
        for entry in catalogue.find(name)
        for p in entry.points
    )
    rows = printed("s1_tc.csv")
    assert ours == Counter(
        (r["system"], r["cell"], number(r["pressure_gpa"]), number(r["tc_k"]), r["note"]) for r in rows
    )
    gauges = {p.gauge for name in ("laceh-chen-2023", "lahx-chen-2023") for p in catalogue.find(name)[0].points}
    assert gauges == {"diamond Raman edge, Akahama"}


def test_every_upper_critical_field_and_run_of_the_la_ce_h_system(catalogue: Catalogue, printed: Rows) -> None:
    tables = [catalogue.find(name)[0].table for name in ("laceh-chen-2023", "lahx-chen-2023")]
    fields = Counter(
        (f.cell, f.pressure, f.orientation, f.field) for table in tables for f in table.upper_critical_fields
    )
    assert fields == Counter(
        (r["cell"], number(r["pressure_gpa"]), r["orientation"], number(r["hc2_0_tesla"]))
        for r in printed("s1_hc2.csv")
    )
    assert all(f.law == "WHH" and f.temperature == 0.0 for table in tables for f in table.upper_critical_fields)
    runs = Counter(
        (r.run, r.sample, r.composition.removeprefix("La:Ce = "), r.pressure_before, r.pressure_after, r.measurements)
        for table in tables
        for r in table.runs
    )
    assert runs == Counter(
        (
            r["run"],
            r["sample"],
            r["la_ce"],
            number(r["pressure_before_gpa"]),
            number(r["pressure_after_gpa"]),
            tuple(r["measurements"].split(";")),
        )
        for r in printed("s1_runs.csv")
    )


@pytest.mark.parametrize(
    ("name", "file"), [("ceh9-cao-2024", "s0_ceh9.csv"), ("la3ni2o7-dong-2023", "s4_la3ni2o7.csv")]
)
def test_every_number_of_one_paper(name: str, file: str, catalogue: Catalogue, printed: Rows) -> None:
    (entry,) = catalogue.find(name)
    rows = printed(file)
    ours = Counter((q.quantity, q.value, q.error, q.unit, q.condition) for q in entry.table.quantities)
    others = [r for r in rows if not r["quantity"].startswith("tc")]
    assert ours == Counter(
        (r["quantity"], number(r["value"]), number(r["error"]), r["unit"], r["condition"]) for r in others
    )
    temperatures = [r for r in rows if r["quantity"].startswith("tc")]
    assert Counter((number(r["value"]), number(r["error"])) for r in temperatures) == Counter(
        (p.critical_temperature, p.critical_temperature_error) for p in entry.points
    )


@pytest.mark.parametrize(
    ("quantity", "condition", "criterion"),
    [
        ("tc", "cell 1 first run", "crossing of the lines"),
        ("tc_zero", "cell 1 first run", "zero"),
        ("tc", "cell 1 after three months", "crossing of the lines"),
        ("tc_onset", "cell 2", "onset"),
        ("tc_offset", "I-V", "offset"),
    ],
)
def test_criterion_and_sample_of_each_tc_of_ceh9(
    quantity: str, condition: str, criterion: str, catalogue: Catalogue, printed: Rows
) -> None:
    rows = [r for r in printed("s0_ceh9.csv") if r["quantity"] == quantity and r["condition"].startswith(condition)]
    (row,) = rows
    points = [p for p in catalogue.find("ceh9-cao-2024")[0].points if p.critical_temperature == float(row["value"])]
    (point,) = points
    assert point.criterion == criterion
    assert condition in (f"cell {point.cell} {point.remark}".strip(), point.remark) or (
        f"cell {point.cell} {point.remark}".startswith(condition)
    )
    assert point.pressure is not None
    assert point.gauge == "diamond Raman edge, Baer 2008"


def test_every_contact_on_cerium(catalogue: Catalogue, printed: Rows) -> None:
    (entry,) = catalogue.find("ce-monish-2025")
    (table,) = entry.table.tables
    assert table.columns == ("contact", "resistance (ohm)", "diameter (nm)")
    rows = printed("s2_contacts.csv")
    assert table.rows == tuple((float(r["contact"]), float(r["resistance_ohm"]), float(r["diameter_nm"])) for r in rows)
    assert len(table.rows) == 96
