"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with something else is no defect of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
