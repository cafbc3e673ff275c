"""LabVIEW measurement files: .lvm text through lvm_read, .tdms through npTDMS."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from megabar.data import Note, Role
from megabar.data.recording import FloatArray
from megabar.errors import DataError
from megabar.io.decode import decode
from megabar.io.table import MAX_COLUMNS, Reading, Table, shorten

if TYPE_CHECKING:
    from nptdms import TdmsChannel, TdmsGroup

_LVM_ERRORS: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    SyntaxError,
    AttributeError,
    OverflowError,
    MemoryError,
    RecursionError,
)
_TDMS_ERRORS: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    EOFError,
    OSError,
    MemoryError,
    RuntimeError,
    StopIteration,
    struct.error,
)
_MAX_COMMENTS: Final = 20


def is_lvm(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"LabVIEW Measurement")


def is_tdms(head: bytes) -> bool:
    return head.startswith(b"TDSm")


def read_lvm(data: bytes, *, file: str, **_: object) -> Reading:
    """Each segment of a .lvm file is a table; its X_Value is time where the file says so."""
    import lvm_read

    notes: list[Note] = []
    text = decode(data, file=file, notes=notes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lvm_read evaluates header fields as Python literals
            content = lvm_read.read_str(text)
            segments = [content[number] for number in range(int(content["Segments"]))]
            tables = [_segment(segment, content, number, len(segments)) for number, segment in enumerate(segments, 1)]
            notes.extend(note for segment in segments for note in _comments(segment))
    except _LVM_ERRORS as error:
        raise DataError(
            f"{file}: the LabVIEW measurement file is damaged ({shorten(str(error), limit=100)}); "
            f"export it again or as plain text"
        ) from error
    full = tuple(table for table in tables if table is not None)
    if not full:
        raise DataError(f"{file}: the LabVIEW measurement file holds a header but no rows; choose another file")
    return Reading("LabVIEW .lvm", full, tuple(notes))


def _comments(segment: Mapping[str, Any]) -> list[Note]:
    rows = [(row, str(text)) for row, text in enumerate(segment.get("comments", ()), 1) if str(text).strip()]
    said = [Note(f"row {row}: comment {shorten(text, limit=120)!r}") for row, text in rows[:_MAX_COMMENTS]]
    return said + [Note(f"{len(rows) - _MAX_COMMENTS} more comments in the file")] * (len(rows) > _MAX_COMMENTS)


def _segment(segment: Mapping[str, Any], content: Mapping[Any, Any], number: int, count: int) -> Table | None:
    values = np.asarray(segment.get("data", ()), dtype=np.float64)
    if values.ndim != 2 or not values.size:
        return None
    names = [str(name) for name in segment["Channel names"]]
    comments = [str(text) for text in segment.get("comments", ())]
    if comments:
        names = names[:-1]
    width = min(len(names), values.shape[1], MAX_COLUMNS)
    has_x = content.get("X_Columns", "One") != "No"
    labels = [str(label).strip() or None for label in segment.get("Y_Unit_Label", ())]
    units = ([None] if has_x else []) + labels + [None] * width
    roles: dict[int, Role] = {}
    if has_x and "Time" in segment.get("X_Dimension", ()) and names[0] == "X_Value":
        roles[0] = Role.TIME
        units[0] = "s"
    metadata = {key: str(content[key]) for key in ("Date", "Time", "Operator", "Description") if key in content}
    return Table(
        headings=tuple(names[:width]),
        numbers=tuple(values[:, i] for i in range(width)),
        lines=np.arange(1, len(values) + 1, dtype=np.intp),
        units=tuple(units[:width]),
        name=f"segment {number}" if count > 1 else "",
        roles=roles,
        place="row",
        above=tuple(metadata.get("Description", "").splitlines()),
        metadata=metadata,
    )


def read_tdms(data: bytes, *, file: str, **_: object) -> Reading:
    """Each group of a .tdms file is a table (several where its channels differ in length)."""
    import nptdms

    notes: list[Note] = []
    try:
        with _captured_log(notes), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with nptdms.TdmsFile.open(BytesIO(data)) as content:
                tables = [table for group in content.groups() for table in _group(group, notes)]
    except Exception as error:
        # npTDMS raises plain Exception for some damage; anything outside its families is a mistake of ours
        if type(error) is not Exception and not isinstance(error, _TDMS_ERRORS):
            raise
        raise DataError(
            f"{file}: the TDMS file is damaged ({shorten(str(error), limit=100)}); copy or export it again"
        ) from error
    if not tables:
        raise DataError(f"{file}: the TDMS file holds no channel of numbers; choose another file")
    return Reading("LabVIEW TDMS", tuple(tables), tuple(notes))


@contextmanager
def _captured_log(notes: list[Note]) -> Iterator[None]:
    """What npTDMS would print as warnings becomes notes of the recording."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note = Note(f"TDMS: {shorten(record.getMessage(), limit=120)}", level="warning")
            if note not in notes:
                notes.append(note)

    from nptdms.log import log_manager

    collector = Collector()
    for logger in log_manager.loggers.values():
        logger.removeHandler(log_manager.console_handler)
        logger.addHandler(collector)
    try:
        yield
    finally:
        for logger in log_manager.loggers.values():
            logger.removeHandler(collector)
            logger.addHandler(log_manager.console_handler)


def _group(group: TdmsGroup, notes: list[Note]) -> list[Table]:
    """The channels of a group by their length: rows belong together only where the lengths are equal."""
    lengths: dict[int, list[TdmsChannel]] = {}
    for channel in group.channels():
        if len(channel):
            lengths.setdefault(len(channel), []).append(channel)
    if len(lengths) > 1:
        notes.append(Note(f"{group.name}: channels of {len(lengths)} lengths, one table for each", level="warning"))
    tables = (_channels(f"{group.name}", length, channels, notes) for length, channels in lengths.items())
    return [table for table in tables if table is not None]


def _channels(name: str, length: int, channels: Sequence[TdmsChannel], notes: list[Note]) -> Table | None:
    headings: list[str] = []
    units: list[str | None] = []
    numbers: list[FloatArray] = []
    texts: dict[int, tuple[str, ...]] = {}
    roles: dict[int, Role] = {}
    for index, channel in enumerate(channels):
        values = channel[:]
        headings.append(channel.name)
        unit = str(channel.properties.get("unit_string") or channel.properties.get("NI_UnitDescription") or "")
        units.append(unit.strip() or None)
        numbers.append(np.full(length, np.nan))
        if np.issubdtype(values.dtype, np.datetime64):
            numbers[-1] = np.asarray((values - values[0]) / np.timedelta64(1, "s"), dtype=np.float64)
            units[-1] = "s"
            roles[index] = Role.TIME
            notes.append(Note(f"channel {channel.name!r}: times taken as seconds from the first"))
        elif np.issubdtype(values.dtype, np.number) and not np.iscomplexobj(values):
            numbers[-1] = values.astype(np.float64)
        else:
            texts[index] = tuple(str(value) for value in values)
    step = channels[0].properties.get("wf_increment")
    if Role.TIME not in roles.values() and isinstance(step, float) and step > 0:
        headings.append("time (s)")
        units.append("s")
        numbers.append(np.arange(length, dtype=np.float64) * float(step))
        roles[len(headings) - 1] = Role.TIME
        notes.append(Note(f"{name}: time from the waveform increment {step:g} s"))
    if len(texts) == len(channels):
        return None
    lines = np.arange(1, length + 1, dtype=np.intp)
    return Table(tuple(headings), tuple(numbers), lines, tuple(units), name, texts=texts, roles=roles, place="row")
