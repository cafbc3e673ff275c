"""Many spectra of one temperature at once: a map or a long series, fitted one by one on several processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from megabar.analysis.spectrum_fit import Choice, fit_spectrum
from megabar.analysis.spectrum_shape import Spectrum
from megabar.errors import DataError, MegabarError
from megabar.parallel import cores, processes

FloatArray = NDArray[np.float64]

_CHUNK: Final = 16
"""Spectra that a process takes at a time."""


@dataclass(frozen=True)
class BatchFit:
    """Parameters of m spectra: names (k,), values and errors (m, k), NaN where a fit failed or gives no error; reasons
    (m,), "" for a good fit. In the order of the rows given."""

    names: tuple[str, ...]
    values: FloatArray
    errors: FloatArray
    reasons: tuple[str, ...]

    def column(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Values and errors of one parameter, (m,) each."""
        if name not in self.names:
            raise DataError(f"no parameter {name!r}; there are {', '.join(self.names)}")
        i = self.names.index(name)
        return self.values[:, i], self.errors[:, i]


def fit_many(
    bias: ArrayLike,
    conductance: ArrayLike,
    choice: Choice,
    *,
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> BatchFit:
    """`fit_spectrum` of every row: bias (n,) in mV, conductance (m, n), all treated alike by `choice`.

    workers: processes, by default one a core; 1 stays in this process. progress is called with shares from 0 to 1. A
    spectrum that cannot be fitted costs no other: its row is NaN and its reason a sentence. Errors are those of the
    covariance; intervals of single spectra come from `spectrum_fit.quote`. DataError for shapes that do not fit.
    """
    x, y = np.asarray(bias, dtype=np.float64), np.asarray(conductance, dtype=np.float64)
    if x.ndim != 1 or y.ndim != 2 or y.shape[1] != x.size:
        raise DataError(f"bias has shape {x.shape} and conductance {y.shape}: (n,) and (m, n) are needed")
    tasks = [(x, y[i : i + _CHUNK], choice) for i in range(0, y.shape[0], _CHUNK)]
    tell = progress or _silent
    done: list[list[_Row]] = []
    with processes(min(workers or cores(), len(tasks))) as each:
        for rows in each(_fit_rows, tasks):
            done.append(rows)
            tell(len(done) / len(tasks))
    return _collected([row for rows in done for row in rows])


_Row = tuple[dict[str, float], dict[str, float | None], str]


def _fit_rows(task: tuple[FloatArray, FloatArray, Choice]) -> list[_Row]:
    x, rows, choice = task
    return [_fit_row(x, row, choice) for row in rows]


def _fit_row(x: FloatArray, row: FloatArray, choice: Choice) -> _Row:
    try:
        found = fit_spectrum(Spectrum("row", x, row), choice).fit
    except MegabarError as error:
        return {}, {}, str(error)
    return dict(found.values), dict(found.errors), "" if found.ok else found.message


def _collected(rows: list[_Row]) -> BatchFit:
    names = tuple(next((list(values) for values, _, _ in rows if values), []))
    values = np.array([[found.get(name, np.nan) for name in names] for found, _, _ in rows])
    errors = np.array([[_known(found.get(name)) for name in names] for _, found, _ in rows])
    return BatchFit(names, values, errors, tuple(reason for _, _, reason in rows))


def _known(error: float | None) -> float:
    return np.nan if error is None else error


def _silent(_share: float) -> None:
    """Progress that nobody watches."""
