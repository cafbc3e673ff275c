"""The transport regime of a contact from its spectrum and its size, and what that means for a gap.

S2's rule: critical-current dips without a double peak are a thermal contact, both together an intermediate one, a
double peak (or a plain maximum at zero bias) without dips a ballistic one. A contact whose conductance at zero bias is
more than twice the normal one has a Maxwell part besides: Andreev reflection gives 2 at most, at any barrier,
temperature and broadening. Where sizes are known, the radius against the mean free path (`physics.contact.regime_of`)
is the second argument; where both speak and differ, the spectrum decides and the conflict is said.
Sources: G. Sheet, S. Mukhopadhyay and P. Raychaudhuri, Phys. Rev. B 69, 134507 (2004); M. Monish et al. on cerium under
a needle, figures 2 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from megabar.analysis.spectrum_feature_dips import Dips
from megabar.analysis.spectrum_feature_peaks import Peaks
from megabar.errors import DomainError
from megabar.physics.contact import Regime as SizeRegime
from megabar.physics.contact import knudsen, regime_of

Name = Literal["thermal", "intermediate", "ballistic", "unknown"]

ANDREEV_LIMIT: Final = 2.0
"""Largest zero-bias conductance of Andreev reflection over the normal one."""
EXCEEDED: Final = 3.0
"""Standard deviations above it that count."""
NORMALISATION: Final = 0.05
"""Share by which a normalisation at high bias may be off; added to the limit (at three gaps it is 3 to 6 %)."""


@dataclass(frozen=True)
class Size:
    """diameter: nm, by Wexler's law; elastic, inelastic: mean free paths, nm, None when unknown."""

    diameter: float
    elastic: float
    inelastic: float | None = None


@dataclass(frozen=True)
class Regime:
    """name, by the spectrum where it speaks, else by the size; by_spectrum, by_size: each alone (None: no size known).

    reasons: sentences with their numbers. conflict: a sentence where spectrum and size differ, else "".
    """

    name: Name
    by_spectrum: Name
    by_size: SizeRegime | None
    reasons: tuple[str, ...]
    conflict: str


def classify_regime(dips: Dips, peaks: Peaks, *, size: Size | None = None) -> Regime:
    """The regime of one contact (module docstring).

    dips, peaks: of `find_dips` and `find_peaks` on its normalised spectrum. A dip on one side alone counts only where
    its mirror image was not measured; an undecided minimum leaves the spectrum without a verdict. DomainError for sizes
    that are not positive.
    """
    by_spectrum, reasons = _by_spectrum(dips, peaks)
    if size is None:
        return Regime(by_spectrum, by_spectrum, None, (*reasons, "size against mean free path: not known"), "")
    by_size, sentence = _by_size(size)
    reasons = [*reasons, sentence]
    if by_spectrum == "unknown":
        return Regime(by_size, by_spectrum, by_size, (*reasons, "the spectrum does not tell: its size decides"), "")
    conflict = _conflict(by_spectrum, by_size, size)
    return Regime(by_spectrum, by_spectrum, by_size, (*reasons, conflict) if conflict else tuple(reasons), conflict)


def bias_of_gap(regime: Regime) -> str:
    """What a gap from such a contact is worth, in words."""
    return _BIAS[regime.name]


_BIAS: Final[Mapping[Name, str]] = {
    "ballistic": "no bias of the gap by heating is expected; a resistance in series, if any, stretches the bias axis "
    "and raises it by its share of the total resistance",
    "intermediate": "the gap is biased: heating of the contact lowers it, and the resistance in series (Maxwell's "
    "part, leads) stretches the bias axis and raises it; which of the two is larger the spectrum does not tell",
    "thermal": "no gap: the contact is heated (which would lower it) and in series with a resistance that stretches "
    "the bias axis (which would raise it); its features mark a critical current",
    "unknown": "the regime is not known: heating may lower the gap, and a resistance in series, which stretches the "
    "bias axis, may raise it",
}


def _by_spectrum(dips: Dips, peaks: Peaks) -> tuple[Name, list[str]]:
    counted = bool(dips.pairs or dips.unmirrored)
    reasons = [_dip_sentence(dips), peaks.remark]
    double, single = peaks.kind == "double peak", peaks.kind == "zero-bias peak"
    excess = _excess(peaks)
    if excess:
        reasons.append(excess)
    if dips.undecided:
        return "unknown", reasons
    if counted and double:
        return "intermediate", reasons
    if counted and single:
        return "thermal", reasons
    if double:
        return ("intermediate" if excess else "ballistic"), reasons
    if single and not excess:
        return "ballistic", reasons
    if single:
        reasons.append(
            "a maximum above Andreev reflection's without dips: neither a ballistic nor a clear thermal contact"
        )
    elif counted:
        reasons.append("dips without a raised conductance at zero bias: no regime of this scheme")
    else:
        reasons.append("no Andreev feature: nothing to tell a regime from")
    return "unknown", reasons


def _dip_sentence(dips: Dips) -> str:
    ignored = [dip for dip in dips.alone if dip not in dips.unmirrored]
    if ignored:
        places = ", ".join(f"{dip.position:.4g}" for dip in ignored)
        return f"{dips.remark} (at {places} mV without a mirror image: not counted)"
    return dips.remark


def _excess(peaks: Peaks) -> str:
    """A sentence when the conductance at zero bias exceeds twice the normal one, else ""."""
    limit = ANDREEV_LIMIT * (1.0 + NORMALISATION)
    error = peaks.zero_bias.error
    if error is None or not peaks.zero_bias.value - EXCEEDED * error > limit:
        return ""
    return (
        f"G(0) = {peaks.zero_bias.value:.4g} +- {error:.2g} of the normal conductance, more than twice: Andreev "
        "reflection gives 2 at most, so a Maxwell part falls away as well"
    )


def _by_size(size: Size) -> tuple[SizeRegime, str]:
    for name, value in {"diameter": size.diameter, "elastic mean free path": size.elastic}.items():
        if not 0.0 < value < float("inf"):
            raise DomainError(f"{name} must be positive and finite (nm), found {value}")
    regime = regime_of(size.diameter, elastic=size.elastic, inelastic=size.inelastic)
    number = float(knudsen(size.diameter, mean_free_path=size.elastic))
    sentence = (
        f"radius {0.5 * size.diameter:.4g} nm against a mean free path of {size.elastic:.4g} nm, Knudsen number "
        f"{number:.3g}: {regime}"
    )
    if regime == "intermediate" and size.inelastic is None:
        sentence += " or thermal (the inelastic path is not known)"
    return _narrowed(str(regime)), sentence


def _narrowed(name: str) -> SizeRegime:
    regimes: dict[str, SizeRegime] = {"ballistic": "ballistic", "intermediate": "intermediate", "thermal": "thermal"}
    return regimes[name]


def _conflict(by_spectrum: Name, by_size: SizeRegime, size: Size) -> str:
    allowed = {by_size}
    if by_size == "intermediate" and size.inelastic is None:
        allowed.add("thermal")
    if by_spectrum in allowed:
        return ""
    return (
        f"the spectrum says {by_spectrum}, the size {by_size}: the size assumes one round contact and the resistivity "
        "of the bulk; several contacts in parallel, or a disturbed layer, would reconcile both"
    )
