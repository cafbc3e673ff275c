"""Writes pressure_scales.csv: published pressure scales transcribed anew, in the units and forms of their papers.

Ruby of 1978 to 2008 in megabar from the shift in nm, the edge of 2006 from K0 and K0' over the relative shift,
standards by exact powers of the ratio of volumes; fifty digits, nothing of the package is used.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 50
D = Decimal


def ruby_power(a: str, b: str) -> Callable[[Decimal], Decimal]:
    """P(Mbar) = (A/B) {[1 + shift/694.24]^B - 1}, in GPa."""
    return lambda x: 100 * D(a) / D(b) * ((1 + (x - D("694.24")) / D("694.24")) ** D(b) - 1)


def ruby_2020(x: Decimal) -> Decimal:
    relative = (x - D("694.25")) / D("694.25")
    return D("1.87e3") * relative * (1 + D("5.63") * relative)


def edge_moduli(k: str, slope: str) -> Callable[[Decimal], Decimal]:
    """P = K0 (dv/v0) [1 + (1/2)(K0' - 1) dv/v0], v0 = 1334."""
    return lambda x: D(k) * (x - 1334) / 1334 * (1 + (D(slope) - 1) / 2 * (x - 1334) / 1334)


def edge_2004(x: Decimal) -> Decimal:
    return D("66.9") - D("0.5281") * x + D("3.585e-4") * x**2


def edge_2010(x: Decimal) -> Decimal:
    return D(3141) - D("4.157") * x + D("1.429e-3") * x**2


def edge_2023(x: Decimal) -> Decimal:
    relative = (x - D("1332.5")) / D("1332.5")
    return D(517) * relative + D(764) * relative**2


def vinet(v0: str, k: str, slope: str) -> Callable[[Decimal], Decimal]:
    """P = 3 K0 X^-2 (1 - X) exp[3/2 (K0' - 1)(1 - X)], X = (V/V0)^(1/3)."""

    def pressure(v: Decimal) -> Decimal:
        x = (v / D(v0)) ** (D(1) / 3)
        return 3 * D(k) * (1 - x) / x**2 * (D("1.5") * (D(slope) - 1) * (1 - x)).exp()

    return pressure


def birch(v0: str, k: str, slope: str) -> Callable[[Decimal], Decimal]:
    """P = 3 K0 f (1 + 2 f)^(5/2) [1 + (3/2)(K0' - 4) f], f = ((V0/V)^(2/3) - 1)/2: the Eulerian strain."""

    def pressure(v: Decimal) -> Decimal:
        f = ((D(v0) / v) ** (D(2) / 3) - 1) / 2
        return 3 * D(k) * f * (1 + 2 * f) ** D("2.5") * (1 + D("1.5") * (D(slope) - 4) * f)

    return pressure


RUBY = ("694.5", "700", "710", "735", "739.24")
EDGE = ("1340", "1400", "1500", "1600", "1750")
GOLD = ("67", "64", "60.5", "56", "50")
TABLE: dict[str, tuple[Callable[[Decimal], Decimal], tuple[str, ...]]] = {
    "mao_1978": (ruby_power("19.04", "5"), RUBY),
    "mao_1986": (ruby_power("19.04", "7.665"), RUBY),
    "dewaele_2004": (ruby_power("19.04", "9.5"), RUBY),
    "dewaele_2008": (ruby_power("19.20", "9.61"), RUBY),
    "ruby_2020": (ruby_2020, RUBY),
    "akahama_2004": (edge_2004, EDGE),
    "akahama_2006": (edge_moduli("547", "3.75"), EDGE),
    "akahama_2010": (edge_2010, ("1500", "1600", "1700", "1750", "1850")),
    "eremets_2023": (edge_2023, EDGE),
    "hilberer_2026": (edge_moduli("575", "3.3"), EDGE),
    "gold_fei_2007": (vinet("67.850", "167", "6.00"), GOLD),
    "gold_fei_2007_bm3": (birch("67.850", "167", "5.77"), GOLD),
    "gold_dewaele_2004": (vinet("67.848", "167", "6.00"), GOLD),
    "gold_takemura_2008": (vinet("67.848", "167", "5.90"), GOLD),
    "gold_fratanduono_2021": (vinet("67.716", "170.90", "5.880"), GOLD),
    "mgo_speziale_2001": (birch("74.71", "160.2", "3.99"), ("74", "70", "65", "60", "55")),
    "mgo_tange_2009": (vinet("74.698", "160.63", "4.367"), ("74", "70", "65", "60", "55")),
    "platinum_fei_2007": (vinet("60.38", "277", "5.08"), ("60", "58", "55", "52", "49")),
    "platinum_matsui_2009": (vinet("60.38", "273", "5.20"), ("60", "58", "55", "52", "49")),
    "neon_fei_2007": (vinet("88.967", "1.16", "8.23"), ("70", "50", "40", "35", "30")),
    "rhenium_anzellini_2014": (vinet("29.467", "352.6", "4.56"), ("29", "28", "26", "24", "22")),
}

if __name__ == "__main__":
    with (Path(__file__).parent / "pressure_scales.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["scale", "reading", "pressure_gpa"])
        for name, (function, readings) in TABLE.items():
            writer.writerows([name, x, f"{function(D(x)):.15g}"] for x in readings)
