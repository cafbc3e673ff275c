"""LabVIEW's .lvm text and .tdms binary files."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nptdms
import numpy as np
import pytest

from megabar.data import Role
from megabar.errors import DataError
from megabar.io import read

Write = Callable[..., Path]

HEAD = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nReader_Version\t2\nSeparator\tTab\nDecimal_Separator\t{decimal}\n"
    "Multi_Headings\tYes\nX_Columns\t{x}\nTime_Pref\tAbsolute\nOperator\tme\nDate\t2023/09/21\n***End_of_Header***\t\n\t\n"
)
SEGMENT = (
    "Channels\t2\t\t\nSamples\t5\t5\t\nY_Unit_Label\tmK\tVolts\t\nX_Dimension\tTime\tTime\t\nX0\t0.0\t0.0\t\n"
    "Delta_X\t0.5\t0.5\t\n***End_of_Header***\t\t\t\nX_Value\tT sample\tV\tComment\n"
)
ROWS = "".join(f"{0.5 * i:.6f}\t{1000 * (100 + i):.3f}\t{1e-6 * i:.9f}\n" for i in range(5))


def test_segments_with_time_units_and_comments(write: Write) -> None:
    text = HEAD.format(decimal=".", x="One") + SEGMENT + ROWS.replace("\n", "\tstart\n", 1)
    recording = read(write(text))
    (curve,) = recording.curves
    assert recording.format == "LabVIEW .lvm"
    np.testing.assert_allclose(curve.values(Role.TIME), 0.5 * np.arange(5))
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), 100 + np.arange(5))
    np.testing.assert_allclose(curve.values(Role.VOLTAGE), 1e-6 * np.arange(5))
    assert any("row 1: comment 'start'" in note.text for note in recording.notes)
    assert curve.metadata["Operator"] == "me"


def test_several_segments_and_decimal_comma(write: Write) -> None:
    text = HEAD.format(decimal=",", x="One") + (SEGMENT + ROWS + "\n") * 2
    recording = read(write(text.replace(".", ",")))
    assert [(curve.name, len(curve)) for curve in recording.curves] == [("segment 1", 5), ("segment 2", 5)]
    np.testing.assert_allclose(recording.curves[1].values(Role.TEMPERATURE), 100 + np.arange(5))


def test_without_x_column(write: Write) -> None:
    rows = "".join("\t" + line.split("\t", 1)[1] + "\n" for line in ROWS.splitlines())
    (curve,) = read(write(HEAD.format(decimal=".", x="No") + SEGMENT + rows)).curves
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), 100 + np.arange(5))
    np.testing.assert_allclose(curve.values(Role.VOLTAGE), 1e-6 * np.arange(5))


def test_lvm_leaves_no_pickle_behind(write: Write) -> None:
    path = write(HEAD.format(decimal=".", x="One") + SEGMENT + ROWS)
    read(path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text",
    ["LabVIEW Measurement\t\n", HEAD.format(decimal=".", x="One"), HEAD.format(decimal=".", x="One") + SEGMENT],
)
def test_lvm_without_rows(text: str, write: Write) -> None:
    with pytest.raises(DataError, match=r"^run\.dat: the LabVIEW measurement file .*(export|choose)"):
        read(write(text))


def tdms(*channels: nptdms.ChannelObject) -> bytes:
    buffer = BytesIO()
    with nptdms.TdmsWriter(buffer) as writer:
        writer.write_segment(list(channels))
    return buffer.getvalue()


def test_groups_are_curves(write: Write) -> None:
    values = np.linspace(10, 300, 30)
    content = tdms(
        nptdms.ChannelObject("cooling", "T sample", values, properties={"unit_string": "K"}),
        nptdms.ChannelObject("cooling", "R", 2 * values, properties={"unit_string": "mOhm", "wf_increment": 0.5}),
        nptdms.ChannelObject("warming", "T (K)", values[:20]),
        nptdms.ChannelObject("warming", "R (Ohm)", values[:20].astype(np.float32)),
    )
    recording = read(write(content))
    cooling, warming = recording.curves
    assert recording.format == "LabVIEW TDMS"
    assert (cooling.name, warming.name) == ("cooling", "warming")
    np.testing.assert_allclose(cooling.values(Role.TEMPERATURE), values)
    np.testing.assert_allclose(cooling.values(Role.RESISTANCE), 2e-3 * values)
    np.testing.assert_allclose(warming.values(Role.RESISTANCE), values[:20], rtol=1e-6)


def test_waveform_time_and_time_stamps(write: Write) -> None:
    values = np.linspace(10, 300, 30)
    wave = tdms(nptdms.ChannelObject("a", "T (K)", values, properties={"wf_increment": 0.25}))
    np.testing.assert_allclose(read(write(wave)).curves[0].values(Role.TIME), 0.25 * np.arange(30))
    stamps = np.datetime64("2024-01-01T12:00:00", "us") + np.arange(30) * np.timedelta64(2, "s")
    stamped = tdms(nptdms.ChannelObject("a", "T (K)", values), nptdms.ChannelObject("a", "when", stamps))
    np.testing.assert_allclose(read(write(stamped)).curves[0].values(Role.TIME), 2.0 * np.arange(30))


def test_text_channels_are_left_out(write: Write) -> None:
    content = tdms(
        nptdms.ChannelObject("a", "T (K)", np.arange(1.0, 4.0)), nptdms.ChannelObject("a", "note", ["x", "y", "z"])
    )
    recording = read(write(content))
    assert [column.name for column in recording.curves[0].columns] == ["T (K)"]
    assert any("'note' holds text" in note.text for note in recording.notes)


def test_channels_of_unequal_length_are_not_paired(write: Write) -> None:
    content = tdms(
        nptdms.ChannelObject("a", "T (K)", np.arange(1.0, 4.0)), nptdms.ChannelObject("a", "R (Ohm)", np.arange(5.0))
    )
    recording = read(write(content))
    assert sorted(len(curve) for curve in recording.curves) == [3, 5]
    assert any("channels of 2 lengths" in note.text for note in recording.notes)


def test_damaged_tdms_is_one_line_and_prints_nothing(
    write: Write, sample: Callable[[str], bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    content = sample("run.tdms")
    for cut in (4, 30, 60, 200):
        with pytest.raises(DataError, match=r"^run\.dat: the TDMS file"):
            read(write(content[:cut]))
    cut_off = read(write(content[:-100]))
    assert any(note.level == "warning" and note.text.startswith("TDMS") for note in cut_off.notes)
    assert capfd.readouterr() == ("", "")


def test_a_false_length_gives_the_rows_that_are_there(write: Write, sample: Callable[[str], bytes]) -> None:
    content = sample("run.tdms").replace((40).to_bytes(8, "little"), (2**50).to_bytes(8, "little"))
    recording = read(write(content))
    assert len(recording.curves[0]) == 40
    assert any(note.level == "warning" for note in recording.notes)
