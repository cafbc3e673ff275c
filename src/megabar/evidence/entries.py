"""The claims that are judged from the facts alone: a new one is one small function of the facts and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from megabar.evidence.claim import Claim, Finding, decide
from megabar.evidence.currents import critical_current, gap
from megabar.evidence.facts import Facts
from megabar.evidence.fields import field_suppression, transition_width
from megabar.evidence.magnetism import coincidence, diamagnetism
from megabar.evidence.resistance import residual_resistivity, reversibility, zero_resistance
from megabar.evidence.samples import control_sample, isotope_shift, second_cell
from megabar.evidence.structure import hydrogen_content, phase, structure_unchanged


@dataclass(frozen=True)
class Entry:
    """One claim to be judged: what is claimed, how it is tested, and the function that says what each measurement
    tells. `universal`: the claim is about every cell, control or pair of patterns, so one counterexample decides."""

    name: str
    statement: str
    test: str
    find: Callable[[Facts], list[Finding]]
    universal: bool = False

    def judge(self, facts: Facts) -> Claim:
        """The claim on these facts."""
        return self.decide(self.find(facts))

    def decide(self, findings: Sequence[Finding]) -> Claim:
        """The claim by these findings."""
        return decide(self.name, self.statement, self.test, findings, universal=self.universal)


SINGLE: Mapping[str, Entry] = MappingProxyType(
    {
        one.name: one
        for one in (
            Entry(
                "zero_resistance",
                "The resistance is zero below the transition",
                "mean below the transition over the normal resistance: zero within 3 s.d., |mean| + 2 s.d. below 1 %",
                zero_resistance,
            ),
            Entry(
                "residual_resistivity",
                "The resistivity left is below that of pure metals",
                "resistivity at the lowest temperature: below copper of residual ratio 100 at 4 K, 0.016 µΩ cm",
                residual_resistivity,
            ),
            Entry(
                "reversibility",
                "Cooling and warming show the same transition",
                "Tc at 50 %, warming less cooling: none within 3 s.d., and by 2 s.d. within 10 % of the width",
                reversibility,
            ),
            Entry(
                "field_suppression",
                "A field lowers Tc",
                "Tc at the highest field less that at the lowest: below zero by 3 s.d.",
                field_suppression,
            ),
            Entry(
                "transition_width",
                "The transition broadens in a field as the Ginzburg-Landau theory expects",
                "exponent of the width against the field: 2/3 within 3 s.d., by 2 s.d. neither 0 nor 1",
                transition_width,
            ),
            Entry(
                "diamagnetism",
                "The sample is diamagnetic",
                "drop over that of a perfect diamagnet of its shape: above 10 %, 3 s.d. above zero",
                diamagnetism,
            ),
            Entry(
                "coincidence",
                "The resistance falls where the sample becomes diamagnetic",
                "diamagnetic onset by 2 s.d. within the resistive transition of the same cell, or one width below it",
                coincidence,
                universal=True,
            ),
            Entry(
                "structure_unchanged",
                "Phases and volume are the same above and below Tc",
                "patterns on both sides of Tc: same phases, volumes within 1 % by 2 s.d.; no test of a distortion",
                structure_unchanged,
                universal=True,
            ),
            Entry(
                "critical_current",
                "There is a critical current that falls to ohmic behaviour on warming",
                "Ic above 3 s.d. at three temperatures or more, falling, and straight I-V curves above",
                critical_current,
            ),
            Entry(
                "gap",
                "There is a gap that closes at Tc",
                "Δ(0) above 5 s.d. by the gap equation through several temperatures; ballistic contact",
                gap,
            ),
            Entry(
                "isotope_shift",
                "Tc falls with the mass of an isotope",
                "α of two samples above zero by 3 s.d., at one pressure or with dTc/dP allowed for",
                isotope_shift,
            ),
            Entry(
                "phase",
                "The phase named is in the cell",
                "its cell refined with an error, at least half of its lines (or of a map's points) seen",
                phase,
            ),
            Entry(
                "hydrogen_content",
                "The volume holds the hydrogen that the formula names",
                "interval over all conventions, errors and gauge holds the formula's content and is at most 1 wide",
                hydrogen_content,
            ),
            Entry(
                "second_cell",
                "Another cell shows the same transition",
                "Tc by one criterion at one pressure in two cells: by 2 s.d. within 10 %",
                second_cell,
                universal=True,
            ),
            Entry(
                "control_sample",
                "A control without the sample's phase has no such transition",
                "no transition of the control within 10 % of the sample's Tc, which it was measured through",
                control_sample,
                universal=True,
            ),
        )
    }
)
