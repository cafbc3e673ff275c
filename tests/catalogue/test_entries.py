"""Each packaged entry is sound the day it is added: found by its file, sourced, plausible, with no invented number."""

from __future__ import annotations

import math
import re
from importlib.resources import files

import pytest

from megabar.catalogue import Catalogue, Entry, Kind, Status, load
from megabar.catalogue.files import read_entry
from megabar.catalogue.schema import elements_of

FILES = sorted((files("megabar.catalogue") / "entries").iterdir(), key=lambda path: path.name)
ENTRIES = load().entries

each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def test_every_file_is_an_entry() -> None:
    assert len(FILES) == len(ENTRIES) >= 28
    assert all(path.name.endswith(".toml") for path in FILES)
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_has_a_problem(path) -> None:
    entry, problems = read_entry(path)
    assert problems == []
    assert entry is not None
    assert entry.name == path.name.removesuffix(".toml")


@each_entry
def test_the_name_says_who_reported_it_and_when(entry: Entry) -> None:
    author, year = entry.reference.short.lower().replace(" ", "-").rsplit("-", 1)
    assert entry.name.endswith(f"{author}-{year}")


@each_entry
def test_numbers_are_plausible(entry: Entry) -> None:
    for point in entry.points:
        assert 0.1 < point.critical_temperature < 300.0
        assert point.pressure is None or point.pressure <= 300.0
        assert (point.critical_temperature_error or 0.0) < 0.2 * point.critical_temperature
    for field in entry.table.upper_critical_fields:
        assert 1.0 < field.field < 400.0
        assert field.law or field.remark  # how a field beyond every magnet was obtained
    for calculated in entry.table.calculated:
        assert calculated.critical_temperature[1] < 500.0
    for run in entry.table.runs:
        if run.pressure_before is not None and run.pressure_after is not None:
            assert abs(run.pressure_before - run.pressure_after) < 25.0


@each_entry
def test_sources_are_used_and_can_be_found(entry: Entry) -> None:
    items = [item for _, item in entry.table.sourced()]
    used = {entry.table.reference} | {key for item in items for key in (item.source, item.work) if key}
    assert used == {reference.key for reference in entry.table.sources}
    for reference in entry.table.sources:
        assert reference.journal or reference.arxiv
        assert 1957 <= reference.year <= 2026
        assert str(reference.year) in reference.text
        if reference.arxiv and re.fullmatch(r"\d{4}\.\d{4,5}", reference.arxiv):
            assert 2000 + int(reference.arxiv[:2]) <= reference.year  # a preprint is not younger than its paper


def test_one_publication_is_cited_in_one_way_only() -> None:
    seen: dict[tuple[str, str, str], str] = {}
    for entry in ENTRIES:
        for reference in entry.table.sources:
            key = (reference.journal, reference.volume, reference.pages or (reference.arxiv or reference.title))
            assert seen.setdefault(key, reference.text) == reference.text


@each_entry
def test_a_gap_or_a_current_comes_with_its_unit(entry: Entry) -> None:
    for item in entry.table.evidence:
        assert (item.value is None) == (not item.unit)
        if item.kind in (Kind.POINT_CONTACT, Kind.TUNNELLING, Kind.INFRARED) and item.value is not None:
            assert item.unit == "meV"


def test_statuses_and_their_notices(catalogue: Catalogue) -> None:
    status = {entry.name: entry.status_text for entry in catalogue if entry.status is not Status.PUBLISHED}
    assert status["csh-snider-2020"] == "RETRACTED 2022-09-26"
    assert status["lunh-dasenbrock-gammon-2023"] == "RETRACTED 2023-11-07"
    assert status["cahx-ma-2022"] == "corrected 2022"
    for entry in catalogue:
        if entry.retracted:
            assert entry.table.notice is not None
            assert entry.table.notice.doi is not None


@pytest.mark.parametrize(
    ("formula", "elements"),
    [
        ("HxS", ("H", "S")),
        ("CSH", ("C", "S", "H")),
        ("(La,Ce)H9-10", ("La", "Ce", "H")),
        ("PHx", ("P", "H")),
        ("PrHx", ("Pr", "H")),
        ("SnHx", ("Sn", "H")),
        ("SmFeAsO1-xFx", ("Sm", "Fe", "As", "O", "F")),
        ("CaC6", ("Ca", "C")),
    ],
)
def test_elements_are_read_from_the_formula(formula: str, elements: tuple[str, ...]) -> None:
    assert elements_of(formula) == elements


def test_what_is_published_about_gaps_is_there(catalogue: Catalogue) -> None:
    gaps = {entry.name: entry.kinds for entry in catalogue}
    assert Kind.INFRARED in gaps["hxs-drozdov-2015"]
    assert Kind.NUCLEAR_RESONANT_SCATTERING in gaps["hxs-drozdov-2015"]
    assert Kind.POINT_CONTACT in gaps["ceh9-cao-2024"]
    assert Kind.POINT_CONTACT in gaps["ce-monish-2025"]


def test_a_needle_does_not_show_zero_resistance(catalogue: Catalogue) -> None:
    (needle,) = catalogue.find("ce-monish-2025")
    assert Kind.ZERO_RESISTANCE not in needle.kinds
    assert needle.merit is None  # the pressure under it is not known
    assert all(math.isfinite(p.critical_temperature) and p.pressure is None for p in needle.points)
