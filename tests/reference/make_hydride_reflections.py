"""Writes hydride_reflections.csv: the lines of CeH9 and CeH4 at 0.6199 angstrom by the formulas of textbooks.

No symmetry operations: spacings, reflection conditions and multiplicities as the International Tables print them for
P6_3/mmc and I4/mmm. `heavy` says whether cerium contributes: on 2c or 2d of P6_3/mmc it does not where h - k = 3n and
l is odd; on 2a or 2b of I4/mmm it always does.
"""

from math import asin, degrees, sqrt
from pathlib import Path

WAVELENGTH = 0.6199
LARGEST = 42.0


def hexagonal(h, k, m):
    d = 1 / sqrt(4 / 3 * (h * h + h * k + k * k) / 3.674**2 + m * m / 5.427**2)
    allowed = m % 2 == 0 if h == k else True  # hhl and 00l: m even
    heavy = allowed and not ((h - k) % 3 == 0 and m % 2 == 1)
    if h == k == 0:
        return d, allowed, heavy, 2
    return d, allowed, heavy, (6 if h == k or k == 0 else 12) * (1 if m == 0 else 2)


def tetragonal(h, k, m):
    d = 1 / sqrt((h * h + k * k) / 2.838**2 + m * m / 5.801**2)
    allowed = (h + k + m) % 2 == 0
    if h == k == 0:
        return d, allowed, allowed, 2
    return d, allowed, allowed, (4 if h == k or k == 0 else 8) * (1 if m == 0 else 2)


rows = []
for phase, law in (("CeH9", hexagonal), ("CeH4", tetragonal)):
    for h in range(8):
        for k in range(h + 1):
            for m in range(15):
                if (h, k, m) == (0, 0, 0):
                    continue
                d, allowed, heavy, multiplicity = law(h, k, m)
                angle = 2 * degrees(asin(WAVELENGTH / 2 / d)) if d > WAVELENGTH / 2 else 999.0
                if allowed and angle <= LARGEST:
                    rows.append((phase, angle, f"{phase},{h},{k},{m},{d:.6f},{angle:.6f},{multiplicity},{int(heavy)}"))
rows.sort()
text = "phase,h,k,l,d_angstrom,two_theta_deg,multiplicity,heavy\n" + "\n".join(row[2] for row in rows) + "\n"
Path(__file__).with_name("hydride_reflections.csv").write_text(text)
