"""Features of a contact spectrum without a full fit: dips, peaks, excess current, deviation point, series resistance.

One place to import them from; each stands, with its rule and its measured error rates, in a module of its own:

spectrum_feature_dips     find_dips, dip_mask, critical_current_of
spectrum_feature_peaks    find_peaks, zero_bias_conductance
spectrum_feature_wings    deviation_gap, excess_current
spectrum_feature_series   stretch, remove_series, conductance_with_series

All take the bias (mV, strictly ascending, (n,)), the normalised conductance (n,) and the noise of one point (a number
or (n,)), and return frozen results with errors, None where unknown. What they find is put together by
`spectrum_regime`; `spectrum_vanishing` follows the features of a series up to Tc.
"""

from megabar.analysis.spectrum_feature_dips import (
    CriticalCurrent,
    Dip,
    DipPair,
    Dips,
    critical_current_of,
    dip_mask,
    find_dips,
)
from megabar.analysis.spectrum_feature_peaks import Peaks, find_peaks, zero_bias_conductance
from megabar.analysis.spectrum_feature_series import Axes, conductance_with_series, remove_series, stretch
from megabar.analysis.spectrum_feature_windows import Value
from megabar.analysis.spectrum_feature_wings import DeviationGap, Edge, ExcessCurrent, deviation_gap, excess_current

__all__ = [
    "Axes",
    "CriticalCurrent",
    "DeviationGap",
    "Dip",
    "DipPair",
    "Dips",
    "Edge",
    "ExcessCurrent",
    "Peaks",
    "Value",
    "conductance_with_series",
    "critical_current_of",
    "deviation_gap",
    "dip_mask",
    "excess_current",
    "find_dips",
    "find_peaks",
    "remove_series",
    "stretch",
    "zero_bias_conductance",
]
