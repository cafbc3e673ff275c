"""The sample as a body in a field: volume, demagnetisation, shielding fraction, with the errors of its lengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from megabar.analysis.susceptibility_settings import Settings
from megabar.fitting.propagate import propagate
from megabar.physics import susceptibility as physics
from megabar.physics.critical_current import bean

DRAWS = 2000
"""Monte Carlo draws where a length moves the answer too far for a straight line."""
_UM = 1e-6

Inputs = Mapping[str, tuple[float, float | None]]
"""Name -> value and one standard deviation (None: exact)."""


@dataclass(frozen=True)
class Derived:
    """A quantity with its error (None unknown), its 68.27 % interval where that is not symmetric, and the way to it."""

    value: float
    error: float | None
    interval: tuple[float | None, float | None] | None
    words: str


def derive(function: Callable[..., float], inputs: Inputs, rng: np.random.Generator) -> Derived:
    """function(**values) with the errors of independent inputs: straight where it is, else by draws."""
    uncertain = {name: value for name, (value, error) in inputs.items() if error}
    exact = {name: value for name, (value, error) in inputs.items() if not error}
    if not uncertain:
        return Derived(float(function(**exact)), None, None, "")
    variances = np.diag([float(inputs[name][1] or 0.0) ** 2 for name in uncertain])
    made = propagate(lambda **values: function(**exact, **values), uncertain, variances, rng=rng, n=DRAWS)
    interval = (made.lower, made.upper) if made.method == "monte carlo" else None
    return Derived(made.value, made.error, interval, made.words)


class Body:
    """The sample as the settings describe it; lengths in um."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def lengths(self) -> Inputs:
        """The lengths that are given."""
        s = self.settings
        return {
            name: (value, getattr(s, f"{name}_error"))
            for name in ("along", "across", "other")
            if (value := getattr(s, name)) is not None
        }

    @property
    def no_volume(self) -> str:
        """Why there is no volume; "" where there is one."""
        s = self.settings
        if s.volume is not None:
            return ""
        if s.shape is None:
            return "no volume: give settings.volume (um^3), or settings.shape with its lengths"
        if s.shape == "strip" and s.other is None:
            return "no volume: a strip needs its length, settings.other (um)"
        return ""

    @property
    def no_factor(self) -> str:
        """Why there is no demagnetisation factor; "" where there is one."""
        s = self.settings
        if s.demagnetisation is not None or s.shape is not None:
            return ""
        return "no demagnetisation factor: give settings.shape with its lengths, or settings.demagnetisation"

    @property
    def inputs(self) -> Inputs:
        """What volume and factor follow from."""
        volume = {} if self.settings.volume is None else {"volume": (self.settings.volume, self.settings.volume_error)}
        return {**self.lengths, **volume}

    def volume(self, **values: float) -> float:
        """um^3, from the values of `inputs`."""
        if "volume" in values:
            return values["volume"]
        return physics.body_volume(
            along=values["along"], across=values["across"], other=values.get("other"), shape=self._shape
        )

    def factor(self, **values: float) -> float:
        """N, from the values of `inputs`."""
        if self.settings.demagnetisation is not None:
            return self.settings.demagnetisation
        return physics.demagnetisation_factor(
            along=values["along"], across=values["across"], other=self._third(values), shape=self._shape
        )

    def lower_field(self, penetration: float, **values: float) -> float:
        """mu0 Hc1 (T) from the applied field of the first flux."""
        if self.settings.shape is None:
            return penetration / (1.0 - self.factor(**values))
        return physics.lower_from_penetration(
            penetration,
            along=values["along"],
            across=values["across"],
            other=self._third(values),
            shape=self._shape,
        )

    def edge_spread(self) -> float | None:
        """Half the difference of Hc1 by 1 - N and by the edge, as a share of the latter; None for an ellipsoid."""
        if self.settings.shape not in ("cylinder", "strip"):
            return None
        centres = {name: value for name, (value, _) in self.inputs.items()}
        return 0.5 * abs(1.0 / (1.0 - self.factor(**centres)) / self.lower_field(1.0, **centres) - 1.0)

    def current_density(self, loop: float, **values: float) -> float:
        """Bean's Jc (A/m^2) from the width of a loop of the moment (A m^2); a cylinder counts like a square."""
        across = values["across"]
        long = max(values.get("other", across), across)
        return float(bean(loop / (self.volume(**values) * _UM**3), width=across * _UM, length=long * _UM))

    @property
    def no_current(self) -> str:
        """Why Bean's model gives no current density; "" where it does."""
        if self.settings.shape not in ("cylinder", "strip"):
            return "no critical current from loops: Bean's model needs settings.shape cylinder or strip with lengths"
        return self.no_volume

    @property
    def _shape(self) -> physics.Shape:
        assert self.settings.shape is not None  # asked for by `no_volume` and `no_factor`
        return self.settings.shape

    def _third(self, values: Mapping[str, float]) -> float | None:
        """The third length where it enters N: a strip is long."""
        return None if self.settings.shape == "strip" else values.get("other")
