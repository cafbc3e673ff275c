"""Delimited text in its many shapes, all holding the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from megabar.data import Curve, Recording, Role
from megabar.io import read

Write = Callable[..., Path]

N = 60
T = np.round(300.0 - 2.5 * np.arange(N) - 0.01 * np.arange(N) ** 2, 2)
R = np.round(0.125 + 0.01 * np.arange(N) ** 1.5, 4)


def rows(delimiter: str = ",", *, decimal: str = ".", end: str = "\n") -> str:
    lines = (f"{t:.2f}{delimiter}{r:.4f}" for t, r in zip(T, R, strict=True))
    return "".join(line.replace(".", decimal) + end for line in lines)


def only(recording: Recording) -> Curve:
    (curve,) = recording.curves
    return curve


def said(recording: Recording, *, level: str | None = None) -> str:
    return " | ".join(note.text for note in recording.notes if level in (None, note.level))


VARIANTS = {
    "comma": "T (K),R (Ohm)\n" + rows(),
    "comma and blank": "T (K), R (Ohm)\n" + rows(", "),
    "tab": "T (K)\tR (Ohm)\n" + rows("\t"),
    "semicolon": "T/K;R/Ohm\n" + rows(";"),
    "pipe": "T (K)|R (Ohm)\n" + rows("|"),
    "blanks": "T (K)   R (Ohm)\n" + rows("   "),
    "blanks, names with blanks": "Sample Temp (K) Resistance (Ohm)\n" + rows("  "),
    "blanks, units as words": "T K R Ohm\n" + rows(" "),
    "blanks in front": "  T(K)  R(Ohm)\n" + "".join("   " + line + "\n" for line in rows("  ").splitlines()),
    "decimal comma, semicolon": "T (K);R (Ohm)\n" + rows(";", decimal=","),
    "decimal comma, tab": "T (K)\tR (Ohm)\n" + rows("\t", decimal=","),
    "decimal comma, blanks": "T (K)  R (Ohm)\n" + rows("  ", decimal=","),
    "quoted decimal comma": '"T (K)","R (Ohm)"\n'
    + "".join(f'"{t}","{r}"\n'.replace(".", ",") for t, r in zip(T, R, strict=True)),
    "quoted": '"T (K)","R (Ohm)"\n' + rows(),
    "comma inside quotes": '"T, K","R, Ohm"\n' + rows(),
    "byte-order mark": "\ufeffT (K),R (Ohm)\n" + rows(),
    "comment header #": "# measured on Monday\n# T (K)\tR (Ohm)\n" + rows("\t"),
    "comment header %": "% T (K), R (Ohm)\n" + rows("  "),
    "comment header ;": "; T (K) R (Ohm)\n" + rows(" "),
    "comment header !": "! T_K R_Ohm\n" + rows(" "),
    "comment header //": "// T (K), R (Ohm)\n" + rows(","),
    "comments between": "T (K),R (Ohm)\n"
    + rows()[:200].rsplit("\n", 1)[0]
    + "\n# pause\n"
    + rows()[200:].split("\n", 1)[1],
    "preamble": "Sample: LaH10\nDate: 2024-01-01 12:00\nCurrent (uA): 10\n\nT (K),R (Ohm)\n" + rows(),
    "preamble of pairs": "Sample;LaH10\nRun;3\nGauge;ruby\nT (K);R (Ohm)\n" + rows(";"),
    "units in a second line": "T,R\nK,Ohm\n" + rows(),
    "units in brackets in a second line": "T R\n(K) (Ohm)\n" + rows(" "),
    "Origin export": "Temperature\tResistance\nK\tOhm\n\tcooling\n" + rows("\t"),
    "dashes below the header": "T (K)\tR (Ohm)\n-----\t-----\n" + rows("\t"),
    "Windows line ends": "T (K),R (Ohm)\r\n" + rows(end="\r\n"),
    "Mac line ends": "T (K),R (Ohm)\r" + rows(end="\r"),
    "trailing delimiters": "T (K),R (Ohm),\n" + rows(end=",\n"),
    "trailing delimiters in the rows only": "T (K),R (Ohm)\n" + rows(end=",\n"),
    "trailing blank lines": "T (K),R (Ohm)\n" + rows() + "\n\n  \n",
    "no line end at the end": "T (K),R (Ohm)\n" + rows().rstrip("\n"),
    "exponents": "T (K),R (Ohm)\n" + "".join(f"{t:.6E},{r:.8e}\n" for t, r in zip(T, R, strict=True)),
    "Fortran exponents": "T (K),R (Ohm)\n"
    + "".join(f"{t:.6E},{r:.8E}\n".replace("E", "D") for t, r in zip(T, R, strict=True)),
    "plus signs": "T (K),R (Ohm)\n" + "".join(f"+{t},+{r}\n" for t, r in zip(T, R, strict=True)),
    "row numbers": "n,T (K),R (Ohm)\n" + "".join(f"{i},{t},{r}\n" for i, (t, r) in enumerate(zip(T, R, strict=True))),
    "clock": "time,T (K),R (Ohm)\n"
    + "".join(f"2024-01-01 12:{i:02d}:00,{t},{r}\n" for i, (t, r) in enumerate(zip(T, R, strict=True))),
    "header again in the middle": "T (K),R (Ohm)\n"
    + rows()[:200].rsplit("\n", 1)[0]
    + "\nT (K),R (Ohm)\n"
    + rows()[200:].split("\n", 1)[1],
    "text below": "T (K),R (Ohm)\n" + rows() + ">>>> end of data <<<<\n",
}
"""Variants that cut a row in two lose that one row; the tests below allow for it."""


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_hold_the_same_curve(name: str, write: Write) -> None:
    curve = only(read(write(VARIANTS[name])))
    keep = np.isin(T, curve.values(Role.TEMPERATURE))
    assert keep.sum() >= N - (1 if "between" in name or "middle" in name else 0)
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), T[keep], rtol=1e-12)
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), R[keep], rtol=1e-12)
    assert (curve.column(Role.TEMPERATURE).unit, curve.column(Role.RESISTANCE).unit) == ("K", "ohm")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, write: Write) -> None:
    text = "# Probe 5, 4 µA, 20 °C\nT (K),R (Ohm)\n" + rows()
    recording = read(write(text.encode(encoding)))
    np.testing.assert_array_equal(only(recording).values(Role.TEMPERATURE), T)
    assert ("Windows-1252" in said(recording)) == (encoding == "cp1252")


def test_units_are_converted(write: Write) -> None:
    text = "T (°C);R [mOhm];I / µA;Magnetic Field (kOe);t (min)\n" + "-196;2;10;5;1\n-100;3;10;5;2\n0;4;10;5;3\n"
    curve = only(read(write(text)))
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), [77.15, 173.15, 273.15])
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), [2e-3, 3e-3, 4e-3])
    np.testing.assert_allclose(curve.values(Role.CURRENT), 1e-5)
    np.testing.assert_allclose(curve.values(Role.FIELD), 0.5)
    np.testing.assert_allclose(curve.values(Role.TIME), [60, 120, 180])
    assert curve.column(Role.RESISTANCE).file_unit == "mOhm"


def test_a_missing_unit_is_assumed_and_said(write: Write) -> None:
    recording = read(write("T,R\n" + rows()))
    assert "'T' gives no unit: taken as K" in said(recording, level="warning")
    assert "'R' gives no unit: taken as ohm" in said(recording, level="warning")


def test_hints_give_columns_and_units(write: Write) -> None:
    recording = read(
        write(
            "a,b,c\n"
            + "".join(f"{i},{t - 273.15:.2f},{1e3 * r:.4f}\n" for i, (t, r) in enumerate(zip(T, R, strict=True)))
        ),
        columns={"temperature": "b", "resistance": 3},
        units={"temperature": "degC", "c": "mOhm"},
    )
    np.testing.assert_allclose(only(recording).values(Role.TEMPERATURE), T, atol=1e-9)
    np.testing.assert_allclose(only(recording).values(Role.RESISTANCE), R, atol=1e-9)


def test_no_header_with_columns_by_number(write: Write) -> None:
    curve = only(read(write(rows()), columns={"resistance": 2, "temperature": 1}))
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), T)


def test_no_header_is_guessed_only_where_the_first_column_can_be_a_measured_temperature(write: Write) -> None:
    recording = read(write(rows()))
    np.testing.assert_array_equal(only(recording).values(Role.TEMPERATURE), T)
    assert "guessed that column 1 is temperature" in said(recording, level="warning")


@pytest.mark.parametrize(
    "first",
    [
        np.linspace(5, 25, N),  # a diffraction pattern
        680 + 0.3 * np.arange(N) ** 1.01,  # a ruby spectrum
        np.linspace(-1, 7, N) ** 3,  # something that is far from even about zero
        100 * np.arange(1, N + 1) ** 1.01,  # wavenumbers
    ],
)
def test_other_bare_columns_play_no_role(first: np.ndarray, write: Write) -> None:
    recording = read(write("".join(f"{x:.6f} {r:.4f}\n" for x, r in zip(first, R, strict=True))))
    assert {column.role for column in only(recording).columns} == {Role.OTHER}
    assert "no role until named" in said(recording, level="warning")


def test_delimiter_decimal_and_skip_lines_can_be_said(write: Write) -> None:
    text = "1,2,3,4\n5,6,7,8\n" + rows(";", decimal=",")
    curve = only(read(write(text), delimiter="semicolon", decimal=",", skip_lines=2, columns={"temperature": 1}))
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), T)


def test_missing_values_cost_their_rows_and_are_counted(write: Write) -> None:
    lines = rows().splitlines()
    for index, cell in zip((3, 5, 7, 11, 13), ("", "--", "NaN", "#N/A", "n/a"), strict=True):
        lines[index] = lines[index].split(",")[0] + "," + cell
    recording = read(write("T (K),R (Ohm)\n" + "\n".join(lines) + "\n"))
    assert len(only(recording)) == N - 5
    assert "5 rows dropped without a value in R (Ohm) (first: line 5)" in said(recording, level="warning")


def test_infinite_and_overload_readings_are_dropped(write: Write) -> None:
    lines = rows().splitlines()
    for index, cell in zip((2, 3, 4), ("inf", "-Infinity", "9.9E37"), strict=True):
        lines[index] = lines[index].split(",")[0] + "," + cell
    recording = read(write("T (K),R (Ohm)\n" + "\n".join(lines) + "\n"))
    assert len(only(recording)) == N - 3
    assert "3 infinite or overload readings" in said(recording, level="warning")
    assert "line 4" in said(recording, level="warning")


@pytest.mark.parametrize("tail", ["12.", "12.5", "12.50,", "12.50,0.1", "12.50,x"])
def test_a_last_line_that_was_cut_off_is_dropped(tail: str, write: Write) -> None:
    recording = read(write("T (K),R (Ohm)\n" + rows() + tail))
    assert len(only(recording)) == N
    assert "62" in said(recording, level="warning")


def test_a_whole_last_line_without_line_end_is_kept(write: Write) -> None:
    assert len(only(read(write("T (K),R (Ohm)\n" + rows() + "12.50,0.1234")))) == N + 1


def test_a_few_texts_are_dropped_and_named(write: Write) -> None:
    lines = (rows() * 3).splitlines()
    lines[70] = "200.0,error"
    recording = read(write("T (K),R (Ohm)\n" + "\n".join(lines) + "\n"))
    assert len(only(recording)) == 3 * N - 1
    assert "text in column 'R (Ohm)' ('error'; line 72): 1 rows dropped" in said(recording, level="warning")


def test_text_in_a_column_without_role_costs_nothing(write: Write) -> None:
    lines = [f"{line},{i if i % 5 else 'off'}" for i, line in enumerate(rows().splitlines())]
    recording = read(write("T (K),R (Ohm),valve\n" + "\n".join(lines) + "\n"))
    assert len(only(recording)) == N
    assert "read as missing" in said(recording)


def test_several_resistances_make_several_curves(write: Write) -> None:
    text = "T (K),R1 (Ohm),R2 (mOhm),I1 (uA),I2 (uA),H (Oe)\n"
    text += "".join(f"{t},{r},{r},1,2,100\n" for t, r in zip(T, R, strict=True))
    recording = read(write(text))
    first, second = recording.curves
    assert (first.name, second.name) == ("R1", "R2")
    np.testing.assert_allclose(first.values(Role.RESISTANCE), 1e3 * second.values(Role.RESISTANCE))
    np.testing.assert_allclose((first.values(Role.CURRENT)[0], second.values(Role.CURRENT)[0]), (1e-6, 2e-6))
    assert first.has(Role.FIELD)
    assert second.has(Role.FIELD)


def test_two_thermometers_are_one_curve_by_the_one_at_the_sample(write: Write) -> None:
    text = "T bath (K),T sample (K),R (Ohm)\n" + "".join(f"{t + 1},{t},{r}\n" for t, r in zip(T, R, strict=True))
    recording = read(write(text))
    np.testing.assert_array_equal(only(recording).values(Role.TEMPERATURE), T)
    assert "temperature taken from 'T sample (K)', not from 'T bath (K)'" in said(recording, level="warning")
    bath = only(read(write(text), columns={"temperature": "T bath (K)"}))
    np.testing.assert_array_equal(bath.values(Role.TEMPERATURE), T + 1)


@pytest.mark.parametrize("header", ["T (K),R (Ohm),T (K),R (Ohm)", "T1 (K),R1 (Ohm),T2 (K),R2 (Ohm)"])
def test_pairs_of_columns_are_a_curve_each_of_its_own_length(header: str, write: Write) -> None:
    lines = [
        f"{t},{r},{t / 2 if i < 40 else ''},{2 * r if i < 40 else ''}"
        for i, (t, r) in enumerate(zip(T, R, strict=True))
    ]
    recording = read(write(header + "\n" + "\n".join(lines) + "\n"))
    first, second = recording.curves
    assert (len(first), len(second)) == (N, 40)
    np.testing.assert_array_equal(second.values(Role.TEMPERATURE), T[:40] / 2)
    assert first.name != second.name
    assert "dropped" not in said(recording)


def test_alternate_rows_of_two_channels(write: Write) -> None:
    lines = [f"{t},{r},," if i % 2 else f"{t},,{r}," for i, (t, r) in enumerate(zip(T, R, strict=True))]
    first, second = read(write("T (K),R1 (Ohm),R2 (Ohm),x\n" + "\n".join(lines) + "\n")).curves
    np.testing.assert_array_equal(first.values(Role.TEMPERATURE), T[1::2])
    np.testing.assert_array_equal(second.values(Role.RESISTANCE), R[::2])


def test_lists_of_columns_make_a_curve_each(write: Write) -> None:
    text = "T,a,b,c\n" + "".join(f"{t},{r},{r + 1},{r + 2}\n" for t, r in zip(T, R, strict=True))
    recording = read(write(text), columns={"temperature": "T", "voltage": ["a", 3]}, units={"voltage": "uV"})
    first, second = recording.curves
    assert (first.name, second.name) == ("a", "b")
    np.testing.assert_allclose(second.values(Role.VOLTAGE) - first.values(Role.VOLTAGE), 1e-6)


def test_columns_of_errors(write: Write) -> None:
    text = "T (K),Terr,R (mOhm),R_err (uOhm)\n" + "".join(f"{t},0.1,{r},5\n" for t, r in zip(T, R, strict=True))
    curve = only(read(write(text)))
    temperature, resistance = curve.column(Role.TEMPERATURE), curve.column(Role.RESISTANCE)
    assert temperature.error is not None
    assert resistance.error is not None
    np.testing.assert_allclose(temperature.error, 0.1)
    np.testing.assert_allclose(resistance.error, 5e-6)


def test_errors_by_hint(write: Write) -> None:
    text = "T,R,dR\n" + "".join(f"{t},{r},0.5\n" for t, r in zip(T, R, strict=True))
    curve = only(read(write(text), errors={"resistance": "dR"}, units={"resistance": "mOhm"}))
    error = curve.column(Role.RESISTANCE).error
    assert error is not None
    np.testing.assert_allclose(error, 5e-4)


def test_errors_that_are_not_positive_are_unknown(write: Write) -> None:
    text = "T (K),R (Ohm),R_err\n" + "".join(
        f"{t},{r},{0 if i == 3 else 1}\n" for i, (t, r) in enumerate(zip(T, R, strict=True))
    )
    recording = read(write(text))
    assert only(recording).column(Role.RESISTANCE).error is None
    assert "not used: 1 of 60" in said(recording, level="warning")


def test_groups_by_text_and_by_number(write: Write) -> None:
    text = "series,I (uA),T (K),R (Ohm)\n"
    text += "".join(
        f"{'up' if i % 2 else 'down'},{(1, 10, 100)[i % 3] * (1 + 1e-4 * (i % 2))},{t},{r}\n"
        for i, (t, r) in enumerate(zip(T, R, strict=True))
    )
    by_text = read(write(text), group="series").curves
    assert [curve.name for curve in by_text] == ["down", "up"]
    np.testing.assert_array_equal(by_text[1].values(Role.TEMPERATURE), T[1::2])
    by_number = read(write(text), group="I (uA)").curves
    assert [len(curve) for curve in by_number] == [20, 20, 20]
    np.testing.assert_array_equal(by_number[2].values(Role.TEMPERATURE), T[2::3])


def test_curves_can_be_chosen(write: Write) -> None:
    text = "T (K),R1 (Ohm),R2 (Ohm)\n" + "".join(f"{t},{r},{r}\n" for t, r in zip(T, R, strict=True))
    assert [curve.name for curve in read(write(text), curve="r2").curves] == ["R2"]


def test_digitised_curves_carry_their_reading_error(write: Write) -> None:
    text = "T (K),R (mOhm)\n" + rows()
    curve = only(
        read(write(text), digitised={"figure": "Fig. 2a", "reading_error": {"temperature": 0.5, "resistance": 2}})
    )
    assert curve.digitised
    assert curve.metadata["figure"] == "Fig. 2a"
    errors = curve.column(Role.TEMPERATURE).error, curve.column(Role.RESISTANCE).error
    assert errors[0] is not None
    assert errors[1] is not None
    np.testing.assert_allclose(errors[0], 0.5)
    np.testing.assert_allclose(errors[1], 2e-3)


def test_duplicate_and_non_monotone_temperatures_keep_the_order_of_the_file(write: Write) -> None:
    order = np.random.default_rng(1).integers(0, N, 200)
    curve = only(read(write("T (K),R (Ohm)\n" + "".join(f"{T[i]},{R[i]}\n" for i in order))))
    np.testing.assert_array_equal(curve.values(Role.TEMPERATURE), T[order])


def test_a_few_negative_temperatures_are_dropped_and_said(write: Write) -> None:
    lines = (rows() * 3).splitlines()
    lines[10] = "-3.00,1.0"
    recording = read(write("T (K),R (Ohm)\n" + "\n".join(lines) + "\n"))
    assert len(only(recording)) == 3 * N - 1
    assert "below 0 K: dropped (first: line 12)" in said(recording, level="warning")


def test_200_000_rows(write: Write) -> None:
    values = np.random.default_rng(0).random((200_000, 4))
    rows = "".join(f"{a:.5f}\t{b:.7g}\t{c:.6e}\t{d:.3f}\n" for a, b, c, d in values)
    curve = only(read(write("T (K)\tR (Ohm)\tV (V)\ttime (s)\n" + rows)))
    np.testing.assert_allclose(curve.values(Role.TEMPERATURE), values[:, 0], atol=1e-5)
    np.testing.assert_allclose(curve.values(Role.RESISTANCE), values[:, 1], rtol=1e-6)


def test_a_file_that_calls_its_data_simulated_is_marked(tmp_path: Path) -> None:
    rows = "".join(f"{t},{t / 100}\n" for t in range(10, 60))
    for header, marked in (("# SIMULATED DATA, not measured\n", True), ("# measured on Tuesday\n", False)):
        path = tmp_path / "run.csv"
        path.write_text(f"{header}T (K),R (Ohm)\n{rows}", encoding="utf-8")
        assert read(path).curves[0].simulated is marked
