"""Selections, the order by figure of merit, and calculated against measured Tc."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from math import hypot, sqrt

import numpy as np
import pytest
from pydantic import ValidationError

from megabar.catalogue import Catalogue, Entry, Kind
from megabar.catalogue.entry import HOW_SHOWN
from megabar.errors import DomainError, ExperimentError


def names(catalogue: Catalogue) -> set[str]:
    return {entry.name for entry in catalogue}


def survey(catalogue: Catalogue) -> Catalogue:
    """The entries of the survey's table 1, each with its point there alone."""
    kept = []
    for entry in catalogue:
        points = tuple(p for p in entry.points if (p.source, p.place) == ("wang-2021", "table 1"))
        if points:
            kept.append(replace(entry, points=points))
    return Catalogue(tuple(kept))


def test_the_order_of_the_survey_is_that_of_the_equation(catalogue: Catalogue) -> None:
    table = survey(catalogue)
    assert len(table) == 15
    ranked = table.ranking()
    assert [r.rank for r in ranked] == [*range(1, 15), None]
    merits = [r.merit for r in ranked if r.rank is not None]
    assert merits == sorted(merits, reverse=True)
    for r in ranked:
        assert r.point.pressure is not None
        assert r.merit == pytest.approx(r.point.critical_temperature / hypot(39.0, r.point.pressure), rel=1e-12)
    assert [r.entry.formula for r in ranked][:7] == ["LaHx", "LaHx", "LaYHx", "HxS", "CaHx", "YHx", "CeHx"]
    assert ranked[-1].entry.formula == "CSH"


def test_below_100_gpa_the_survey_has_cerium_hydride_first(catalogue: Catalogue) -> None:
    ranked = survey(catalogue).ranking(below=100.0)
    assert ranked[0].entry.name == "cehx-chen-2021"
    assert round(ranked[0].merit, 2) == 1.12


def test_later_papers_stand_above_cerium_hydride(catalogue: Catalogue) -> None:
    later = catalogue.select(element="La").select(pressure=(None, 100.0))
    merit = {entry.name: entry.merit for entry in later}
    assert merit["laceh-chen-2023"] == pytest.approx(176.0 / sqrt(39.0**2 + 100.0**2))
    assert round(merit["laceh-chen-2023"] or 0.0, 4) == 1.6397
    assert round(merit["la3ni2o7-dong-2023"] or 0.0, 4) == round(58.0 / hypot(39.0, 22.4), 4) == 1.2896
    cerium = catalogue.find("cehx-chen-2021")[0].merit
    assert cerium is not None
    for name in ("laceh-chen-2023", "la3ni2o7-dong-2023"):
        found = merit[name]
        assert found is not None
        assert found > cerium
    assert catalogue.find("mgb2-nagamatsu-2001")[0].merit == 1.0


def test_what_is_retracted_has_no_rank_unless_asked_for(catalogue: Catalogue) -> None:
    without = {r.entry.name: r.rank for r in catalogue.ranking()}
    assert without["csh-snider-2020"] is None
    assert without["lunh-dasenbrock-gammon-2023"] is None
    counted = catalogue.ranking(with_retracted=True)
    assert counted[0].entry.name == "lunh-dasenbrock-gammon-2023"
    assert counted[0].rank == 1
    assert None not in [r.rank for r in counted]
    assert len(counted) == len(without)


def test_selections_by_each_filter_and_by_several(catalogue: Catalogue) -> None:
    assert {"ceh9-cao-2024", "cehx-chen-2021", "laceh-chen-2023"} <= names(catalogue.select(element="Ce"))
    assert names(catalogue.select(element=["La", "Ce"])) == {"laceh-chen-2023"}
    assert names(catalogue.select(status="retracted")) == {"csh-snider-2020", "lunh-dasenbrock-gammon-2023"}
    assert names(catalogue.select(status=["corrected", "retracted"], element="Ca")) == {"cahx-ma-2022"}
    assert names(catalogue.select(evidence="nuclear resonant scattering")) == {"hxs-drozdov-2015"}
    assert names(catalogue.select(evidence=["isotope effect", "zero resistance"], element="Y")) == {"yhx-kong-2021"}
    assert "csh-snider-2020" not in names(catalogue.select(with_retracted=False))
    assert len(catalogue.select()) == len(catalogue)


def test_ranges_keep_the_points_inside_ends_included(catalogue: Catalogue) -> None:
    found = catalogue.select(pressure=(95.0, 104.0), critical_temperature=(150.0, None), element="H")
    (entry,) = found.entries
    assert entry.name == "laceh-chen-2023"
    assert {(p.pressure, p.critical_temperature) for p in entry.points} == {
        (100.0, 176.0),
        (95.0, 155.0),
        (104.0, 180.0),
    }
    assert entry.table.points == catalogue.find("laceh-chen-2023")[0].points  # the file itself stays whole
    unplaced = catalogue.find("la3ni2o7-sun-2023")[0]
    assert unplaced.name not in names(catalogue.select(pressure=(0.0, None)))
    assert unplaced.name in names(catalogue.select(critical_temperature=(79.0, 81.0)))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            {"evidence": "tunneling"},
            r'evidence: found "tunneling"; allowed: resistance, .* did you mean "tunnelling gap"',
        ),
        ({"status": "withdrawn"}, r'status: found "withdrawn"; allowed: published, contested, corrected, retracted'),
        ({"pressure": (110.0, 90.0)}, "pressure: the range from 110 to 90 is empty"),
        ({"critical_temperature": (float("nan"), 1.0)}, "critical temperature: the range from nan"),
    ],
)
def test_wrong_filters_are_refused(catalogue: Catalogue, wanted: dict[str, object], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        catalogue.select(**wanted)  # type: ignore[arg-type]


def test_entries_are_found_by_name_formula_and_alias(catalogue: Catalogue) -> None:
    assert [e.name for e in catalogue.find("CSH-Snider-2020")] == ["csh-snider-2020"]
    assert [e.name for e in catalogue.find("h3s")] == ["hxs-drozdov-2015"]
    assert len(catalogue.find("LaHx")) == 3
    assert {e.name for e in catalogue.find("ceh9")} == {"ceh9-cao-2024", "cehx-chen-2021"}
    with pytest.raises(ExperimentError, match=r'no entry "LaH12"; did you mean "lah10"'):
        catalogue.find("LaH12")
    with pytest.raises(ExperimentError, match=r'no entry "unobtainium"; `megabar catalogue list` shows all'):
        catalogue.find("unobtainium")


def test_everything_is_frozen(catalogue: Catalogue) -> None:
    entry = catalogue.entries[0]
    with pytest.raises(FrozenInstanceError):
        catalogue.entries = ()  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        entry.name = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        entry.table.formula = "X"
    with pytest.raises(ValidationError):
        entry.points[0].critical_temperature = 300.0


def made_up(entry: Entry, *kinds: Kind) -> Entry:
    evidence = tuple(item for item in entry.table.evidence if item.kind in kinds)
    return replace(entry, table=entry.table.model_copy(update={"evidence": evidence}))


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        ((Kind.ZERO_RESISTANCE, Kind.MAGNETISATION), 0),
        ((Kind.ZERO_RESISTANCE, Kind.NUCLEAR_RESONANT_SCATTERING), 0),
        ((Kind.ZERO_RESISTANCE, Kind.DIFFRACTION), 1),
        ((Kind.MAGNETISATION,), 2),
        ((Kind.DIFFRACTION,), 4),
        ((), 4),
    ],
)
def test_nothing_that_is_not_listed_counts(catalogue: Catalogue, kinds: tuple[Kind, ...], shown: int) -> None:
    sulfur = catalogue.find("hxs-drozdov-2015")[0]
    assert made_up(sulfur, *kinds).how_shown == HOW_SHOWN[shown]
    assert catalogue.find("snhx-hong-2022")[0].how_shown == "drop of the resistance"


def test_calculations_stand_beside_the_nearest_measurement(catalogue: Catalogue) -> None:
    found = catalogue.comparison()
    pairs = {(p.entry.name, p.calculated.critical_temperature): p for p in (*found.counted, *found.others)}
    lanthanum = pairs["lahx-drozdov-2019", (274.0, 286.0)]
    assert lanthanum.ratio == pytest.approx(280.0 / 250.0)
    assert lanthanum.pressure_difference == 40.0
    cerium = pairs["ceh9-cao-2024", (74.0, 74.0)]
    assert (cerium.point.pressure, cerium.point.critical_temperature) == (105.0, 109.0)
    assert [p.entry.name for p in found.others] == ["thhx-semenok-2020"]  # 75 GPa apart
    off = np.array([p.ratio - 1.0 for p in found.counted])
    assert found.mean == pytest.approx(off.mean())
    assert found.rms == pytest.approx(np.sqrt(off.var() + off.mean() ** 2))
    wide = catalogue.comparison(within=100.0)
    assert wide.others == ()
    assert len(wide.counted) == len(found.counted) + 1


def test_a_retracted_measurement_does_not_count_as_agreement(catalogue: Catalogue) -> None:
    sulfur = catalogue.find("hxs-drozdov-2015")[0]
    claim = catalogue.find("csh-snider-2020")[0]
    gone = replace(sulfur, table=sulfur.table.model_copy(update={"status": claim.status, "notice": claim.table.notice}))
    both = Catalogue((catalogue.find("cahx-ma-2022")[0], gone))
    assert {p.entry.name for p in both.comparison().counted} == {"cahx-ma-2022"}
    assert both.comparison().mean is None  # one pair is no trend
    assert len(both.comparison(with_retracted=True).counted) == 4


def test_symbols_of_elements_in_any_case_and_none_else(catalogue: Catalogue) -> None:
    assert catalogue.select(element="la").entries == catalogue.select(element="La").entries != ()
    with pytest.raises(DomainError, match="element: found 'Xx'"):
        catalogue.select(element="Xx")
