"""Recomputes bloch_gruneisen_integral.csv with mpmath; run by hand, never by the tests.

J_n(x) = int_0^x t^n / (4 sinh(t/2)^2) dt by Gauss-Legendre quadrature on short panels with 50 digits, checked panel
by panel against tanh-sinh quadrature with 60 digits; J_n(inf) = Gamma(n + 1) zeta(n), checked against the quadrature.
"""

from __future__ import annotations

from pathlib import Path

from mpmath import gamma, inf, mp, mpf, nstr, quad, sinh, zeta

POINTS = ["0.01", "0.1", "0.5", "1", "1.999", "2", "2.001", "4", "7.5", "10", "25.3", "63.999", "64.001", "200", "1000"]
ORDERS = ["2", "3", "5"]
FREE = [("1.05", "3"), ("1.5", "0.02"), ("2.7", "1.3"), ("2.7", "31"), ("4.4", "12"), ("7.25", "5"), ("10", "40")]


def integral(order: str, limit: str, method: str, digits: int) -> mpf:
    with mp.workdps(digits):
        n, x = mpf(order), mpf(limit)
        # Beyond 400 the integrand is below 1e-140 of the whole.
        edges = [mpf(0), *[mpf(e) for e in (1e-3, 0.1, 1, 2, 5, 10, 20, 40, 80, 160, 400) if e < x]]
        edges = [*edges, min(x, mpf(400))] if edges[-1] < min(x, mpf(400)) else edges
        # t^(n-2) has no power series at 0 for free n: there the substitution t = s^m makes it one.
        first = quad(lambda s: 20 * s**19 * (s**20) ** n / (4 * sinh(s**20 / 2) ** 2), [0, edges[1] ** (mpf(1) / 20)])
        rest = quad(lambda t: t**n / (4 * sinh(t / 2) ** 2), edges[1:], method=method) if len(edges) > 2 else mpf(0)
        return first + rest


def main() -> None:
    rows = []
    for n, x in [(n, x) for n in ORDERS for x in POINTS] + FREE:
        value = integral(n, x, "gauss-legendre", 50)
        assert abs(value / integral(n, x, "tanh-sinh", 60) - 1) < mpf(10) ** -25, (n, x)
        rows.append(f"{n},{x},{nstr(value, 25)}")
    for n in [*ORDERS, "1.05", "7.25"]:
        with mp.workdps(50):
            exact = gamma(mpf(n) + 1) * zeta(mpf(n))
            assert abs(integral(n, "400", "gauss-legendre", 50) / exact - 1) < mpf(10) ** -25, n
            rows.append(f"{n},{inf},{nstr(exact, 25)}")
    head = [
        "# J_n(x) = int_0^x t^n / ((e^t - 1)(1 - e^-t)) dt, 25 digits",
        "# source: make_bloch_gruneisen_integral.py in this folder, mpmath 1.4",
        "# x = +inf: Gamma(n + 1) zeta(n)",
        "order,upper_limit,value",
    ]
    Path(__file__).with_name("bloch_gruneisen_integral.csv").write_text("\n".join([*head, *rows]) + "\n")


if __name__ == "__main__":
    main()
