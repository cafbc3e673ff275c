"""Equations of state: by the work of compression, by derivatives, and by the volume that comes back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from megabar.errors import DomainError
from megabar.physics import equation_of_state as eos

SOLIDS = (
    {"volume_zero": 67.85, "modulus": 167.0, "modulus_derivative": 6.0},
    {"volume_zero": 74.71, "modulus": 160.2, "modulus_derivative": 3.99},
    {"volume_zero": 88.967, "modulus": 1.16, "modulus_derivative": 8.23},
    {"volume_zero": 40.0, "modulus": 90.0, "modulus_derivative": 1.0},
)
LAWS = pytest.mark.parametrize("law", eos.LAWS.values(), ids=eos.LAWS)
CONSTANTS = pytest.mark.parametrize("constants", SOLIDS, ids=("gold", "MgO", "neon", "K' of one"))


@LAWS
@CONSTANTS
@pytest.mark.parametrize("ratio", [0.6, 0.85, 1.05])
def test_the_pressure_integrates_to_the_work(law: eos.Law, constants: dict[str, float], ratio: float) -> None:
    v0 = constants["volume_zero"]
    work, _ = quad(lambda v: float(law.pressure(v, **constants)), ratio * v0, v0, epsabs=0.0, epsrel=1e-12)
    assert float(law.work(ratio * v0, **constants)) == pytest.approx(work, rel=1e-9)


@LAWS
@CONSTANTS
def test_the_modulus_is_the_derivative_of_the_pressure(law: eos.Law, constants: dict[str, float]) -> None:
    volumes = constants["volume_zero"] * np.linspace(0.6, 1.05, 10)
    step = 1e-6 * volumes
    slope = (law.pressure(volumes + step, **constants) - law.pressure(volumes - step, **constants)) / (2.0 * step)
    np.testing.assert_allclose(law.modulus(volumes, **constants), -volumes * slope, rtol=1e-7)


@LAWS
@CONSTANTS
def test_at_no_pressure_stand_the_constants(law: eos.Law, constants: dict[str, float]) -> None:
    v0 = constants["volume_zero"]
    assert law.pressure(v0, **constants) == 0.0
    assert law.modulus(v0, **constants) == pytest.approx(constants["modulus"], rel=1e-14)
    step = 1e-4 * v0
    here, there = (law.pressure(v, **constants) for v in (v0 - step, v0 + step))
    rise = (law.modulus(v0 - step, **constants) - law.modulus(v0 + step, **constants)) / (here - there)
    assert rise == pytest.approx(constants["modulus_derivative"], rel=1e-5)


@LAWS
def test_beyond_the_free_volume_the_pressure_is_negative(law: eos.Law) -> None:
    assert law.pressure(70.0, **SOLIDS[0]) < 0.0


@LAWS
@CONSTANTS
def test_the_volume_comes_back(law: eos.Law, constants: dict[str, float]) -> None:
    if law.name == "birch_murnaghan" and constants["modulus_derivative"] == 1.0:
        volumes = constants["volume_zero"] * np.array([0.97, 1.0, 1.02])
    else:
        volumes = constants["volume_zero"] * np.array([0.5, 0.7, 0.99, 1.0, 1.02])
    pressures = law.pressure(volumes, **constants)
    np.testing.assert_allclose(eos.volume_at(pressures, law=law.name, **constants), volumes, rtol=1e-11)


def test_pressures_that_the_law_never_reaches_are_refused() -> None:
    soft = SOLIDS[3]
    with pytest.raises(DomainError, match="beyond what this equation of state reaches"):
        eos.volume_at(500.0, **soft)
    with pytest.raises(DomainError, match="beyond what this equation of state reaches"):
        eos.volume_at(-500.0, law="vinet", **SOLIDS[0])
    with pytest.raises(DomainError, match="allowed: birch_murnaghan, vinet"):
        eos.volume_at(1.0, law="murnaghan", **soft)  # type: ignore[arg-type]


@LAWS
@pytest.mark.parametrize("bad", [{"volume_zero": 0.0}, {"modulus": -1.0}, {"modulus_derivative": float("nan")}])
def test_what_is_no_solid_is_refused(law: eos.Law, bad: dict[str, float]) -> None:
    with pytest.raises(DomainError):
        law.pressure(60.0, **{**SOLIDS[0], **bad})
    with pytest.raises(DomainError, match="volume must be positive"):
        law.pressure(-1.0, **SOLIDS[0])


def test_the_laws_agree_with_another_library() -> None:
    rt = pytest.importorskip("peritheos.eos.rt")
    constants = SOLIDS[0]
    volumes = np.linspace(45.0, 70.0, 6)
    for name, law in (("BM3", eos.birch_murnaghan), ("Vinet", eos.vinet)):
        other = getattr(rt, name)(V0=67.85, K0=167.0, K0_prime=6.0)
        np.testing.assert_allclose(law(volumes, **constants), [other.pressure(v) for v in volumes], rtol=1e-10)


def test_scalars_give_floats_and_arrays_arrays() -> None:
    assert isinstance(eos.vinet(60.0, **SOLIDS[0]), float)
    assert isinstance(eos.volume_at(100.0, **SOLIDS[0]), float)
    assert eos.volume_at([[10.0], [20.0]], **SOLIDS[0]).shape == (2, 1)  # type: ignore[union-attr]
