"""Every choice of an analysis of a map of diffraction patterns, with its automatic value."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from megabar.analysis.pattern import Settings as PatternSettings


class Settings(BaseModel):
    """Settings of the kind "map"; what is left out is chosen by the rule stated beside it.

    columns: points in a row of the map, the frames standing row by row; automatic: all in one row. step: um between
    neighbours; automatic: places are counted in points. serpentine: every second row was measured backwards.
    share_cells: frames that fit much worse than most are tried again from the cells that most frames agree on.
    pattern: settings of the kind "pattern", the same for all frames.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Annotated[int, Field(ge=1, strict=True)] | None = None
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    serpentine: bool = False
    share_cells: bool = True
    pattern: PatternSettings = PatternSettings()
