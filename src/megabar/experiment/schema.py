"""The experiment file as the user writes it: one frozen model a table, unknown keys refused.

Units: pressures in GPa, lengths of the sample in micrometres. A quantity with an error is written either as a number
or as a table, `pressure = 22.4` or `pressure = {value = 22.4, error = 0.5}`. An error that is not known is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strict=True, max_length=10_000)]
"""Free text."""

Name = Annotated[
    str,
    StringConstraints(strict=True, max_length=100, pattern=r"^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$"),
]
"""A name on one line, without spaces at its ends: it stands in tables, figures and file names."""

Label = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=100, pattern=r"^[^\p{Cc}]*$")]
"""A few words on one line, or nothing."""

PathText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000, pattern=r"^[^\p{Cc}]*$")]
"""A path relative to the experiment folder."""

NotNegative = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
Positive = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]


class Table(BaseModel):
    """A table of the experiment file: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NumberOrTable(Table):
    """A table that may be written as its `value` alone."""

    @model_validator(mode="before")
    @classmethod
    def _number_is_its_value(cls, data: Any) -> Any:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"value": data}
        if not isinstance(data, Mapping):
            raise ValueError("a number, or a table such as {value = 22.4, error = 0.5}")
        return data


class Length(NumberOrTable):
    """A length of the sample in micrometres; `error` is one standard deviation."""

    value: Positive
    error: Positive | None = None


class PressureTable(NumberOrTable):
    """The pressure of one measurement in GPa, with its own error (one standard deviation).

    The error common to all points of a gauge is `gauge_error`, here or in the cell. `gauge`, `scale` and `gauge_error`
    replace those of the cell for this measurement; with another `gauge` nothing is taken over from the cell.
    `before_cooling` and `after_cooling` are the readings at room temperature on either side of the measurement.
    """

    value: NotNegative
    error: Positive | None = None
    before_cooling: NotNegative | None = None
    after_cooling: NotNegative | None = None
    gauge: Name | None = None
    scale: Name | None = None
    gauge_error: Positive | None = None


MASSES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {"H": ("H", 1.00783), "D": ("H", 2.01410), "T": ("H", 3.01605)}
)
"""Element and mass (u) of the isotopes that have a letter of their own; AME2020."""


class IsotopeTable(Table):
    """The isotope that an element of the sample was made of, `mass` in u; "H", "D" and "T" may be written alone."""

    element: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][a-z]?$")]
    mass: Positive

    @model_validator(mode="before")
    @classmethod
    def _letter_is_hydrogen(cls, data: Any) -> Any:
        if isinstance(data, str) and data in MASSES:
            return dict(zip(("element", "mass"), MASSES[data], strict=True))
        if not isinstance(data, Mapping):
            raise ValueError('"H", "D", "T", or a table such as {element = "O", mass = 17.999}')
        of_hydrogen = data.get("element") in ("D", "T")
        return {**data, "element": "H"} if of_hydrogen else data


class Sample(Table):
    """What was measured; lengths in micrometres."""

    name: Text = ""
    composition: Text = ""
    thickness: Length | None = None
    width: Length | None = None
    length: Length | None = None
    notes: Text = ""


class Cell(Table):
    """One pressure cell and its gauge; `gauge_error` (GPa, one standard deviation) is common to all of its points."""

    name: Name
    gauge: Name | None = None
    scale: Name | None = None
    gauge_error: Positive | None = None
    notes: Text = ""


class MeasurementTable(Table):
    """One measurement to analyse.

    `file` is relative to the experiment folder and inside it; a list of files is one measurement in several. `read`
    holds the reading hints (columns, units ...), `settings` those of the analysis of this kind; both are checked
    against their own models by the loader. `control` says what was measured in place of the sample: such measurements
    prove nothing on it. `temperature` (K) is that at which a pattern or spectrum was taken.
    """

    name: Name
    kind: Name
    file: PathText | Annotated[tuple[PathText, ...], Field(min_length=1)]
    cell: Name | None = None
    pressure: PressureTable | None = None
    run: Text = ""
    notes: Text = ""
    control: Label = ""
    isotope: IsotopeTable | None = None
    temperature: Positive | None = None
    skip: StrictBool = False
    read: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


class Output(Table):
    """Where the results go: a folder inside the experiment folder."""

    folder: PathText = "results"


class ExperimentTable(Table):
    """The whole file. Measurements are checked one by one, so that a wrong one does not stop the others."""

    title: Text = ""
    simulated: StrictBool = False
    sample: Sample = Sample()
    cell: tuple[Cell, ...] = ()
    measurement: tuple[Any, ...] = ()
    trend: dict[str, Any] = Field(default_factory=dict)
    anisotropy: dict[str, Any] = Field(default_factory=dict)
    catalogue: dict[str, Any] = Field(default_factory=dict)
    output: Output = Output()
