"""Local straight lines through neighbouring points: the derivative with a known noise gain, and the noise itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def local_line(x: FloatArray, y: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """Slope and value at each x of the least-squares line through the `points` nearest neighbours in order.

    x: (n,), ascending; y: (m, n). Running sums make it O(m n). Where all neighbours share one x the slope is 0.
    """
    low, high = _bounds(x.size, points)
    centre_x, centre_y = x.mean(), y.mean(axis=1, keepdims=True)
    u, v = x - centre_x, y - centre_y
    count = (high - low).astype(np.float64)
    su, suu = _running(u, low, high), _running(u * u, low, high)
    sv, suv = _running(v, low, high), _running(u * v, low, high)
    spread = count * suu - su * su
    safe = np.where(spread > 1e-14 * suu.max() * count, spread, np.inf)
    slope = (count * suv - su * sv) / safe
    return slope, (sv - slope * su) / count + slope * u + centre_y


def local_parabola(x: FloatArray, y: FloatArray, points: int) -> FloatArray:
    """Value at each x of the least-squares parabola through the `points` (odd, at least 5) nearest neighbours.

    x, y: (n,), x ascending. Keeps curved feet and shoulders that local lines would lift or cut.
    """
    low, high = _bounds(x.size, points)
    columns = low[:, None] + np.arange(int(high[0] - low[0]))
    apart = x[columns] - x[:, None]
    reach = np.abs(apart).max(axis=1, keepdims=True)
    u = apart / np.where(reach > 0, reach, 1.0)
    powers = np.stack([np.ones_like(u), u, u * u], axis=-1)
    normal = np.einsum("nki,nkj->nij", powers, powers) + 1e-12 * np.eye(3)
    return np.asarray(np.linalg.solve(normal, np.einsum("nki,nk->ni", powers, y[columns])[..., None])[:, 0, 0])


def slope_gain(x: FloatArray, points: int) -> FloatArray:
    """Standard deviation of the slope of `local_line` for unit noise in y, shape (n,)."""
    low, high = _bounds(x.size, points)
    u = x - x.mean()
    count = (high - low).astype(np.float64)
    su, suu = _running(u, low, high), _running(u * u, low, high)
    spread = suu - su * su / count
    return np.asarray(1.0 / np.sqrt(np.where(spread > 1e-14 * suu.max(), spread, np.inf)))


def scatter(x: FloatArray, y: FloatArray, *, points: int = 6) -> FloatArray:
    """What a polynomial through neighbouring points cannot explain, scaled to the noise of one point.

    x: (n,) ascending; y: (n,); result (n - points + 1,): the divided difference of each `points` neighbours with
    weights of unit length, so for independent noise its standard deviation is that of y, while polynomials up to
    degree points - 2 drop out.
    """
    reach = float(x[-1] - x[0]) or 1.0
    near = np.lib.stride_tricks.sliding_window_view(x, points)
    apart = near[:, :, None] - near[:, None, :]
    # Readings at one temperature: a distance far below any real one makes their difference the whole answer.
    order = np.sign(np.arange(points)[:, None] - np.arange(points)[None, :])
    apart = np.where(np.abs(apart) > 1e-9 * reach, apart, 1e-9 * reach * order) / reach + np.eye(points)
    weights = 1.0 / apart.prod(axis=2)
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return np.asarray((weights * np.lib.stride_tricks.sliding_window_view(y, points)).sum(axis=1))


def noise_level(x: FloatArray, y: FloatArray) -> float:
    """Standard deviation of the noise of y from `scatter`, spikes cut at four sigma; 0 below six points."""
    if x.size < 6:
        return 0.0
    deviation = scatter(x, y, points=6 if x.size >= 12 else 4)
    sigma = float(np.sqrt(np.mean(deviation**2)))
    for _ in range(5):
        kept = deviation[np.abs(deviation) <= 4.0 * sigma]
        new = float(np.sqrt(np.mean(kept**2))) if kept.size else sigma
        if new >= 0.99 * sigma:
            break
        sigma = new
    return sigma


def _bounds(n: int, points: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    points = min(points, n)
    low = np.clip(np.arange(n) - points // 2, 0, n - points)
    return low, low + points


def _running(values: FloatArray, low: NDArray[np.intp], high: NDArray[np.intp]) -> FloatArray:
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    return np.asarray(sums[..., high] - sums[..., low])
