"""Importing the fitting floor is cheap: the heavy libraries come with the first fit."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import megabar.fitting


def test_modules_do_not_load_the_heavy_libraries() -> None:
    names = [f"megabar.fitting.{m.name}" for m in pkgutil.iter_modules(megabar.fitting.__path__)]
    loaded = "[m for m in ('lmfit', 'emcee', 'uncertainties') if m in sys.modules]"
    code = f"import sys, {', '.join(names)}; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(names) > 10
    assert done.stdout.strip() == "[]"
