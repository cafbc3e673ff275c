"""A report of made-up results; the results themselves are those of the figure tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from megabar.data.recording import Source
from megabar.report import Failure, Report


@pytest.fixture(scope="session")
def made_up():
    path = Path(__file__).parents[1] / "plot" / "made_up.py"
    spec = importlib.util.spec_from_file_location("made_up_for_reports", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def report(made_up):
    pressures = (16.0, 20.5, 22.4)
    results = tuple(made_up.transition_result(f"{p} GPa", seed=i, centre=44 + 0.6 * p) for i, p in enumerate(pressures))
    return Report(
        "Six pressures",
        results,
        (made_up.trend_result(),),
        sample={"name": "crystal 4"},
        inputs=(Source("raw/16GPa.dat", "0" * 64), Source("raw/20GPa.dat", "1" * 64)),
        failures=(Failure("28.0 GPa", "raw/28GPa.dat: no number in line 17; name the column"),),
        settings_text='[sample]\nname = "crystal 4"\n',
        versions={"megabar": "0.1.0", "numpy": "2.0"},
    )
