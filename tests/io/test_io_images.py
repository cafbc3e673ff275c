"""Images of area detectors: formats, masks, saturation, spots, errors that cover, bad files, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import megabar
from megabar.data import Recording, Role
from megabar.data.image import Image
from megabar.errors import DataError
from megabar.io.integration import Integrator, Pattern

fabio = pytest.importorskip("fabio")
pytest.importorskip("pyFAI")

SHAPE = (200, 180)
PIXEL, DISTANCE = 4e-4, 0.12
CENTRE = (0.045, 0.030)
RINGS = ((9.0, 60.0), (14.0, 40.0))
WIDTH = 0.35
GROUND = 20.0

PONI = f"""\
poni_version: 2.1
Detector: Detector
Detector_config: {{"pixel1": {PIXEL}, "pixel2": {PIXEL}, "max_shape": [{SHAPE[0]}, {SHAPE[1]}], "orientation": 3}}
Distance: {DISTANCE}
Poni1: {CENTRE[0]}
Poni2: {CENTRE[1]}
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: 6.199e-11
"""


def angles() -> NDArray[np.float64]:
    """2 theta of every pixel of a plane across the beam, by trigonometry alone, deg."""
    y, x = ((np.arange(n) + 0.5) * PIXEL for n in SHAPE)
    return np.degrees(np.arctan2(np.hypot(y[:, None] - CENTRE[0], x[None, :] - CENTRE[1]), DISTANCE))


def profile(two_theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts a pixel seen at right angles."""
    return GROUND + sum(h * np.exp(-0.5 * ((two_theta - c) / WIDTH) ** 2) for c, h in RINGS)


def frame(rng: np.random.Generator) -> NDArray[np.int32]:
    """Poisson counts; a pixel off the axis sees cos^3 of the solid angle."""
    return rng.poisson(profile(angles()) * np.cos(np.radians(angles())) ** 3).astype(np.int32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "detector.poni").write_text(PONI)
    return tmp_path


@pytest.fixture
def image(folder: Path) -> Path:
    return write(folder / "a.edf", frame(np.random.default_rng(1)))


@pytest.fixture
def integrator(folder: Path) -> Integrator:
    return Integrator(folder / "detector.poni", SHAPE)


def write(path: Path, pixels: NDArray[np.int32], header: dict[str, str] | None = None) -> Path:
    kinds = {".edf": fabio.edfimage.EdfImage, ".cbf": fabio.cbfimage.CbfImage, ".tif": fabio.tifimage.TifImage}
    kinds[path.suffix](data=pixels, header=header or {}).write(str(path))
    return path


def pattern(integrator: Integrator, pixels: NDArray[np.int32], method: str = "clip") -> Pattern:
    image = Image("", pixels)
    bad, _ = integrator.usable(image)
    return integrator.integrate(image, bad, method)  # type: ignore[arg-type]


def words(recording: Recording) -> str:
    return "\n".join(note.text for note in recording.notes)


def away(found: Pattern) -> NDArray[np.float64]:
    """Deviation from the truth in errors, away from the flanks of the rings, where a bin is no point."""
    flat = np.all([np.abs(found.two_theta - c) > 4.0 * WIDTH for c, _ in RINGS], axis=0)
    return ((found.intensity - GROUND) / found.error)[flat & (found.pixels > 50)]


@pytest.mark.parametrize("name", ["a.edf", "a.cbf", "a.tif"])
def test_every_format_gives_the_same_pattern(folder: Path, name: str) -> None:
    pixels = frame(np.random.default_rng(1))
    recording = megabar.read(write(folder / name, pixels))
    (curve,) = recording.curves
    expected = pattern(Integrator(folder / "detector.poni", SHAPE), pixels)
    assert curve.values(Role.TWO_THETA) == pytest.approx(expected.two_theta, rel=1e-6)
    assert curve.values(Role.INTENSITY) == pytest.approx(expected.intensity, rel=1e-6)
    assert curve.metadata["wavelength"] == "0.6199"
    assert [source.file for source in recording.sources] == [name, "detector.poni"]


def test_the_rings_lie_where_trigonometry_puts_them(integrator: Integrator) -> None:
    exact = (1000.0 * profile(angles()) * np.cos(np.radians(angles())) ** 3).astype(np.int32)
    found = pattern(integrator, exact, "mean")
    inner = found.pixels > 50
    assert found.intensity[inner] / 1000.0 == pytest.approx(profile(found.two_theta[inner]), rel=0.02)
    for centre, _ in RINGS:
        near = np.abs(found.two_theta - centre) < 1.5 * WIDTH
        weight = found.intensity[near] / 1000.0 - GROUND
        assert np.average(found.two_theta[near], weights=weight) == pytest.approx(
            centre, abs=0.05
        )  # a quarter of a point


@pytest.mark.parametrize("method", ["clip", "median", "mean"])
def test_points_stand_at_the_mean_angle_of_their_pixels(integrator: Integrator, method: str) -> None:
    """An image whose counts grow with the angle: every ring's mean must be the angle told, to a part of its width."""
    rising = (1e5 * angles() * np.cos(np.radians(angles())) ** 3).astype(np.int32)
    found = pattern(integrator, rising, method)
    inner = found.pixels > 50
    step = float(np.median(np.diff(found.two_theta)))
    away = found.intensity[inner] / 1e5 - found.two_theta[inner]
    assert abs(np.mean(away)) < 2e-4 * step + 1e-4
    assert np.max(np.abs(away)) < 0.05 * step


@pytest.mark.parametrize("method", ["clip", "median", "mean"])
def test_errors_of_a_pattern_are_those_of_its_scatter(integrator: Integrator, method: str) -> None:
    pulls = np.concatenate([away(pattern(integrator, frame(np.random.default_rng(s)), method)) for s in range(4)])
    assert np.std(pulls) == pytest.approx(1.0, abs=0.12)
    # The middle half of counts, which are skew, lies a little below their mean.
    assert abs(np.mean(pulls)) < (0.8 if method == "median" else 0.1)


@pytest.mark.calibration
@pytest.mark.parametrize(("method", "bias"), [("clip", 0.03), ("median", 0.8), ("mean", 0.03)])
def test_errors_of_patterns_cover_two_thirds(integrator: Integrator, method: str, bias: float) -> None:
    pulls = np.concatenate([away(pattern(integrator, frame(np.random.default_rng(s)), method)) for s in range(200)])
    assert abs(np.mean(pulls)) < bias
    assert 0.65 < np.mean(np.abs(pulls - np.mean(pulls)) < 1.0) < 0.715


def test_spots_of_diamond_are_left_out_by_clipping_and_by_the_middle_half(integrator: Integrator) -> None:
    rng = np.random.default_rng(3)
    pixels = frame(rng)
    for _ in range(12):
        y, x = rng.integers(10, 170, 2)
        pixels[y : y + 4, x : x + 4] = 40_000
    assert np.max(np.abs(away(pattern(integrator, pixels)))) < 5.0
    assert np.max(np.abs(away(pattern(integrator, pixels, "median")))) < 5.0
    assert np.max(pattern(integrator, pixels, "mean").intensity) > 10.0 * (GROUND + RINGS[0][1])


def test_grains_in_a_ring_make_both_ways_differ_and_that_is_said(folder: Path) -> None:
    """A tenth of one ring holds all its intensity."""
    rng, two_theta = np.random.default_rng(4), angles()
    pixels = rng.poisson(GROUND, SHAPE).astype(np.int32)
    ring = np.abs(two_theta - 9.0) < 0.3
    pixels[ring & (rng.random(SHAPE) < 0.2)] = 70
    recording = megabar.read(write(folder / "grains.tif", pixels))
    assert "differ by more than 5 errors" in words(recording)
    assert "9." in words(recording).split("most at")[1][:6] or "8." in words(recording).split("most at")[1][:6]
    smooth = megabar.read(write(folder / "smooth.tif", frame(rng)))
    assert "agree within 5 errors" in words(smooth)


def test_the_other_way_stands_beside_the_intensity(image: Path) -> None:
    first = megabar.read(image).curves[0]
    second = megabar.read(image, integration={"method": "median"}).curves[0]
    assert first.columns[2].values == pytest.approx(second.values(Role.INTENSITY), rel=1e-5)
    assert second.columns[2].values == pytest.approx(first.values(Role.INTENSITY), rel=1e-5)


def test_saturated_and_dead_pixels_are_left_out_and_counted(folder: Path) -> None:
    pixels = frame(np.random.default_rng(5)).astype(np.uint16).astype(np.int32)
    pixels[100:110, 60:70] = 65_535
    pixels[20, 30:37] = -1
    recording = megabar.read(write(folder / "s.edf", pixels), integration={"saturation": 65_535})
    assert "100 saturated pixels" in words(recording)
    assert "7 dead pixels" in words(recording)
    wide = fabio.tifimage.TifImage(data=np.where(pixels < 0, 0, pixels).astype(np.uint16))
    wide.write(str(folder / "s.tif"))
    assert "100 saturated pixels" in words(megabar.read(folder / "s.tif"))


def test_an_image_that_is_saturated_everywhere_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="no usable pixel: 36000 saturated"):
        megabar.read(
            write(folder / "s.edf", np.full(SHAPE, 70_000, dtype=np.int32)), integration={"saturation": 65_535}
        )


def test_a_mask_takes_pixels_out(folder: Path) -> None:
    pixels = frame(np.random.default_rng(6))
    pixels[:, :60] = 5_000
    mask = np.zeros(SHAPE, dtype=np.int8)
    mask[:, :60] = 1
    np.save(folder / "mask.npy", mask)
    write(folder / "mask.edf", mask.astype(np.int32))
    image = write(folder / "m.edf", pixels)
    for name in ("mask.npy", "mask.edf"):
        recording = megabar.read(image, mask=name, integration={"method": "mean"})
        assert recording.curves[0].values(Role.INTENSITY).max() < 200.0
        assert [source.file for source in recording.beside] == ["detector.poni", name]


def test_a_mask_or_calibration_of_another_size_is_refused(folder: Path, image: Path) -> None:
    np.save(folder / "mask.npy", np.zeros((10, 10)))
    with pytest.raises(DataError, match="the mask has 10 x 10 pixels and the image 200 x 180"):
        megabar.read(image, mask="mask.npy")
    other = write(folder / "b.edf", np.ones((100, 100), dtype=np.int32))
    with pytest.raises(DataError, match="for a detector of 200 x 180 pixels, and the image has 100 x 100"):
        megabar.read(other)


def test_without_a_calibration_one_line_says_what_to_do(tmp_path: Path) -> None:
    image = write(tmp_path / "a.edf", frame(np.random.default_rng(1)))
    with pytest.raises(DataError, match=r"^a\.edf: an image needs the calibration of its detector; name .*read\.poni"):
        megabar.read(image)
    with pytest.raises(DataError, match=r"there is no file 'x\.poni'; correct read\.poni"):
        megabar.read(image, poni="x.poni")
    for name in ("a.poni", "b.poni"):
        (tmp_path / name).write_text(PONI)
    with pytest.raises(DataError, match=r"2 calibrations beside the image \(a\.poni, b\.poni\)"):
        megabar.read(image)


@pytest.mark.parametrize("text", ["", "nonsense", "Distance: far\n", "{"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, text: str) -> None:
    image = write(tmp_path / "a.edf", frame(np.random.default_rng(1)))
    (tmp_path / "bad.poni").write_text(text)
    with pytest.raises(DataError, match=r"bad\.poni: no "):
        megabar.read(image)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 3],
        lambda data: data[:200],
        lambda data: data[:8] + b"\xff" * 500,
    ],
)
@pytest.mark.parametrize("name", ["a.edf", "a.cbf", "a.tif"])
def test_a_damaged_image_is_refused_in_one_line(folder: Path, name: str, spoil: Callable[[bytes], bytes]) -> None:
    path = write(folder / name, frame(np.random.default_rng(1)))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError) as told:
        megabar.read(path)
    assert "\n" not in str(told.value)


def test_a_bad_file_costs_no_other(folder: Path) -> None:
    good = write(folder / "a.edf", frame(np.random.default_rng(1)))
    bad = folder / "b.tif"
    bad.write_bytes(b"II*\x00" + b"\x00" * 40)
    recording = megabar.read([good, bad])
    assert [curve.name for curve in recording.curves] == ["a"]
    assert "left out: b.tif" in words(recording)


def test_a_stack_is_read_frame_by_frame(folder: Path) -> None:
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(7)
    stack = np.stack([frame(rng) for _ in range(3)])
    stack[1] = -1
    with h5py.File(folder / "s.h5", "w") as made:
        made.create_dataset("entry/data", data=stack)
        made.create_dataset("entry/other", data=stack[:, :5, :5])
    with pytest.raises(
        DataError, match=r"2 stacks of images \(entry/data, entry/other\); name one under read\.dataset"
    ):
        megabar.read(folder / "s.h5")
    with pytest.raises(DataError, match="no stack of images 'entry/x'"):
        megabar.read(folder / "s.h5", dataset="entry/x")
    recording = megabar.read(folder / "s.h5", dataset="/entry/data")
    assert [curve.name for curve in recording.curves] == ["frame 1", "frame 3"]
    assert "left out: frame 2: no usable pixel" in words(recording)


def test_memory_does_not_grow_with_the_number_of_frames(folder: Path) -> None:
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(8)
    peaks = []
    for count in (3, 12):
        with h5py.File(folder / f"{count}.h5", "w") as made:
            made.create_dataset("data", data=np.stack([frame(rng)] * count), chunks=(1, *SHAPE))
        megabar.read(folder / f"{count}.h5")  # the rings are made once
        tracemalloc.start()
        megabar.read(folder / f"{count}.h5")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 2 * frame(rng).nbytes  # nine more frames, whose patterns alone are kept


def test_made_up_images_stay_marked(folder: Path) -> None:
    path = write(folder / "a.edf", frame(np.random.default_rng(1)), {"Comment": "SIMULATED DATA"})
    assert megabar.read(path).curves[0].simulated
    assert not megabar.read(write(folder / "b.edf", frame(np.random.default_rng(1)))).curves[0].simulated


def test_a_beam_without_polarisation_loses_one_plus_cos_squared(folder: Path) -> None:
    image = write(folder / "a.edf", np.full(SHAPE, 1000, dtype=np.int32))
    for method in ("mean", "median"):
        plain, corrected = (
            megabar.read(image, integration={"method": method, "polarisation": p}).curves[0] for p in (None, 0.0)
        )
        cosine = np.cos(np.radians(plain.values(Role.TWO_THETA)))
        ratio = corrected.values(Role.INTENSITY) / plain.values(Role.INTENSITY)
        assert ratio == pytest.approx(2.0 / (1.0 + cosine**2), rel=2e-3)


def test_as_many_rings_as_asked_for(image: Path) -> None:
    curve = megabar.read(image, integration={"points": 60}).curves[0]
    assert 55 <= len(curve) <= 60


@pytest.mark.parametrize("wrong", [{"method": "best"}, {"points": 3}, {"threshold": 0.5}, {"colour": 1}])
def test_unknown_ways_to_integrate_are_refused(image: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(DataError, match="integration"):
        megabar.read(image, integration=wrong)
