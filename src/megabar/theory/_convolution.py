"""Sums over all Matsubara frequencies of an interaction with even and odd functions, by cosine and sine transforms.

For f(-m - 1) = +-f(m), given for 0 <= m < N, and lambda(-k) = lambda(k): sum over all m of lambda(n - m) f(m). A
function that is even about -1/2 has a cosine transform of type II, one that is odd the sine transform, lambda the
cosine transform of type I, and each sum is their product.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, dst, idct, idst, next_fast_len

FloatArray = NDArray[np.float64]


class Convolution:
    """lambda_ij(k), (b, b, 2 N + 1), ready for sums over functions of b bands, (b, N)."""

    def __init__(self, values: FloatArray, count: int) -> None:
        self.count = count
        # n - m reaches up to 2 N - 1: so far all is filled with zeros.
        self.length = next_fast_len(2 * count, real=True)
        kernel = np.zeros((*values.shape[:2], self.length + 1))
        kernel[:, :, : 2 * count] = values[:, :, : 2 * count]
        self.kernel: FloatArray = np.asarray(dct(kernel, type=1))

    def even(self, f: FloatArray) -> FloatArray:
        """Sums over j and m of lambda_ij(n - m) f_j(m) for f even about -1/2, (b, N)."""
        return np.asarray(idct(self._times(self.kernel[:, :, :-1], dct(f, n=self.length)))[:, : self.count])

    def odd(self, f: FloatArray) -> FloatArray:
        """The same for f odd about -1/2."""
        return np.asarray(idst(self._times(self.kernel[:, :, 1:], dst(f, n=self.length)))[:, : self.count])

    @staticmethod
    def _times(kernel: FloatArray, spread: FloatArray) -> FloatArray:
        return kernel[:, 0] * spread if kernel.shape[0] == 1 else np.einsum("ijk,jk->ik", kernel, spread)
