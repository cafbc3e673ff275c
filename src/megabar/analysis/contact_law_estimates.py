"""What the laws of a table of contacts say: constants with errors, what they mean, and which rows follow them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from megabar.analysis.contact_laws import Group, Laws
from megabar.analysis.contact_table import ContactTable
from megabar.analysis.headline import rounded
from megabar.data import Estimate, Note, Status
from megabar.fitting.propagate import propagate
from megabar.physics.contact import fermi_wavenumber, knudsen

_COMPUTED: Final = 0.01
"""Sizes that scatter by less than this share about a law were computed from it: no measurement is so good."""

_SHARVIN: Final = 3.0 * math.pi / 16.0
_EXPONENT_SIGMAS: Final = 3.0
_EXPONENT_OFF: Final = 0.02


def group_names(groups: Sequence[Group]) -> list[str]:
    """ "Maxwell", or "Sharvin 1", "Sharvin 2" (largest group first) where a law occurs more than once."""
    laws = [group.law for group in groups]
    return [f"{law} {laws[: i + 1].count(law)}" if laws.count(law) > 1 else law for i, law in enumerate(laws)]


def law_estimates(laws: Laws, table: ContactTable, measurement: str, rng: np.random.Generator) -> list[Estimate]:
    """Constant, spread, rows, exponent and meaning of each group; ratios of Sharvin's constants; mean free paths."""
    names = group_names(laws.groups)
    estimates: list[Estimate] = []
    for name, group in zip(names, laws.groups, strict=True):
        estimates += _group(name, group, table, measurement)
    estimates += _ratios(names, laws.groups, measurement, rng)
    estimates += _paths(names, laws.groups, measurement, rng)
    remark = f"contacts {table.names(laws.leftover)}" if laws.leftover.size else ""
    lost = float(laws.leftover.size)
    return [*estimates, Estimate("contacts_without_law", measurement, lost, "1", "rows of no group", remark=remark)]


def law_notes(laws: Laws, table: ContactTable, *, tolerance: float) -> list[Note]:
    """What a reader of the constants must know: who fits two laws, who stands apart, what was computed, what is odd."""
    notes: list[Note] = []
    share = f"{100.0 * tolerance:g} %"
    if not laws.groups:
        notes.append(Note(f"no group of contacts follows one law within {share} beyond chance: set settings.tolerance"))
    for name, group in zip(group_names(laws.groups), laws.groups, strict=True):
        rows = f"contacts {table.names(group.rows)}"
        notes.append(Note(f"{name}: {group.rows.size} of {laws_rows(laws)} within {share}: {rows}"))
        if group.shared.size:
            text = f"{name}: on another group's law within {share} too"
            notes.append(Note(f"{text}: contacts {table.names(group.shared)}"))
        notes += _astray(name, group, table)
        if group.spread < _COMPUTED:
            text = f"{name}: the diameters follow the law to {100.0 * group.spread:.2g} %"
            notes.append(Note(f"{text}, as sizes do that were computed from the resistances by it"))
        if _bends(group):
            notes.append(Note(f"{name}: {_bent_words(group)}: another law may be behind it", "warning"))
    if laws.leftover.size and laws.groups:
        notes.append(Note(f"on none of these laws: contacts {table.names(laws.leftover)}", "warning"))
    if laws.close:
        text = "groups of one law lie close together: slices of a scatter wider than the tolerance; widen"
        notes.append(Note(f"{text} settings.tolerance", "warning"))
    return notes


def laws_rows(laws: Laws) -> int:
    """All rows that were looked at."""
    return sum(group.rows.size for group in laws.groups) + int(laws.leftover.size)


def constant_words(group: Group) -> str:
    """The constant to the digits that its error allows, with its unit."""
    error = None if group.relative_error is None else group.relative_error * group.constant
    return f"{rounded(group.constant, error)} Ω nm{'²' if group.power == 2 else ''}"


def _group(name: str, group: Group, table: ContactTable, measurement: str) -> list[Estimate]:
    labels = {"law": name}
    product = "R d" if group.power == 1 else "R d^2"
    method = f"{product}, mean of its logarithm over {group.rows.size} contacts"
    status = Status.MISFIT if _bends(group) else Status.OK

    def note(quantity: str, factor: float, unit: str, how: str, remark: str = "") -> Estimate:
        error = None if group.relative_error is None else factor * group.constant * group.relative_error
        value = factor * group.constant
        return Estimate(quantity, measurement, value, unit, how, error, labels=labels, remark=remark, status=status)

    estimates = [
        note(
            "law_constant",
            1.0,
            "ohm nm" if group.power == 1 else "ohm nm^2",
            method,
            f"contacts {table.names(group.rows)}",
        ),
        Estimate("contacts_on_law", measurement, float(group.rows.size), "1", f"rows on {product} = c", labels=labels),
        Estimate(
            "law_spread",
            measurement,
            100.0 * group.spread,
            "%",
            "standard deviation of the diameters about the law",
            100.0 * group.spread / math.sqrt(2.0 * (group.rows.size - 1.0)) or None,
            labels=labels,
        ),
    ]
    if group.exponent is not None:
        how = f"slope of log d on log R, {-1.0 / group.power:g} by {group.law}'s law"
        off = _bent_words(group) if _bends(group) else ""
        exponent, error = group.exponent, group.exponent_error
        estimates.append(
            Estimate("size_exponent", measurement, exponent, "1", how, error, labels=labels, remark=off, status=status)
        )
    if group.power == 1:
        return [*estimates, note("resistivity", 1e-9, "ohm m", "the constant of Maxwell's law R = rho/d")]
    how = "from the constant of Sharvin's law R = 16 rho l/(3 pi d^2)"
    estimates.append(note("resistivity_times_mean_free_path", _SHARVIN * 1e-18, "ohm m^2", how))
    return [*estimates, _wavenumber(group, labels, measurement, status)]


def _wavenumber(group: Group, labels: dict[str, str], measurement: str, status: Status) -> Estimate:
    """k_F goes with c^(-1/2), so that half of the relative error remains."""
    value = float(fermi_wavenumber(_SHARVIN * 1e-18 * group.constant))
    error = None if group.relative_error is None else 0.5 * value * group.relative_error
    how = "of free electrons with this product of resistivity and mean free path"
    return Estimate("fermi_wavenumber", measurement, value, "1/nm", how, error, labels=labels, status=status)


def _ratios(
    names: Sequence[str], groups: Sequence[Group], measurement: str, rng: np.random.Generator
) -> list[Estimate]:
    """Each Sharvin constant over the next smaller one."""
    own = [(name, group) for name, group in zip(names, groups, strict=True) if group.power == 2]
    own.sort(key=lambda one: -one[1].constant)
    estimates = []
    for (high_name, high), (low_name, low) in pairwise(own):
        value, error = _quotient(1.0, high, low, rng)
        method = f"{high_name} over {low_name}"
        estimates.append(Estimate("law_constant_ratio", measurement, value, "1", method, error))
    return estimates


def _paths(names: Sequence[str], groups: Sequence[Group], measurement: str, rng: np.random.Generator) -> list[Estimate]:
    """l = rho l/rho from each Sharvin group and the largest Maxwell group."""
    maxwell = next(((name, group) for name, group in zip(names, groups, strict=True) if group.power == 1), None)
    if maxwell is None:
        return []
    estimates = []
    for name, group in zip(names, groups, strict=True):
        if group.power == 2:
            value, error = _quotient(_SHARVIN, group, maxwell[1], rng)
            method = f"rho l of {name} over rho of {maxwell[0]}, if both are of one metal"
            labels = {"law": name}
            estimates.append(Estimate("mean_free_path", measurement, value, "nm", method, error, labels=labels))
    return estimates


def _quotient(factor: float, over: Group, under: Group, rng: np.random.Generator) -> tuple[float, float | None]:
    """factor times the ratio of two constants, with its error; None where one of them has none."""
    value = factor * over.constant / under.constant
    if over.relative_error is None or under.relative_error is None:
        return value, None
    variances = np.diag([(one.constant * (one.relative_error or 0.0)) ** 2 for one in (over, under)])
    values = {"over": over.constant, "under": under.constant}
    return value, propagate(lambda over, under: factor * over / under, values, variances, rng=rng).error


def path_notes(laws: Laws, table: ContactTable, estimates: Sequence[Estimate]) -> list[Note]:
    """Contacts on Sharvin's law that are wider than it holds for."""
    paths = {str(e.labels["law"]): e.value for e in estimates if e.quantity == "mean_free_path"}
    notes = []
    for name, group in zip(group_names(laws.groups), laws.groups, strict=True):
        length = paths.get(name)
        if length is None:
            continue
        numbers = np.asarray(knudsen(table.diameter[group.rows], mean_free_path=length))
        wrong = group.rows[numbers < 1.0]
        if wrong.size:
            text = f"{name}: radius above the mean free path of {length:.3g} nm, where Sharvin's law does not hold"
            notes.append(Note(f"{text}: contacts {table.names(wrong)}", "warning"))
    return notes


def _astray(name: str, group: Group, table: ContactTable) -> list[Note]:
    far = group.astray
    if not far.any():
        return []
    least = 100.0 * float(np.abs(group.residuals[far]).min())
    text = f"{name}: {least:.2g} % or more off the law, most others {100.0 * group.usual:.2g} %, check them"
    return [Note(f"{text}: contacts {table.names(group.rows[far])}")]


def _bends(group: Group) -> bool:
    """Whether the slope of the rows says that another law than the group's is behind them."""
    if group.exponent is None or group.exponent_error is None:
        return False
    off = abs(group.exponent + 1.0 / group.power)
    return off > _EXPONENT_SIGMAS * group.exponent_error and off > _EXPONENT_OFF


def _bent_words(group: Group) -> str:
    error = group.exponent_error or 0.0
    return f"d goes with R to the power {group.exponent:.3f} ± {error:.3f}, not {-1.0 / group.power:g}"
