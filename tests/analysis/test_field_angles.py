"""Fields against the angle: both laws come back, each is chosen where it is the truth, and too few angles are said."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from megabar.analysis.field import Settings, analyse
from megabar.analysis.field_angles import LAWS, against_angle, anisotropy, field_at
from megabar.analysis.field_points import Line
from megabar.data import Curve, Recording, Result, Source
from megabar.fitting.least_squares import fit

FloatArray = NDArray[np.float64]
HALF = "R/R(onset) = 0.50"
GL, FILM = LAWS
ANGLES = np.arange(-30.0, 121.0, 15.0)
TRUTH = {"field_parallel": 9.0, "field_across": 3.0, "angle_of_largest_field": 7.0}


def bulk(angle: FloatArray, along: float, across: float) -> FloatArray:
    """The ellipse in plane coordinates: H = (x, y) with (x/along)^2 + (y/across)^2 = 1, solved for |H|."""
    x, y = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return np.asarray((x**2 / along**2 + y**2 / across**2) ** -0.5)


def film(angle: FloatArray, along: float, across: float) -> FloatArray:
    """By bisection of |H sin/across| + (H cos/along)^2 = 1."""
    a = np.deg2rad(angle)
    low, high = np.zeros(angle.size), np.full(angle.size, 10.0 * max(along, across))
    for _ in range(80):
        middle = 0.5 * (low + high)
        above = np.abs(middle * np.sin(a)) / across + (middle * np.cos(a) / along) ** 2 > 1.0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return low


SHAPES: dict[str, Callable[[FloatArray, float, float], FloatArray]] = {GL: bulk, FILM: film}


def lines(law: str, noise: float, seed: int = 0, angles: FloatArray = ANGLES) -> dict[float, Line]:
    """One field at 4 K at every angle."""
    rng = np.random.default_rng(seed)
    fields = SHAPES[law](angles - 7.0, 9.0, 3.0) + noise * rng.standard_normal(angles.size)
    error = np.array([max(noise, 1e-9)])
    return {
        float(a): Line(HALF, np.array([4.0]), np.array([h]), np.zeros(1), error)
        for a, h in zip(angles, fields, strict=True)
    }


@pytest.mark.parametrize("law", LAWS)
def test_exact_fields_come_back(law: str) -> None:
    found = fit(LAWS[law], ANGLES, SHAPES[law](ANGLES - 7.0, 9.0, 3.0))
    for name, value in TRUTH.items():
        assert found.values[name] == pytest.approx(value, rel=1e-6), name


@pytest.mark.parametrize("law", LAWS)
def test_the_right_law_is_chosen(law: str) -> None:
    (found,), failed = against_angle("crystal", lines(law, 0.05))
    assert failed == []
    assert found.chosen == law
    assert not found.by_scatter
    gamma, error = anisotropy(found.fits[law])
    assert error is not None
    assert abs(gamma - 3.0) < 4.0 * error
    assert error < 0.1


def test_errors_of_the_anisotropy_cover() -> None:
    """60 crystals: 68 % within one error, standard deviation of the share 6 %."""
    inside = []
    for seed in range(60):
        fields = bulk(ANGLES - 7.0, 9.0, 3.0) + 0.05 * np.random.default_rng(seed).standard_normal(ANGLES.size)
        gamma, error = anisotropy(fit(LAWS[GL], ANGLES, fields, sigma=0.05))
        assert error is not None
        inside.append(abs(gamma - 3.0) < error)
    assert 0.5 < np.mean(inside) < 0.86


@pytest.mark.calibration
def test_errors_of_the_anisotropy_cover_over_many_crystals(capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 crystals each: 65 to 71 % of the errors hold the truth, with errors stated and from the scatter."""
    for sigma in (0.05, None):
        inside = []
        for seed in range(2000):
            fields = bulk(ANGLES - 7.0, 9.0, 3.0) + 0.05 * np.random.default_rng(seed).standard_normal(ANGLES.size)
            found = fit(LAWS[GL], ANGLES, fields, sigma=sigma)
            gamma, error = anisotropy(found)
            assert error is not None
            inside.append(abs(gamma - 3.0) < error * found.quantile(0.6827))
        with capsys.disabled():
            print(f"sigma {sigma}: {np.mean(inside):.3f}")  # noqa: T201
        assert 0.65 < np.mean(inside) < 0.71


def test_too_few_angles_are_said() -> None:
    found, (text,) = against_angle("crystal", lines(GL, 0.05, angles=ANGLES[:5]))
    assert found == []
    assert text == f"{HALF}: fields at one temperature are known at fewer than 6 of 5 angles: measure more angles"


def test_between_two_points_of_a_line_the_field_is_interpolated_and_beyond_it_unknown() -> None:
    line = Line(HALF, np.array([4.0, 6.0]), np.array([3.0, 1.0]), np.array([0.1, 0.1]), np.zeros(2))
    at = field_at(line, 5.0)
    assert at is not None
    assert at[0] == pytest.approx(2.0)
    # 1 T/K times 0.1 K, averaged over two points.
    assert at[1] == pytest.approx(0.1 / np.sqrt(2.0))
    assert field_at(line, 3.0) is None
    assert field_at(line, 7.0) is None


def test_from_transition_temperatures_the_field_follows_in_the_middle_of_the_common_range() -> None:
    """Tc(H) at four fields and every angle, Hc2 = S(angle) (Tc - T) with slopes on the ellipse: gamma is that of S."""
    slopes = bulk(ANGLES - 7.0, 2.4, 0.8)
    fields = np.array([9.0, 6.0, 3.0, 1.0])
    made = {
        float(a): Line(HALF, 100.0 - fields / slope, fields, np.full(4, 0.01), np.zeros(4))
        for a, slope in zip(ANGLES, slopes, strict=True)
    }
    (found,), failed = against_angle("crystal", made)
    assert failed == []
    # Between the largest lowest and the smallest highest temperature of all angles.
    low, high = 100.0 - 9.0 / slopes.max(), 100.0 - 1.0 / slopes.min()
    assert found.temperature == pytest.approx(0.5 * (low + high))
    gamma, _ = anisotropy(found.fits[found.chosen])
    assert found.chosen == GL
    assert gamma == pytest.approx(3.0, rel=1e-6)


def loops(angle: float, along: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """R(H) up to 12 T: a step at the field of the ellipse."""
    h = np.linspace(0.0, 12.0, 121)
    middle = float(bulk(np.array([angle - 7.0]), along, 3.0)[0])
    return h, 1.0 / (1.0 + np.exp(-(h - middle) / 0.15)) + 1e-3 * rng.standard_normal(h.size)


@pytest.fixture(scope="module")
def turned() -> Result:
    """R(H) at 4 K at eleven angles in one table."""
    from .conftest import _curve

    rng = np.random.default_rng(0)
    rows = [(a, *loops(a, 9.0, rng)) for a in ANGLES]
    curve: Curve = _curve(
        "crystal",
        field=np.concatenate([h for _, h, _ in rows]),
        resistance=np.concatenate([r for *_, r in rows]),
        temperature=np.full(121 * ANGLES.size, 4.0),
        angle=np.repeat(ANGLES, 121) + 0.02 * rng.standard_normal(121 * ANGLES.size),
    )
    return analyse(Recording(_source(), "made for a test", (curve,)), Settings(models=("dirty",)))


def _source() -> Source:

    return Source("crystal.csv", "0" * 64)


def test_a_table_of_loops_at_many_angles_gives_the_anisotropy(turned: Result) -> None:
    (gamma,) = [e for e in turned.find("anisotropy_parameter", criterion=HALF, at="4 K") if "model" not in e.labels]
    assert gamma.method == GL
    assert gamma.value == pytest.approx(3.0, rel=0.03)
    # The film is refuted, so that it is no part of the spread, and stands beside it all the same.
    assert "model" not in gamma.systematic
    assert turned.find("anisotropy_parameter", criterion=HALF, model=FILM)
    (angle,) = turned.find("angle_of_largest_field", criterion=HALF)
    assert angle.value == pytest.approx(7.0, abs=1.0)
    assert "anisotropy" in turned.summary
    assert any(panel.title.startswith("crystal: field against angle") for panel in turned.panels)
    assert not any("measure more fields" in note.text for note in turned.notes)


def test_every_angle_is_a_curve_of_its_own(turned: Result) -> None:
    """Loops at different angles are never averaged."""
    names = [one.curve for one in turned.details.curves]
    assert len(names) == ANGLES.size
    assert names[0] == "crystal, -30 deg"


def test_the_result_can_be_sent_to_another_process(turned: Result) -> None:
    found = pickle.loads(pickle.dumps(turned)).details.angles[0]
    np.testing.assert_allclose(
        found.fits[GL].evaluate(ANGLES), turned.details.angles[0].fits[GL].evaluate(ANGLES), rtol=1e-15
    )


def test_an_angle_that_is_swept_is_said() -> None:
    from .conftest import _curve

    rng = np.random.default_rng(0)
    h, r = loops(0.0, 9.0, rng)
    curve = _curve("crystal", field=h, resistance=r, temperature=np.full(121, 4.0), angle=np.linspace(0.0, 90.0, 121))
    result = analyse(Recording(_source(), "made for a test", (curve,)), Settings(models=("dirty",)))
    assert any("the angle does not stand still" in note.text for note in result.notes if note.level == "warning")
