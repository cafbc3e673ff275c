"""Recipe: contacts between cerium and metallic needles, after numbers that Monish et al. state.

Stated there and used here: Tc = 20 K, 3 meV as the largest gap of ballistic contacts, a contact of 48.3 ohm with a
diameter of 10.2 nm, a thermal one of 5.9 ohm under a Pt-Ir needle with dips at +-10 mV, whose features vanish at 20 K
and whose spectra in fields were taken at 12 K, an intermediate one under Pt-Ir, 130 contacts with needles of Pt-Ir, Ag
and Au, a mean Tc of 12 K with Au, a largest one above 20 K with both others. 3 meV and 20 K give Delta/(k Tc) = 1.741,
printed as 1.76. The resistivity is that of their table of diameters. Everything else is chosen.
Source: M. Monish, N. S. Mehta, M. Garg and G. Sheet, arXiv:2506.10670 (2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from megabar.constants import BOLTZMANN_MEV
from megabar.physics import bcs, btk
from megabar.physics.contact import sharvin_diameter, wexler_diameter
from megabar.simulate.blocks import Block, experiment_file, made_by, readme_file, truth_file
from megabar.simulate.curves import quantised
from megabar.simulate.dialects import delimited_text
from megabar.simulate.spectra import Contact, Maxwell, junction, lock_in

FloatArray = NDArray[np.float64]

NAME: Final = "cerium-needle"
SOURCE: Final = "M. Monish et al., arXiv:2506.10670 (2025), on cerium under a needle"
CRITICAL_TEMPERATURE: Final = 20.0
"""K."""
GAP_ZERO: Final = 3.0
"""meV."""
TEMPERATURES: Final = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 19.0, 22.0)
"""K, of the ballistic and the thermal contact."""
INTERMEDIATE_TEMPERATURES: Final = (2.0, 22.0)
FIELDS: Final = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0)
"""T, of the thermal contact at FIELD_TEMPERATURE."""
FIELD_TEMPERATURE: Final = 12.0
FIELD_SCALE: Final = 10.0
"""T: where the critical current at FIELD_TEMPERATURE would vanish."""
WIDTH_SHARE: Final = 0.05
WIDTH_LEAST: Final = 4e-5
"""A: the width of the switching is the hypotenuse of this and WIDTH_SHARE of the critical current."""
RESISTIVITY: Final = 3.7e-7
"""ohm m."""
MEAN_FREE_PATH: Final = 8.0
"""nm: with it Sharvin's law gives the 10.2 nm that the source lists for 48.3 ohm."""
INELASTIC_LENGTH: Final = 360.0
"""nm: with it the thermal contact is wider than the diffusion length sqrt(l l_in/3), the intermediate one narrower."""
MODULATION: Final = 2e-6
"""Of the current of the ballistic contact, A rms."""
HARMONIC_NOISE: Final = 0.35
"""Of the lock-in amplifier, uV, one standard deviation."""
VOLTMETER_NOISE: Final = 1e-3
"""mV, one standard deviation."""
THERMAL_VOLTAGE: Final = -0.025
"""Of the leads of the ballistic contact, mV."""
CURVATURE: Final = 0.015
"""Relative rise of the ballistic conductance at 15 mV."""
CONDUCTANCE_NOISE: Final = 0.004
"""Of dI/dV of the other two, over the normal conductance, one standard deviation."""
TIPS: Final = {"Pt-Ir": (54, 15.5, 2.6), "Ag": (40, 14.0, 2.8), "Au": (36, 12.0, 2.0)}
"""Needle -> number of contacts, mean and standard deviation of their Tc in K."""
TC_RANGE: Final = (5.0, 22.0)
TC_RECORD: Final = 20.0
"""K: the largest Tc under Pt-Ir and Ag lies above, that under Au below."""
RESISTANCES: Final = (4.3, 0.85, 1.0, 55.0)
"""Of the table: median (ohm), standard deviation of the logarithm, smallest, largest."""

_CURVATURE_AT: Final = 15.0
_REACH: Final = 40.0


@dataclass(frozen=True, kw_only=True)
class Needle:
    """One contact and what its spectra are made from.

    resistance: of the junction alone, in the normal state, ohm. gap_zero, broadening: meV; gap_zero 0 makes the
    junction ohmic. maxwell, critical_current: R_M0 in ohm and I_c in A at 0 K without field; 0 for none. stated: the
    fields that the source states; the others are chosen.
    """

    name: str
    tip: str
    resistance: float
    gap_zero: float = 0.0
    barrier: float = 0.0
    broadening: float = 0.0
    maxwell: float = 0.0
    critical_current: float = 0.0
    curvature: float = 0.0
    stated: tuple[str, ...] = ()

    @property
    def normal_resistance(self) -> float:
        """Of the whole contact, ohm."""
        return self.resistance + self.maxwell

    def contact(self, temperature: float, field: float = 0.0) -> Contact:
        """The contact at a temperature (K) and field (T)."""
        delta = float(bcs.gap(temperature, gap_zero=self.gap_zero, critical_temperature=CRITICAL_TEMPERATURE))

        def conductance(bias: FloatArray) -> FloatArray:
            andreev = btk.conductance(
                bias, gap=delta, broadening=self.broadening, barrier=self.barrier, temperature=temperature
            )
            return np.asarray(andreev * (1.0 + self.curvature * (bias / _CURVATURE_AT) ** 2) / self.resistance)

        own = junction(conductance, reach=_REACH)
        if self.maxwell == 0.0:
            return Contact(own)
        critical = critical_current(temperature, zero=self.critical_current, field=field)
        return Contact(own, Maxwell(self.maxwell, critical, width(critical)))


BALLISTIC: Final = Needle(
    name="ballistic, Ag needle",
    tip="Ag",
    resistance=48.3,
    gap_zero=GAP_ZERO,
    barrier=0.5,
    broadening=0.4,
    curvature=CURVATURE,
    stated=("resistance", "gap_zero"),
)
INTERMEDIATE: Final = Needle(
    name="intermediate, Pt-Ir needle",
    tip="Pt-Ir",
    resistance=6.3,
    gap_zero=GAP_ZERO,
    barrier=0.55,
    broadening=0.5,
    maxwell=1.4,
    critical_current=1.4e-3,
    stated=("tip",),
)
THERMAL: Final = Needle(
    name="thermal, Pt-Ir needle",
    tip="Pt-Ir",
    resistance=4.4,
    maxwell=1.5,
    critical_current=1.92e-3,
    stated=("tip", "normal_resistance"),
)
NEEDLES: Final = (BALLISTIC, INTERMEDIATE, THERMAL)


def critical_current(temperature: float, *, zero: float, field: float = 0.0) -> float:
    """I_c = I_c(0) (1 - t^2)^(3/2) (1 - H/H_0)^(3/2) in A, t = T/Tc, H_0 = FIELD_SCALE; 0 from Tc and from H_0 on."""
    left = max(0.0, 1.0 - (temperature / CRITICAL_TEMPERATURE) ** 2) * max(0.0, 1.0 - field / FIELD_SCALE)
    return float(zero * left**1.5)


def width(critical: float) -> float:
    """Of the switching at a critical current, both in A."""
    return float(np.hypot(WIDTH_LEAST, WIDTH_SHARE * critical))


def ballistic_file(temperature: float) -> str:
    """Relative path of the ballistic spectrum at a temperature in K."""
    return f"raw/ballistic_Ag_{temperature:02.0f}K.csv"


INTERMEDIATE_FILE: Final = "raw/intermediate_PtIr.txt"
THERMAL_FILE: Final = "raw/thermal_PtIr_temperatures.csv"
FIELD_FILE: Final = "raw/thermal_PtIr_fields_12K.csv"
CONTACTS_FILE: Final = "raw/contacts.csv"


def block(seed: int) -> Block:
    """All contacts and the table of 130."""
    raw = {ballistic_file(t): _ballistic(t, np.random.default_rng([seed, 0, i])) for i, t in enumerate(TEMPERATURES)}
    raw[INTERMEDIATE_FILE] = _intermediate(np.random.default_rng([seed, 1]))
    raw[THERMAL_FILE] = _thermal_temperatures(np.random.default_rng([seed, 2]))
    raw[FIELD_FILE] = _thermal_fields(np.random.default_rng([seed, 3]))
    raw[CONTACTS_FILE] = _contacts(np.random.default_rng([seed, 4]))
    return Block(name="Contacts", files=raw, measurements=_measurements(), truth=_truth(), about=_about())


def files(seed: int) -> Mapping[str, bytes]:
    """Every file of the experiment: raw data, experiment.toml, truth.json and README.md."""
    made = block(seed)
    return {
        **made.files,
        "experiment.toml": experiment_file(
            NAME,
            (made,),
            title="Cerium under a needle: contacts from ballistic to thermal",
            sample="Ce",
            composition="Ce",
        ),
        "truth.json": truth_file(NAME, seed, made.truth),
        "README.md": readme_file(NAME, seed, heading="Cerium under a needle", about=made.about),
    }


def _comments(*more: str) -> tuple[str, ...]:
    return (made_by(NAME), *more)


def _ballistic(temperature: float, rng: np.random.Generator) -> bytes:
    """Lock-in readings against the bias at one temperature: commas, decimal points."""
    current = 2.6e-6 * np.arange(-120.0, 121.0)
    bias, harmonic = lock_in(BALLISTIC.contact(temperature), current, modulation=MODULATION)
    bias = bias + THERMAL_VOLTAGE + VOLTMETER_NOISE * rng.standard_normal(current.size)
    harmonic = 1e6 * harmonic + HARMONIC_NOISE * rng.standard_normal(current.size)
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "Bias (mV)": (quantised(bias, 1e-4), 4),
        "V_1f (uV)": (quantised(harmonic, 1e-3), 3),
        "T (K)": (temperature + 0.003 * rng.standard_normal(current.size), 3),
    }
    stated = f"Ce, Ag needle; current modulated by {1e6 * MODULATION:g} uA rms, first harmonic of the voltage in uV rms"
    return delimited_text(columns, delimiter=",", comments=_comments(stated))


def _noisy(contact: Contact, bias: FloatArray, needle: Needle, rng: np.random.Generator) -> FloatArray:
    """dI/dV in S with the noise of the tables."""
    noise = CONDUCTANCE_NOISE / needle.normal_resistance * rng.standard_normal(bias.size)
    return np.asarray(contact.conductance(bias) + noise)


def _intermediate(rng: np.random.Generator) -> bytes:
    """One long table with tabs: at each temperature the current is swept down and up."""
    sweep = 2.3e-3 * np.concatenate([np.linspace(1.0, -1.0, 151), np.linspace(-1.0, 1.0, 151)])
    rows = []
    for temperature in INTERMEDIATE_TEMPERATURES:
        contact = INTERMEDIATE.contact(temperature)
        bias = contact.voltage(sweep)
        kelvin = temperature + 0.002 * rng.standard_normal(sweep.size)
        rows.append([kelvin, bias, 1e3 * _noisy(contact, bias, INTERMEDIATE, rng)])
    kelvin, bias, conductance = np.concatenate(rows, axis=1)
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "T (K)": (kelvin, 3),
        "V (mV)": (bias, 3),
        "dI/dV (mS)": (conductance, 3),
    }
    return delimited_text(columns, delimiter="\t", comments=_comments("Ce, Pt-Ir needle"), newline="\r\n")


def _thermal_temperatures(rng: np.random.Generator) -> bytes:
    """One column a temperature: semicolons, decimal commas, a byte-order mark."""
    bias = np.arange(-180.0, 181.0) / 10.0
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {"V (mV)": (bias, 1)}
    for t in TEMPERATURES:
        columns[f"dI/dV {t:g} K (S)"] = (_noisy(THERMAL.contact(t), bias, THERMAL, rng), 6)
    return delimited_text(
        columns,
        delimiter=";",
        comments=_comments("Ce, Pt-Ir needle"),
        decimal=",",
        newline="\r\n",
        byte_order_mark=True,
    )


def _thermal_fields(rng: np.random.Generator) -> bytes:
    """One column a field, the temperature in a line above: commas, decimal points."""
    bias = np.arange(-140.0, 141.0) / 10.0
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {"V (mV)": (bias, 1)}
    for h in FIELDS:
        made = _noisy(THERMAL.contact(FIELD_TEMPERATURE, h), bias, THERMAL, rng)
        columns[f"dI/dV {h:g} T (mS)"] = (1e3 * made, 3)
    comments = _comments("Ce, Pt-Ir needle", f"Temperature (K): {FIELD_TEMPERATURE:.1f}")
    return delimited_text(columns, delimiter=",", comments=comments)


def _contacts(rng: np.random.Generator) -> bytes:
    """Resistance, needle and Tc of 130 contacts in the order in which they were made."""
    tip = np.repeat(list(TIPS), [number for number, _, _ in TIPS.values()])
    tc = np.concatenate([_critical_temperatures(name, rng) for name in TIPS])
    order = rng.permutation(tip.size)
    median, spread, least, most = RESISTANCES
    resistance = np.clip(median * np.exp(spread * rng.standard_normal(tip.size)), least, most)
    columns: dict[str, tuple[FloatArray, int] | list[str]] = {
        "contact": (np.arange(1.0, tip.size + 1.0), 0),
        "resistance (ohm)": (resistance, 2),
        "tip": [str(name) for name in tip[order]],
        "Tc (K)": (tc[order], 1),
    }
    return delimited_text(columns, delimiter=",", comments=_comments("Ce under needles of Pt-Ir, Ag and Au"))


def _critical_temperatures(tip: str, rng: np.random.Generator) -> FloatArray:
    """Normal numbers within TC_RANGE, drawn anew until their largest lies on the right side of TC_RECORD."""
    number, mean, spread = TIPS[tip]
    while True:
        drawn = mean + spread * rng.standard_normal(4 * number)
        kept = np.round(drawn[(drawn >= TC_RANGE[0]) & (drawn <= TC_RANGE[1])], 1)[:number]
        if kept.size == number and (kept.max() > TC_RECORD) == (tip != "Au"):
            return np.asarray(kept)


def _measurements() -> tuple[str, ...]:
    listed = "\n".join(f'    "{ballistic_file(t)}",' for t in TEMPERATURES)
    size = f"resistivity = {RESISTIVITY}, mean_free_path = {MEAN_FREE_PATH}"
    ballistic = f"""\
[[measurement]]
name = "{BALLISTIC.name}"
kind = "spectrum"
file = [
{listed}
]
settings = {{modulation = {MODULATION}, {size}}}
"""
    others = {
        INTERMEDIATE.name: INTERMEDIATE_FILE,
        THERMAL.name: THERMAL_FILE,
        f"{THERMAL.name}, in fields": FIELD_FILE,
    }
    spectra = (
        f"""\
[[measurement]]
name = "{name}"
kind = "spectrum"
file = "{file}"
settings = {{{size}}}
"""
        for name, file in others.items()
    )
    contacts = f"""\
[[measurement]]
name = "130 contacts"
kind = "contacts"
file = "{CONTACTS_FILE}"
read = {{group = "tip"}}
settings = {{{size}, inelastic_length = {INELASTIC_LENGTH}}}
"""
    return (ballistic, *spectra, contacts)


def _truth() -> dict[str, object]:
    """What went in, to nine digits."""
    return {
        "source": SOURCE,
        "model": "megabar.physics.btk.conductance and megabar.simulate.spectra.Maxwell in series",
        "units": "K, T, meV, mV, ohm, A, nm; noise is one standard deviation of a reading",
        "critical_temperature": {"value": CRITICAL_TEMPERATURE, "origin": "stated in the source"},
        "gap_over_kTc": {
            "value": round(GAP_ZERO / (BOLTZMANN_MEV * CRITICAL_TEMPERATURE), 9),
            "origin": "from 3 meV and 20 K; printed in the source as about 1.76",
        },
        "resistivity": {"value": RESISTIVITY, "origin": "that of the diameters which the source lists (R d = rho)"},
        "mean_free_path": {"value": MEAN_FREE_PATH, "origin": "chosen: Sharvin's law then gives 10.2 nm for 48.3 ohm"},
        "inelastic_length": {"value": INELASTIC_LENGTH, "origin": "chosen so that sizes and spectra give one regime"},
        "measurements": {needle.name: _truth_of(needle) for needle in NEEDLES},
        "gaps": {
            f"{t:g}": round(float(bcs.gap(t, gap_zero=GAP_ZERO, critical_temperature=CRITICAL_TEMPERATURE)), 9)
            for t in TEMPERATURES
        },
        "thermal_critical_currents": {
            "temperatures": {f"{t:g}": _thermal_current(t) for t in TEMPERATURES},
            f"fields_at_{FIELD_TEMPERATURE:g}_K": {f"{h:g}": _thermal_current(FIELD_TEMPERATURE, h) for h in FIELDS},
        },
        "contacts": {
            name: {"number": number, "mean_critical_temperature": mean, "standard_deviation": spread}
            for name, (number, mean, spread) in TIPS.items()
        },
    }


def _thermal_current(temperature: float, field: float = 0.0) -> float:
    return round(critical_current(temperature, zero=THERMAL.critical_current, field=field), 12)


def _truth_of(needle: Needle) -> dict[str, object]:
    named: dict[str, object] = {
        "tip": needle.tip,
        "normal_resistance": round(needle.normal_resistance, 9),
        "resistance": needle.resistance,
        "gap_zero": needle.gap_zero or None,
        "barrier": needle.barrier if needle.gap_zero else None,
        "broadening": needle.broadening if needle.gap_zero else None,
        "maxwell_resistance": needle.maxwell,
        "critical_current_zero": needle.critical_current or None,
        "curvature_at_15_mV": needle.curvature,
    }
    values: dict[str, object] = {
        name: {
            "value": value,
            "origin": "stated in the source" if name in needle.stated else "chosen for the simulation",
        }
        for name, value in named.items()
    }
    values["diameter"] = {law: round(d, 9) for law, d in _diameters(needle).items()}
    return values


def _diameters(needle: Needle) -> dict[str, float]:
    """In nm, from the resistance in the normal state."""
    r = needle.normal_resistance
    return {
        "sharvin": float(sharvin_diameter(r, resistivity=RESISTIVITY, mean_free_path=MEAN_FREE_PATH)),
        "wexler": float(wexler_diameter(r, resistivity=RESISTIVITY, mean_free_path=MEAN_FREE_PATH)),
    }


def _about() -> str:
    rows = "\n".join(_row(needle) for needle in NEEDLES)
    tips = ", ".join(
        f"{name} {number} contacts around {mean:g} K with a standard deviation of {spread:g} K"
        for name, (number, mean, spread) in TIPS.items()
    )
    return f"""
Source: {SOURCE}. It states Tc = {CRITICAL_TEMPERATURE:g} K, a gap of {GAP_ZERO:g} meV, a contact of 48.3 ohm that is
10.2 nm wide, a thermal contact of 5.9 ohm with dips at +-10 mV, and needles of Pt-Ir, Ag and Au. {GAP_ZERO:g} meV and
{CRITICAL_TEMPERATURE:g} K give Delta/(k Tc) = {GAP_ZERO / (BOLTZMANN_MEV * CRITICAL_TEMPERATURE):.3f}, which is
printed as about 1.76. All other numbers are chosen for the simulation.

| contact | R_N (ohm) | R_J | R_M | I_c at 0 K (mA) | Delta(0) (meV) | Z | Gamma (meV) | d Sharvin, Wexler (nm) |
|---|---|---|---|---|---|---|---|---|
{rows}

Model: V(I) = V_J(I) + I R_M(I). The junction has the BTK conductance with broadening, Delta(T) by the BCS gap
equation, or is ohmic (thermal). Above the critical current I_c, at which the metal around the contact turns normal,
the resistance R_M stands in series. That makes the dips and stretches the bias beyond them. R_M is switched on over a
width w, w^2 = ({1e6 * WIDTH_LEAST:g} uA)^2 + ({WIDTH_SHARE:g} I_c)^2, and
I_c = I_c(0) (1 - t^2)^1.5 (1 - H/({FIELD_SCALE:g} T))^1.5 with t = T/Tc. No heating is simulated: the true gap is the
same in both contacts that show one, and what an analysis finds in the intermediate one differs.

Sizes: the resistivity, {1e8 * RESISTIVITY:g} uOhm cm, is that of the table in the source (R d is constant there). The
mean free path, {MEAN_FREE_PATH:g} nm, is chosen, because Sharvin's law then gives the 10.2 nm of the table for
48.3 ohm. Wexler's formula adds Maxwell's resistance and gives more; either way the radius of the ballistic contact lies
below the mean free path, that of the others above. The inelastic length, {INELASTIC_LENGTH:g} nm, is chosen too: the
diffusion length sqrt(l l_in/3) = {np.sqrt(MEAN_FREE_PATH * INELASTIC_LENGTH / 3.0):.0f} nm then lies between the radii
of the intermediate and the thermal contact by Wexler's formula.

| file | what it holds |
|---|---|
{_file_rows()}

The ballistic contact is modulated by {1e6 * MODULATION:g} uA rms, which only experiment.toml tells the program. Its
lock-in amplifier has a noise of {HARMONIC_NOISE:g} uV, its voltmeter of {1e3 * VOLTMETER_NOISE:g} uV, its leads a
thermal voltage of {1e3 * THERMAL_VOLTAGE:g} uV, its conductance a rise of {100.0 * CURVATURE:g} % at 15 mV. The tables
of dI/dV have a noise of {100.0 * CONDUCTANCE_NOISE:g} % of the normal conductance.

Tc of the 130 contacts is drawn for each needle: {tips}, within {TC_RANGE[0]:g} to {TC_RANGE[1]:g} K and so that the
largest under Pt-Ir and Ag, but not under Au, exceeds {TC_RECORD:g} K. Resistances are drawn by themselves, around
{RESISTANCES[0]:g} ohm.
"""


def _file_rows() -> str:
    spans = (f"{span[0]:g} to {span[-1]:g}" for span in (TEMPERATURES, FIELDS))
    held = {
        "raw/ballistic_Ag_*.csv": f"one a temperature, {next(spans)} K: bias and first harmonic of a lock-in, commas",
        INTERMEDIATE_FILE: "one long table with tabs, 2 and 22 K, bias down and up",
        THERMAL_FILE: "a column each temperature, semicolons, decimal commas, byte-order mark",
        FIELD_FILE: f"a column each field at {FIELD_TEMPERATURE:g} K, {next(spans)} T, commas",
        CONTACTS_FILE: "number, resistance, needle and Tc of 130 contacts",
    }
    return "\n".join(f"| `{file}` | {text} |" for file, text in held.items())


def _row(needle: Needle) -> str:
    junction_cells = (needle.gap_zero, needle.barrier, needle.broadening)
    diameters = ", ".join(f"{d:.1f}" for d in _diameters(needle).values())
    cells = [
        f"{needle.normal_resistance:.1f}",
        f"{needle.resistance:.1f}",
        f"{needle.maxwell:.1f}" if needle.maxwell else "",
        f"{1e3 * needle.critical_current:.2f}" if needle.maxwell else "",
        *(f"{value:g}" if needle.gap_zero else "" for value in junction_cells),
        diameters,
    ]
    return f"| {needle.name} | {' | '.join(cells)} |"
