"""Maps of diffraction: places, gaps, shared cells, the simulated map of CeH9 and CeH4 against its truth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import megabar
from megabar.analysis.diffraction_map import Settings, analyse
from megabar.analysis.diffraction_map_frames import SPANS, Frame, again, analyse_all, places, shared_cells
from megabar.analysis.pattern_settings import Settings as PatternSettings
from megabar.data import Column, Curve, Estimate, Note, Recording, Result, Role, Source, Status
from megabar.errors import DataError
from megabar.physics.crystal import reflections
from megabar.simulate import simulate

WAVELENGTH = 0.6199
CELLS = {"CeH9": (3.674, 5.427), "CeH4": (2.838, 5.801)}
GROUPS = {"CeH9": "P6_3/mmc", "CeH4": "I4/mmm"}
PATTERN = {
    "wavelength": WAVELENGTH,
    "lines": False,
    "phases": [
        {"name": name, "cell": CELLS[name], "space_group": GROUPS[name], "formula_units": 2.0} for name in CELLS
    ],
}


def curve(name: str, weights: dict[str, float], rng: np.random.Generator) -> Curve:
    """A pattern of Gauss lines with Poisson noise."""
    x = np.arange(6.0, 28.0, 0.03)
    expected = np.full(x.size, 200.0)
    for phase, weight in weights.items():
        lines = reflections(CELLS[phase], GROUPS[phase], wavelength=WAVELENGTH, two_theta_max=29.0)
        for place, count in zip(lines.two_theta, lines.multiplicity, strict=True):
            expected += 150.0 * weight * count * np.exp(-0.5 * ((x - place) / 0.06) ** 2)
    counts = rng.poisson(expected).astype(np.float64)
    columns = (
        Column("2theta", Role.TWO_THETA, x),
        Column("counts", Role.INTENSITY, counts, error=np.sqrt(np.maximum(counts, 1.0))),
    )
    return Curve(name, columns, metadata={"file": f"{name}.xy"})


def recording(*curves: Curve) -> Recording:
    others = tuple(Source(f"{one.name}.xy", "0" * 64) for one in curves[1:])
    return Recording(Source(f"{curves[0].name}.xy", "0" * 64), "made for a test", curves, more_sources=others)


def words(result: Result) -> str:
    return "\n".join(note.text for note in result.notes)


def flat(name: str) -> Curve:
    x = np.arange(6.0, 28.0, 0.03)
    return Curve(
        name,
        (Column("2theta", Role.TWO_THETA, x), Column("counts", Role.INTENSITY, np.full(x.size, 7.0))),
        metadata={"file": f"{name}.xy"},
    )


def test_places_row_by_row_and_back_and_forth() -> None:
    assert places(4, columns=2, serpentine=False) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert places(4, columns=2, serpentine=True) == [(0, 0), (0, 1), (1, 1), (1, 0)]
    assert places(3, columns=None, serpentine=False) == [(0, 0), (0, 1), (0, 2)]
    with pytest.raises(DataError, match=r"5 frames do not fill rows of 2: correct settings\.columns"):
        places(5, columns=2, serpentine=False)


@pytest.fixture(scope="module")
def small() -> Result:
    """Two by two points: both phases, one of them, a pattern without lines, the other."""
    rng = np.random.default_rng(2)
    curves = (
        curve("a", {"CeH9": 1.0, "CeH4": 1.0}, rng),
        curve("b", {"CeH9": 1.0}, rng),
        flat("c"),
        curve("d", {"CeH4": 1.0}, rng),
    )
    return analyse(recording(*curves), Settings.model_validate({"columns": 2, "step": 5.0, "pattern": PATTERN}))


def test_each_point_shows_the_phases_that_are_there(small: Result) -> None:
    shown = {
        phase: [e.labels["at"] for e in small.find("phase_weight", phase=phase) if e.value is not None]
        for phase in CELLS
    }
    assert shown["CeH9"] == ["row 1, column 1", "row 1, column 2"]
    assert shown["CeH4"] == ["row 1, column 1", "row 2, column 2"]
    assert small.find("map_points", phase="CeH9")[0].value == 2.0
    for phase, (a, _) in CELLS.items():
        for e in small.find("cell_a", phase=phase):
            if "at" in e.labels and e.value is not None:
                assert e.value == pytest.approx(a, abs=5.0 * (e.error or 0.0))


def test_a_point_that_cannot_be_fitted_costs_no_other(small: Result) -> None:
    assert small.summary.startswith("3 of 4 points fitted")
    assert "row 2, column 1 (c): not fitted: " in words(small)
    (panel,) = (p for p in small.panels if p.title == "phases")
    (gap,) = (t for t in panel.traces if t.style == "outlier")
    assert (gap.x[0], gap.y[0] if gap.y is not None else None) == (0.0, 0.0)


def test_squares_are_cut_by_the_weights(small: Result) -> None:
    (panel,) = (p for p in small.panels if p.title == "phases")
    areas = {t.name: t for t in panel.traces if t.style == "band"}
    widths = {name: np.diff(t.x.reshape(-1, 3)[:, :2], axis=1).ravel() for name, t in areas.items()}
    whole = 0.84 * 5.0
    assert widths["CeH9"][1] == pytest.approx(whole)
    assert widths["CeH9"][0] + widths["CeH4"][0] == pytest.approx(whole)


def test_a_file_that_cannot_be_read_keeps_its_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for name in "abd":
        one = curve(name, {"CeH9": 1.0}, rng)
        rows = np.column_stack([one.columns[0].values, one.columns[1].values])
        np.savetxt(tmp_path / f"{name}.xy", rows, fmt="%.4f")
    (tmp_path / "c.xy").write_text("")
    found = megabar.read([tmp_path / f"{n}.xy" for n in "abcd"], columns={"two_theta": 1, "intensity": 2})
    result = megabar.fit("map", found, {"columns": 2, "pattern": PATTERN})
    assert "row 2, column 1 (c): not fitted: left out: c.xy: the file is empty" in words(result)
    assert result.find("map_points", phase="CeH9")[0].value == 3.0


def test_the_place_of_a_lost_file_is_never_guessed() -> None:
    rng = np.random.default_rng(4)
    settings = Settings.model_validate({"columns": 2, "pattern": PATTERN})
    lost = Note("left out: f10.xy: the file is empty", "warning")

    def of(*names: str) -> Recording:
        return replace(recording(*(curve(name, {"CeH9": 1.0}, rng) for name in names)), notes=(lost,))

    counted = analyse(of("f2", "f9", "f11"), settings)
    assert "row 2, column 1 (f10): not fitted" in words(counted)
    with pytest.raises(DataError, match=r"f10\.xy: cannot be read, and the other files are in no order"):
        analyse(of("f9", "f2", "f11"), settings)


def test_a_map_without_phases_or_without_any_fit_is_refused() -> None:
    with pytest.raises(DataError, match=r"give settings\.pattern\.phases"):
        analyse(recording(flat("a")))
    with pytest.raises(DataError, match="no point of the map can be fitted"):
        analyse(recording(flat("a"), flat("b")), Settings.model_validate({"pattern": PATTERN}))
    for wrong in ({"columns": 0}, {"step": -1.0}, {"pattern": {"wavelength": 61.99}}):
        with pytest.raises(ValidationError):
            Settings.model_validate(wrong)


def outcome(goodness: float, a: float) -> Result:
    """What a fit would give, for the rule about shared cells."""
    estimates = (
        Estimate("cell_a", "x", a, "angstrom", "", labels={"phase": "CeH9"}),
        Estimate("cell_c", "x", 5.427, "angstrom", "", labels={"phase": "CeH9"}),
        Estimate("goodness_of_fit", "x", goodness, "1", ""),
    )
    return Result("pattern", "x", estimates)


def test_frames_that_fit_badly_are_tried_again_from_the_cells_of_the_others() -> None:
    settings = PatternSettings.model_validate(PATTERN)
    named: list[tuple[str, Curve | str]] = [(str(n), flat(str(n))) for n in range(5)]
    first = [outcome(1.0, 3.670), outcome(1.1, 3.672), outcome(1.0, 3.674), outcome(4.0, 3.9), outcome(5.0, 3.8)]
    frames = [Frame(str(n), 0, n, result) for n, result in enumerate(first)]
    assert shared_cells(frames, settings)["CeH9"] == pytest.approx((3.672, 5.427))
    tried: list[str] = []

    def better_once(one: Curve, how: PatternSettings) -> Result:
        tried.append(one.name)
        assert how.phases[0].cell == pytest.approx((3.672, 5.427))
        return outcome(1.05 if one.name == "3" else 6.0, 3.673)

    done = again(frames, named, settings, analyse=better_once)
    assert tried == ["3", *["4"] * len(SPANS)]
    assert [frame.again for frame in done] == [False, False, False, True, False]
    assert done[3].value("cell_a", "CeH9") == 3.673
    assert done[4].value("cell_a", "CeH9") == 3.8


def test_a_cell_that_ran_away_shows_no_phase() -> None:
    weight = Estimate("phase_weight", "x", 0.4, "1", "", labels={"phase": "CeH9"})
    cell = Estimate("cell_a", "x", 3.9, "angstrom", "", labels={"phase": "CeH9"})
    lost = replace(cell, status=Status.ON_BOUND)
    assert Frame("x", 0, 0, Result("pattern", "x", (weight, cell))).shows("CeH9")
    assert not Frame("x", 0, 0, Result("pattern", "x", (weight, lost))).shows("CeH9")
    assert not Frame("x", 0, 0, Result("pattern", "x", (cell,))).shows("CeH9")


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    frames = analyse_all(
        [("a", flat("a")), ("b", "no file")],
        [(0, 0), (0, 1)],
        PatternSettings(),
        analyse=lambda _curve, _how: outcome(1.0, 3.67),
        progress=told.append,
    )
    assert told == sorted(told)
    assert frames[1].reason == "no file"
    assert replace(frames[0], result=None).value("cell_a") != frames[0].value("cell_a")


@pytest.mark.calibration
def test_the_simulated_map_gives_its_truth_back(tmp_path: Path) -> None:
    """25 images of spotty rings: which phase lies where, and every cell within its error."""
    pytest.importorskip("pyFAI")
    folder = simulate("ceh9-xrd", tmp_path / "map", seed=3)
    result = megabar.analyse(folder, output=tmp_path / "out").results[0]
    truth = json.loads((folder / "truth.json").read_text())["frames"]
    pulls = []
    for frame in result.details.frames:
        true = truth[f"raw/{frame.name}.edf"]
        for phase in CELLS:
            thick = true[phase]["thickness"]
            if thick > 0.2:
                assert np.isfinite(frame.value("phase_weight", phase)), (frame.place, phase)
            if thick == 0.0:
                assert not np.isfinite(frame.value("phase_weight", phase)), (frame.place, phase)
            for quantity, exact in zip(("cell_a", "cell_c"), true[phase]["cell"], strict=True):
                found = frame.find(quantity, phase)
                if found is not None and found.value is not None and found.error:
                    pulls.append((found.value - exact) / found.error)
    assert len(pulls) > 70
    assert 0.75 < np.std(pulls) < 1.25
    assert abs(np.mean(pulls)) < 0.35
    assert 0.55 < np.mean(np.abs(pulls) < 1.0) < 0.82
