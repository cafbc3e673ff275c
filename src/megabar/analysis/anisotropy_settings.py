"""Every choice of a comparison of orientations, with its automatic value."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from megabar.analysis.field_models import Name
from megabar.analysis.headline import HALF


class PerPressure(BaseModel):
    """A relative change per GPa, written as a number or as a table with its error (one standard deviation)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[float, Field(allow_inf_nan=False)]
    error: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _number_is_its_value(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, int | float) and not isinstance(data, bool) else data


class Settings(BaseModel):
    """Settings of the comparison of orientations.

    model: of Hc2(T), one for both lines. criterion: of the transition. axis: the orientation (as the measurements name
    it) in which the field lies along the axis of the sample; automatic: that of the measurement that stands first.
    pressure_sensitivity: d ln(slope)/dP and d ln Hc2(0)/dP in 1/GPa; automatic: from other measurements of fields in
    the experiment, where there are any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Name = "dirty"
    criterion: str = HALF
    axis: str = ""
    pressure_sensitivity: PerPressure | None = None
