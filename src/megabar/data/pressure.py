"""A pressure with all that it depends on: gauge, scale, error and what cooling did to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pressure:
    """`value` in GPa with one standard deviation `error` (None: not stated) on the named gauge and scale.

    `gauge_error` (GPa) is common to all pressures read with that gauge and scale in one experiment.
    `before_cooling` and `after_cooling` (GPa) are readings on either side of the sweep; None: not read.
    """

    value: float
    error: float | None = None
    gauge: str = ""
    scale: str = ""
    gauge_error: float | None = None
    before_cooling: float | None = None
    after_cooling: float | None = None

    @property
    def drift(self) -> float | None:
        """What the pressure did on cooling, in GPa; None unless it was read before and after."""
        if self.before_cooling is None or self.after_cooling is None:
            return None
        return self.after_cooling - self.before_cooling
