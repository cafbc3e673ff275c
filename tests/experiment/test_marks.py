"""Marks in raw numbers as notes of an analysis: planted ones are told in neutral words, clean curves have none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import megabar
from megabar.data import Column, Curve, Recording, Role, Source
from megabar.experiment.marks import notes_of

T = np.linspace(20.0, 120.0, 600)
CURVE = 0.02 + 0.5 / (1.0 + np.exp(-(T - 60.0) / 1.5)) + 1e-3 * T


def folder_of(place: Path, curves: dict[str, np.ndarray]) -> Path:
    text = ""
    for name, y in curves.items():
        rows = "".join(f"{t:.4f},{r:.9f}\n" for t, r in zip(T, y, strict=True))
        (place / f"{name}.csv").write_text(f"T (K),R (Ohm)\n{rows}")
        text += f'[[measurement]]\nname = "{name}"\nkind = "resistance"\nfile = "{name}.csv"\n'
        text += "settings = {full_curve = false, normal_state = false}\n"
    (place / "experiment.toml").write_text(text)
    return place


def told(place: Path) -> list[str]:
    megabar.analyse(place)
    content = json.loads((place / "results/results.json").read_text())
    return [note["text"] for note in content["notes"] if note["text"].startswith("raw numbers")]


def test_a_curve_that_was_copied_with_scale_and_offset_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first = CURVE + 1e-4 * rng.standard_normal(T.size)
    half = np.sqrt(0.5) * (first - CURVE) + np.sqrt(0.5) * 1e-4 * rng.standard_normal(T.size)
    (note,) = told(folder_of(tmp_path, {"first": first, "second": 0.7 * (CURVE + half) + 0.1}))
    assert "common noise of" in note
    assert "first" in note
    assert "second" in note
    assert "Ordinary causes" in note
    assert "nothing about how that came about" in note


def test_clean_curves_have_no_note(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    clean = {name: CURVE + 1e-4 * rng.standard_normal(T.size) for name in ("first", "second")}
    assert told(folder_of(tmp_path, clean)) == []


def test_one_note_for_each_kind_of_mark_names_a_few_curves() -> None:
    rng = np.random.default_rng(5)
    step = 3e-4
    curves = tuple(
        Curve(
            f"run {i}",
            (
                Column("T", Role.TEMPERATURE, T),
                Column("R", Role.RESISTANCE, np.round((CURVE + 1e-4 * rng.standard_normal(T.size)) / step) * step),
            ),
        )
        for i in range(5)
    )
    (note,) = notes_of(Recording(Source("a.csv", ""), "made up", curves))
    assert "quantised (run 0, run 1, run 2 and 2 more)" in note.text


def test_a_curve_too_long_to_be_examined_is_told_and_costs_nothing() -> None:
    t = np.linspace(0.0, 100.0, 50_000)
    curve = Curve("long", (Column("T", Role.TEMPERATURE, t), Column("R", Role.RESISTANCE, 1.0 + 1e-3 * t)))
    (note,) = notes_of(Recording(Source("a.csv", ""), "made up", (curve,)))
    assert "not examined" in note.text
