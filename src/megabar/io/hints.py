"""What the user may say about a file when the automatic reading is not wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from megabar.data import Role
from megabar.errors import DataError

DELIMITERS: Mapping[str, str] = {
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "whitespace": " ",
}
"""Words for the delimiters that are awkward to type; any single character may be given as itself."""


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str | int) and not isinstance(value, bool) else value


def _name_or_number(value: Any) -> Any:
    if (isinstance(value, str) and value.strip()) or (type(value) is int and value >= 1):
        return value
    raise ValueError("allowed: a name, or a number counted from 1")


ColumnName = Annotated[str | int, BeforeValidator(_name_or_number)]
"""A heading as the file spells it (with or without its unit), or the number of the column, counted from 1."""

ColumnNames = Annotated[tuple[ColumnName, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _numbers(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, list | tuple) and value:
        return value
    raise ValueError("allowed: a number, or a list with one for each curve")


Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Numbers = Annotated[tuple[Finite, ...], BeforeValidator(_numbers)]
"""One number, or a list with one for each curve."""


class Digitised(BaseModel):
    """The curve was read off a printed figure: which one, and how well each column could be read.

    `reading_error` is one standard deviation by role, in the unit in which the file gives that column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    figure: Annotated[str, Field(min_length=1)]
    reading_error: Mapping[Role, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = {}


class Integration(BaseModel):
    """How an image becomes a pattern, where the automatic choice is not wanted.

    method: "clip" (rings without pixels far off their mean), "median" (mean of the middle half of each ring, for
    spotty rings) or "mean"; threshold: of the clipping, in standard deviations of a ring; points: rings, automatic:
    one pixel wide; saturation: counts from which on pixels are left out, automatic: as the file says;
    polarisation: of the beam, -1 to 1, automatic: no correction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["clip", "median", "mean"] = "clip"
    threshold: Annotated[float, Field(ge=2, allow_inf_nan=False)] = 5.0
    points: Annotated[int, Field(ge=16, le=20_000, strict=True)] | None = None
    saturation: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    polarisation: Annotated[float, Field(ge=-1, le=1)] | None = None


class ReadHints(BaseModel):
    """How to read one file, where the automatic choice is not wanted; every field may be left out.

    columns: role -> heading or number (from 1) of the column; a list makes one curve of each;
    units: role or heading -> unit, instead of what the file says;
    errors: role -> column(s) of one standard deviation of that role, in the order of `columns`;
    delimiter: one character or tab, comma, semicolon, pipe, space; decimal: "." or ",";
    skip_lines: lines at the top that are not looked at; sheet: name or number (from 1) of the sheet;
    curve: names of the curves to keep; digitised: see `Digitised`;
    group: heading or number of the column that tells curves apart which share the other columns;
    constants: role -> number in the program's unit (K, T, mV ...) that held for all rows, or a list with one a curve;
    poni: calibration of the detector for images (pyFAI's file), beside the image or in the experiment folder;
    automatic: the only one beside the image; mask: image or .npy whose pixels other than 0 never count;
    dataset: stack of images in an HDF5 file; integration: see `Integration`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Mapping[Role, ColumnNames] = {}
    units: Mapping[str, str] = {}
    errors: Mapping[Role, ColumnNames] = {}
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    skip_lines: Annotated[int, Field(ge=0, strict=True)] = 0
    sheet: ColumnName | None = None
    curve: Names = ()
    digitised: Digitised | None = None
    group: ColumnName | None = None
    constants: Mapping[Role, Numbers] = {}
    poni: Annotated[str, Field(min_length=1)] | None = None
    mask: Annotated[str, Field(min_length=1)] | None = None
    dataset: Annotated[str, Field(min_length=1)] | None = None
    integration: Integration = Integration()

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is None or len(value) == 1:
            return value
        if value.lower() in DELIMITERS:
            return DELIMITERS[value.lower()]
        raise ValueError(f"allowed: one character or {', '.join(DELIMITERS)}")

    @field_validator("columns", "errors", "constants")
    @classmethod
    def _measured_roles(cls, value: Mapping[Role, Any]) -> Mapping[Role, Any]:
        if Role.OTHER in value:
            raise ValueError(f"allowed roles: {', '.join(role for role in Role if role != Role.OTHER)}")
        return value

    @field_validator("constants")
    @classmethod
    def _above_absolute_zero(cls, value: Mapping[Role, Numbers]) -> Mapping[Role, Numbers]:
        if below := [number for number in value.get(Role.TEMPERATURE, ()) if number < 0]:
            raise ValueError(f"temperature: found {below[0]:g}; allowed: K, from 0 on")
        return value


def hints_from(values: Mapping[str, Any], *, file: str) -> ReadHints:
    """`ReadHints` from keyword arguments; DataError names the hint, what was found and what is allowed."""
    try:
        return ReadHints.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "hints"
        allowed = f" (hints: {', '.join(ReadHints.model_fields)})" if first["type"] == "extra_forbidden" else ""
        raise DataError(
            f"{file}: reading hint {field!r}: found {first.get('input')!r}; {first['msg']}{allowed}"
        ) from error
