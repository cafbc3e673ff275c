"""Bad input of the kind `field`: units that were confused, no normal state, hysteresis, one sweep alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import megabar
from megabar.analysis.field import Settings, analyse
from megabar.analysis.field_checks import doubtful_fields
from megabar.data import Curve, Recording, Result
from megabar.errors import ExperimentError

MakeCurve = Callable[..., Curve]
MakeRecording = Callable[..., Recording]
FloatArray = NDArray[np.float64]
HALF = "R/R(onset) = 0.50"
TC, SLOPE = 120.0, 2.6
FAST = Settings(models=("dirty",))


def resistance(t: FloatArray, field: float, rng: np.random.Generator) -> FloatArray:
    """A step 2 K wide at the temperature that a straight line gives, and noise of 2e-4 ohm."""
    return (0.3 + 0.001 * t) / (1.0 + np.exp(-(t - TC + field / SLOPE) / 0.455)) + 2e-4 * rng.standard_normal(t.size)


def family(curve: MakeCurve, fields: tuple[float, ...], *, scale: float = 1.0, top: float = 140.0) -> Curve:
    """R(T) on cooling at each field; the fields are written times `scale`; up to `top` in the first of them."""
    rng = np.random.default_rng(0)
    grids = [np.linspace(100.0, top if number == 0 else 140.0, 201)[::-1] for number in range(len(fields))]
    return curve(
        "cell",
        temperature=np.concatenate(grids),
        resistance=np.concatenate([resistance(t, h, rng) for t, h in zip(grids, fields, strict=True)]),
        field=np.repeat(np.array(fields) * scale, 201),
    )


def warnings(result: Result) -> list[str]:
    return [note.text for note in result.notes if note.level == "warning"]


def test_fields_that_no_magnet_holds_are_told_and_not_converted(curve: MakeCurve, recording: MakeRecording) -> None:
    """Oersted under a heading that says tesla."""
    result = analyse(recording(family(curve, (0.0, 2.0, 5.0), scale=1e4)), FAST)
    (text,) = [text for text in warnings(result) if "magnet" in text]
    assert "5e+04 T, more than any magnet holds" in text
    assert "5 T if they are Oe" in text
    assert 'read.units.field = "Oe"' in text
    (slope,) = result.find("upper_critical_field_slope", criterion=HALF)
    assert slope.value == pytest.approx(1e4 * SLOPE, rel=0.05)


@pytest.mark.parametrize(("scale", "told"), [(1e4, True), (1e-4, True), (1.0, False), (7.0, False)])
def test_the_largest_field_alone_decides(scale: float, told: bool, curve: MakeCurve, recording: MakeRecording) -> None:
    """Up to 9 T: in oersted, in hundred microtesla, as they are, and up to 63 T of a pulsed magnet."""
    found = doubtful_fields(recording(curve("cell", field=np.linspace(0.0, 9.0, 10) * scale)))
    assert bool(found) is told
    assert all(note.level == "warning" for note in found)
    if scale < 1.0:
        assert "0.0009 T, less than the remanence of a magnet" in found[0].text


def test_no_field_or_zero_field_alone_raises_no_doubt(curve: MakeCurve, recording: MakeRecording) -> None:
    assert doubtful_fields(recording(curve("cell", field=np.zeros(5)))) == []
    assert doubtful_fields(recording(curve("cell", temperature=np.arange(5.0)))) == []


def test_a_heading_without_a_unit_is_a_warning(tmp_path: Path, curve: MakeCurve) -> None:
    made = family(curve, (5.0,))
    rows = zip(*(made.columns[i].values for i in (0, 2, 1)), strict=True)
    (tmp_path / "loops.csv").write_text("T (K),H,R (Ohm)\n" + "".join(f"{t:.4f},{h},{r:.6f}\n" for t, h, r in rows))
    result = megabar.fit("field", megabar.read(tmp_path / "loops.csv"), {"models": ["dirty"]})
    assert any("'H' gives no unit: taken as T" in text for text in warnings(result))


@pytest.mark.parametrize(
    ("top", "words"), [(122.0, "the normal state is not reached"), (120.2, "no whole transition is found")]
)
def test_a_sweep_that_ends_inside_the_transition_gives_no_point(
    top: float, words: str, curve: MakeCurve, recording: MakeRecording
) -> None:
    """At 0 T the normal state begins at 123 K: by the last reading Tc would be too low."""
    cut = analyse(recording(family(curve, (0.0, 2.0, 5.0, 7.0), top=top)), FAST)
    (text,) = [text for text in warnings(cut) if "no point from there" in text]
    assert text.startswith(f"{words} in cooling: ")
    line = next(line for line in cut.details.curves[0].lines if line.line.criterion == HALF).line
    np.testing.assert_allclose(line.field, [7.0, 5.0, 2.0], atol=1e-9)
    (slope,) = cut.find("upper_critical_field_slope", criterion=HALF)
    assert slope.value == pytest.approx(SLOPE, rel=0.02)


def directions(curve: MakeCurve, apart: float) -> Curve:
    """Cooling and warming at each field, warming higher by `apart` K."""
    rng = np.random.default_rng(1)
    t = np.linspace(100.0, 140.0, 201)
    parts = [(h, t[::way], resistance(t[::way] - 0.5 * way * apart, h, rng)) for h in (0.0, 5.0) for way in (-1, 1)]
    return curve(
        "cell",
        temperature=np.concatenate([part[1] for part in parts]),
        resistance=np.concatenate([part[2] for part in parts]),
        field=np.concatenate([np.full(t.size, part[0]) for part in parts]),
    )


def test_hysteresis_is_told_with_its_size(curve: MakeCurve, recording: MakeRecording) -> None:
    small = analyse(recording(directions(curve, 0.2)), FAST)
    (text,) = [note.text for note in small.notes if "hysteresis" in note.text]
    size = float(text.split(": ")[1].split(" ")[0])
    assert size == pytest.approx(0.2, abs=0.02)
    assert "warming less cooling" in text
    assert "at 2 of 2 settings" in text
    assert not any("hysteresis" in text for text in warnings(small))
    assert any("hysteresis" in text for text in warnings(analyse(recording(directions(curve, 1.0)), FAST)))


def test_directions_that_agree_are_not_called_hysteretic(curve: MakeCurve, recording: MakeRecording) -> None:
    result = analyse(recording(directions(curve, 0.0)), FAST)
    assert not any("hysteresis" in note.text for note in result.notes)


@pytest.mark.parametrize("fields", [(5.0,), (0.0, 5.0)])
def test_too_few_sweeps_are_one_clear_line(
    fields: tuple[float, ...], curve: MakeCurve, recording: MakeRecording
) -> None:
    result = analyse(recording(family(curve, fields)), FAST)
    (text,) = [text for text in warnings(result) if "line" in text]
    assert "by any criterion" in text
    assert text.endswith("measure more fields")
    assert result.find("critical_temperature", criterion=HALF)[0].value is not None


def test_the_orientation_stands_in_the_summary_and_the_settings(curve: MakeCurve, recording: MakeRecording) -> None:
    made = recording(family(curve, (0.0, 2.0, 5.0)))
    result = megabar.fit("field", made, {"orientation": " along c ", "models": ["dirty"]})
    assert result.summary.startswith("field along c: Hc2(0) ")
    assert result.settings["orientation"] == "along c"
    with pytest.raises(ExperimentError, match="orientation"):
        megabar.fit("field", made, {"orientation": 90})
