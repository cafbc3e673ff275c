"""What one frame of an area detector holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from megabar.errors import DataError
from megabar.frozen import freeze

MOST_PIXELS = 10**8


@dataclass(frozen=True, eq=False)
class Image:
    """One frame: counts of shape (rows, columns) as the detector gave them, read-only, and the words of its header.

    DataError when the counts are not a table of numbers or are more than `MOST_PIXELS`.
    """

    name: str
    pixels: NDArray[Any]
    simulated: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.ndim != 2 or pixels.dtype.kind not in "iuf":
            raise DataError(f"image {self.name!r}: expected one table of grey values, found {pixels.ndim} dimensions")
        if not 0 < pixels.size <= MOST_PIXELS:
            raise DataError(f"image {self.name!r}: {pixels.size} pixels, more than {MOST_PIXELS}: cut it into parts")
        pixels = pixels.view()
        pixels.setflags(write=False)
        object.__setattr__(self, "pixels", pixels)
        object.__setattr__(self, "metadata", freeze(self.metadata))
