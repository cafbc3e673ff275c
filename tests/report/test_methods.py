"""How the numbers were obtained, each method once."""

from __future__ import annotations

from megabar.data.result import Estimate, Result
from megabar.report.methods import methods


def result(*pairs, quantity="critical_temperature"):
    return Result("k", "m", tuple(Estimate(quantity, "m", 1.0, "K", method, labels=labels) for method, labels in pairs))


def test_each_method_is_told_once_for_all_measurements():
    one = result(("two lines meet", {"criterion": "onset", "sweep": "cooling"}))
    (method,) = methods([one, one])
    assert (method.quantity, method.ways, method.words) == ("critical_temperature", ("onset",), "two lines meet")


def test_numbers_that_differ_are_left_open():
    found = methods([result(("R falls to 0.90", {"criterion": "T90"}), ("R falls to 0.50", {"criterion": "T50"}))])
    assert [(m.ways, m.words) for m in found] == [(("90 %", "50 %"), "R falls to …")]
    same = methods([result(("fit, 20 to 1.5e+03 K", {})), result(("fit, 30 to 300 K", {}))])
    assert [m.words for m in same] == ["fit, … to … K"]


def test_names_with_digits_stay():
    assert [m.words for m in methods([result(("T_90 of MgB2, 3 K", {})), result(("T_90 of MgB2, 4 K", {}))])] == [
        "T_90 of MgB2, … K"
    ]


def test_means_of_directions_repeat_nothing():
    found = methods([result(("x", {"sweep": "cooling"}), ("x; mean of both", {"sweep": "mean of directions, 2 T"}))])
    assert [m.words for m in found] == ["x"]
