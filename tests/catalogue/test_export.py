"""CSV and JSON: everything that is known, nothing that is not, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json

import pytest

from megabar.catalogue import Catalogue
from megabar.catalogue.export import to_csv, to_json
from megabar.catalogue.schema import EntryTable


def test_one_row_for_each_point(catalogue: Catalogue) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(catalogue))))
    assert len(rows) == sum(len(entry.points) for entry in catalogue)
    by_name = {row["name"]: row for row in rows}
    gone = by_name["csh-snider-2020"]
    assert (gone["status"], gone["status since"]) == ("retracted", "2022-09-26")
    assert "Nature 610, 804" in gone["notice"]
    assert float(gone["figure of merit"]) == pytest.approx(287.7 / (39.0**2 + 267.0**2) ** 0.5)
    needle = by_name["ce-monish-2025"]
    assert (needle["pressure (GPa)"], needle["figure of merit"]) == ("", "")
    assert by_name["hxs-drozdov-2015"]["doi"] == "10.1038/nature14964"


def test_json_holds_each_entry_in_full(catalogue: Catalogue) -> None:
    content = json.loads(to_json(catalogue))
    assert content["format"] == "megabar catalogue 1"
    assert [item["name"] for item in content["entries"]] == [entry.name for entry in catalogue]
    for item, entry in zip(content["entries"], catalogue, strict=True):
        del item["name"], item["elements"]
        for point in item["points"]:
            del point["figure_of_merit"]
        assert EntryTable.model_validate(item) == entry.table
    assert "NaN" not in to_json(catalogue)


def test_a_selection_is_exported_and_nothing_else(catalogue: Catalogue) -> None:
    found = catalogue.select(element="La", pressure=(100.0, 104.0))
    assert len(list(csv.reader(io.StringIO(to_csv(found))))) == 1 + 3
    (item,) = json.loads(to_json(found))["entries"]
    assert {point["pressure"] for point in item["points"]} == {100.0, 104.0}


def test_the_same_selection_gives_the_same_bytes(catalogue: Catalogue) -> None:
    assert to_csv(catalogue) == to_csv(catalogue)
    assert to_json(catalogue) == to_json(catalogue)
