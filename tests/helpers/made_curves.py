"""Made-up curves whose noise is known: clean ones of several kinds, families of neighbours, and planted marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Generator = np.random.Generator


@dataclass(frozen=True)
class Made:
    """A curve y(x) = signal + noise; `step` is that of the instrument's grid (0: none), `sigma` the noise's scale."""

    kind: str
    x: FloatArray
    y: FloatArray
    signal: FloatArray
    sigma: FloatArray
    step: float = 0.0

    @property
    def hides_noise(self) -> bool:
        """Whether the grid is about as coarse as the noise or coarser, so that saying so is true."""
        return self.step > 0.8 * float(np.median(self.sigma))


@dataclass(frozen=True)
class Physics:
    """A kind of measurement with its constants drawn: positions, the signal at any positions, noise for a signal."""

    kind: str
    x: FloatArray
    signal: Callable[[FloatArray], FloatArray]
    sigma: Callable[[FloatArray], FloatArray]
    counts: bool = False


def positions(rng: Generator, n: int, low: float, high: float) -> FloatArray:
    """Even, unevenly dense, or jittered positions, rising."""
    u = np.linspace(0.0, 1.0, n)
    way = rng.integers(3)
    if way == 1:
        u = u ** rng.uniform(0.6, 1.8)
    elif way == 2:
        u = np.sort(np.clip(u + rng.uniform(-0.45, 0.45, n) / n, 0.0, 1.0))
    return low + (high - low) * u


def resistance(rng: Generator, n: int) -> Physics:
    """R(T) with one or two steps of 0.2 to 15 K, noise of the bridge and proportional to R, some with up and down."""
    x = positions(rng, n, 4.0, 300.0 if rng.random() < 0.5 else 120.0)
    if rng.random() < 0.3:
        x = np.concatenate([x[::2], x[1::2][::-1]])
    rise, share = rng.uniform(0.0, 4.0), 0.4 if rng.random() < 0.3 else 0.0
    places, widths = rng.uniform(15.0, 90.0, 2), (rng.uniform(0.2, 15.0), rng.uniform(0.5, 5.0))
    level = 10.0 ** rng.uniform(-4.5, -2.0)
    bridge, gain = rng.uniform(0.05, 1.0), rng.uniform(0.0, 1.0)

    def signal(t: FloatArray) -> FloatArray:
        falls = [
            1.0 / (1.0 + np.exp(np.clip(-4.4 * (t - p) / w, -60, 60))) for p, w in zip(places, widths, strict=True)
        ]
        normal = (0.2 + rise * (np.abs(t) / 300.0) ** 1.5) / (0.2 + rise)
        return np.asarray(normal * ((1.0 - share) * falls[0] + share * falls[1]))

    return Physics("resistance", x, signal, lambda s: level * np.sqrt(bridge + gain * (s / s.max()) ** 2))


def conductance(rng: Generator, n: int) -> Physics:
    """dI/dV(V) of a contact: two maxima, a zero-bias part, a tilted parabola."""
    x = positions(rng, n, -1.0, 1.0) * (reach := rng.uniform(5.0, 60.0))
    gap, width, tilt = rng.uniform(0.1, 0.4), rng.uniform(0.02, 0.2), rng.uniform(-0.05, 0.05)
    height, dip, level = rng.uniform(0.05, 0.8), rng.uniform(0.0, 0.5), 10.0 ** rng.uniform(-4.0, -1.5)

    def signal(bias: FloatArray) -> FloatArray:
        u = bias / reach
        peaks = 1.0 / (1.0 + ((u - gap) / width) ** 2) + 1.0 / (1.0 + ((u + gap) / width) ** 2)
        return np.asarray(1.0 + 0.1 * u * u + tilt * u + height * peaks - dip * np.exp(-((u / width) ** 2)))

    return Physics("conductance", x, signal, lambda s: np.full(s.size, level))


def pattern(rng: Generator, n: int) -> Physics:
    """Counts of diffraction: lines of 4 to 12 readings full width on a background, Poisson noise, sometimes scaled."""
    x = np.linspace(4.0, 25.0, n)
    level = 10.0 ** rng.uniform(1.6, 4.0)
    lines = [
        (rng.uniform(4.0, 25.0), rng.uniform(2.0, 6.0) * 21.0 / n, 10.0 ** rng.uniform(-1.0, 1.3))
        for _ in range(int(rng.integers(3, 3 + max(2, min(50, n // 40)))))
    ]

    def signal(angle: FloatArray) -> FloatArray:
        total = 1.0 + 0.5 * np.exp(-angle / 8.0)
        for place, half, height in lines:
            total = total + height / (1.0 + ((angle - place) / half) ** 2)
        return np.asarray(level * total)

    return Physics("pattern", x, signal, np.sqrt, counts=True)


def moment(rng: Generator, n: int) -> Physics:
    """m(T) with a diamagnetic step on Curie's law and a drift, or m(H) of a loop."""
    level = 1e-8 * 10.0 ** rng.uniform(-3.5, -1.3)
    if rng.random() < 0.6:
        place, width, curie = rng.uniform(30.0, 110.0), rng.uniform(0.3, 5.0), rng.uniform(0.0, 5.0)

        def step(t: FloatArray) -> FloatArray:
            fall = 1.0 / (1.0 + np.exp(np.clip((t - place) / width, -60.0, 60.0)))
            return np.asarray(1e-8 * (-fall + curie / t + 1e-3 * t))

        return Physics("moment", positions(rng, n, 5.0, 150.0), step, lambda s: np.full(s.size, level))
    turn = np.linspace(0.0, 2.0 * np.pi, n)

    def loop(field: FloatArray) -> FloatArray:
        return np.asarray(1e-8 * (np.tanh(0.3 * field - 0.3 * np.cos(turn)) + 0.02 * field))

    return Physics("moment", 5.0 * np.sin(turn), loop, lambda s: np.full(s.size, level))


KINDS: tuple[Callable[[Generator, int], Physics], ...] = (resistance, conductance, pattern, moment)


def measured(rng: Generator, physics: Physics, *, stretch: float = 1.0, colour: float = 0.0) -> Made:
    """One sweep with fresh noise; `stretch` multiplies x in the signal, as a transition that moves with pressure."""
    signal = physics.signal(stretch * physics.x)
    sigma = physics.sigma(signal)
    noise = sigma * coloured(rng, signal.size, colour)
    if physics.counts:
        return Made(physics.kind, physics.x, rng.poisson(signal).astype(float), signal, sigma, 1.0)
    return Made(physics.kind, physics.x, signal + noise, signal, sigma)


def coloured(rng: Generator, n: int, colour: float) -> FloatArray:
    """Unit noise through a first-order low pass with the correlation `colour` from reading to reading."""
    white = rng.standard_normal(n)
    if colour == 0.0:
        return white
    noise = np.empty(n)
    noise[0] = white[0]
    for i in range(1, n):
        noise[i] = colour * noise[i - 1] + np.sqrt(1.0 - colour**2) * white[i]
    return noise


def clean(seed: int, *, fewest: int = 30, most: int = 5000) -> Made:
    """One clean curve of the kinds in turn: coloured noise on half of them, an instrument's grid on a third."""
    rng = np.random.default_rng([seed, 7])
    physics = KINDS[seed % len(KINDS)](rng, round(10.0 ** rng.uniform(np.log10(fewest), np.log10(most))))
    made = measured(rng, physics, colour=rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0)
    if physics.counts:
        scale = 1.0 if rng.random() < 0.5 else rng.uniform(0.01, 3.0)
        parts = {name: scale * getattr(made, name) for name in ("y", "signal", "sigma", "step")}
        return replace(made, **parts)
    if rng.random() < 0.33:
        return quantised(made, float(np.median(made.sigma)) * 10.0 ** rng.uniform(-1.5, 0.7))
    return made


def neighbours(seed: int, *, count: int, points: int) -> list[Made]:
    """Curves of one sample at neighbouring pressures, fresh noise in each; the first two have the same signal."""
    rng = np.random.default_rng([seed, 8])
    physics = KINDS[seed % len(KINDS)](rng, points)
    colour = rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0
    stretches = [1.0, 1.0, *(1.0 + rng.uniform(-0.03, 0.03, count - 2) * (rng.random() < 0.7))]
    return [measured(rng, physics, stretch=float(stretch), colour=colour) for stretch in stretches]


def quantised(made: Made, step: float) -> Made:
    """The same curve on a grid."""
    return replace(made, y=step * np.rint(made.y / step), step=step)


def copied(rng: Generator, made: Made, replaced: float) -> Made:
    """a + b y in which the share `replaced` of the noise's variance is new, on a new smooth background."""
    noise = made.y - made.signal
    fresh = np.sqrt(1.0 - replaced) * noise + np.sqrt(replaced) * made.sigma * rng.standard_normal(made.y.size)
    scale, u = rng.uniform(0.3, 3.0), np.linspace(-1.0, 1.0, made.y.size)
    bent = rng.uniform(-0.3, 0.3) * np.ptp(made.signal) * (u + u * u)
    return replace(
        made, y=scale * (made.signal + fresh) + bent + rng.uniform(-1.0, 1.0) * np.ptp(made.signal), step=0.0
    )
