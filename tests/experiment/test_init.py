"""A first experiment file: complete, explained, and right as it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from megabar.errors import DataError, ExperimentError
from megabar.experiment.init import guess_pressure, init
from megabar.experiment.kinds import KINDS
from megabar.experiment.load import load

TABLE = "T (K),R (Ohm)\n" + "".join(f"{t},{t / 300}\n" for t in range(2, 302, 3))
FIELD = "Magnetic Field (Oe),R (Ohm)\n" + "".join(f"{h},{h / 1000}\n" for h in range(0, 9000, 100))
OTHER = "a,b\n" + "".join(f"{t},{t / 300}\n" for t in range(2, 302, 3))


def put(folder: Path, **files: str) -> Path:
    """Files whose names have a double underscore for the slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def measurements(folder: Path) -> dict[str, str]:
    """Name -> file."""
    return {measurement.name: measurement.file for measurement in load(folder).measurements}


@pytest.mark.parametrize(
    ("file", "pressure"),
    [
        ("22.4GPa.csv", 22.4),
        ("run3_22.4 GPa_warming.csv", 22.4),
        ("22p4_GPa.csv", 22.4),
        ("22,4-gpa.csv", 22.4),
        ("P=100 GPa/cooling.dat", 100.0),
        ("105kbar.txt", 10.5),
        ("1.2Mbar.txt", 120.0),
        ("500 MPa.txt", 0.5),
        ("20GPa/run_21GPa.txt", 21.0),
        ("21GPa/data/run.txt", 21.0),
        ("P22GPa.txt", 22.0),
        ("run.txt", None),
        ("22.4.txt", None),
        ("5GPa_to_6GPa.txt", None),
        ("5GPa_5GPa.txt", 5.0),
        ("GPa.txt", None),
        ("12345678GPa.txt", None),
        ("3GPascal.txt", None),
    ],
)
def test_a_pressure_is_guessed_from_names(file: str, pressure: float | None) -> None:
    assert guess_pressure(file) == pressure


def test_what_is_found_is_written_and_loads(tmp_path: Path) -> None:
    folder = put(
        tmp_path, **{"22.4GPa.csv": TABLE, "P=100 GPa__a.csv": TABLE, "field.csv": FIELD, "notes.txt": "hello"}
    )
    assert init(folder) == folder / "experiment.toml"
    experiment = load(folder)
    assert experiment.failures == ()
    assert measurements(folder) == {"22.4GPa": "22.4GPa.csv", "a": "P=100 GPa/a.csv", "field": "field.csv"}
    pressures = [m.pressure and m.pressure.value for m in experiment.measurements]
    assert pressures == [22.4, None, 100.0]
    assert {m.cell for m in experiment.measurements} == {"cell 1"}
    assert not experiment.table.simulated


def test_a_kind_is_told_by_what_was_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """V(I) at one temperature has the columns of R(T) too; the current is what runs."""
    resistance = KINDS["resistance"]
    current = replace(resistance, name="current", needs=(frozenset({"current", "voltage"}),))
    anything = replace(resistance, name="anything", needs=(frozenset({"voltage"}),))
    kinds = {kind.name: kind for kind in (resistance, current, anything)}
    monkeypatch.setattr("megabar.experiment.init.KINDS", kinds)
    head = "T (K),I (mA),V (mV)\n"
    folder = put(
        tmp_path,
        **{
            "vi.csv": head + "".join(f"4.2{i % 3},{i},{i**2}\n" for i in range(40)),
            "above.csv": "# T = 4.2 K\nI (mA),V (mV)\n" + "".join(f"{i},{i**2}\n" for i in range(40)),
            "rt.csv": head + "".join(f"{300 - 7 * i},1,{300 - 7 * i}\n" for i in range(40)),
            "still.csv": head + "".join(f"4.2{i % 3},1,{i % 5}\n" for i in range(40)),
        },
    )
    text = init(folder).read_text(encoding="utf-8")
    found = {table["file"]: table["kind"] for table in tomllib.loads(text)["measurement"]}
    assert found == {"vi.csv": "current", "above.csv": "current", "rt.csv": "resistance", "still.csv": "resistance"}


def test_a_wire_is_told_from_a_contact(tmp_path: Path) -> None:
    """Both are V(I): the wire carries without a voltage, and its warm curves are of its family."""

    def table(voltage: Callable[[float], float]) -> str:
        return "I (mA),V (mV)\n" + "".join(f"{i},{voltage(i):.6f}\n" for i in range(-40, 41))

    folder = put(tmp_path, **{"contact.csv": table(lambda i: 4.0 * i - i**3 / 3200.0)})
    for name, voltage in (("cold.csv", lambda i: (i / 30.0) ** 21), ("warm.csv", lambda i: 0.1 * i)):
        (folder / "wire").mkdir(exist_ok=True)
        (folder / "wire" / name).write_text(table(voltage))
    found = tomllib.loads(init(folder).read_text(encoding="utf-8"))["measurement"]
    assert {m["file"]: m["kind"] for m in found} == {
        "contact.csv": "spectrum",
        "wire/cold.csv": "current",
        "wire/warm.csv": "current",
    }


def test_a_guessed_pressure_is_called_guessed(tmp_path: Path) -> None:
    text = init(put(tmp_path, **{"22.4GPa.csv": TABLE})).read_text(encoding="utf-8")
    assert re.search(r"^pressure = 22\.4 # GPa, guessed from the name", text, re.MULTILINE)


def test_what_is_left_out_is_told_with_the_reason(tmp_path: Path) -> None:
    folder = put(tmp_path, **{"good.csv": TABLE, "notes.txt": "hello", "other.csv": OTHER, "empty.csv": ""})
    (folder / "link.csv").symlink_to(folder / "good.csv")
    text = init(folder).read_text(encoding="utf-8")
    left_out = dict(re.findall(r"^#   (\S+): (.+)$", text.partition("# Left out:\n")[2], re.MULTILINE))
    assert set(left_out) == {"notes.txt", "other.csv", "empty.csv", "link.csv"}
    assert left_out["other.csv"] == 'no columns that a kind of measurement needs; found "a" (other), "b" (other)'
    assert left_out["link.csv"].startswith("a link")


def test_names_that_no_file_should_have(tmp_path: Path) -> None:
    folder = put(
        tmp_path, **{'quote".csv': TABLE, "hash # it.csv": TABLE, "\x1b[31m.csv": TABLE, "back\\slash.csv": TABLE}
    )
    init(folder)
    assert set(measurements(folder).values()) == {'quote".csv', "hash # it.csv", "back\\slash.csv"}
    assert "\x1b" not in (folder / "experiment.toml").read_text(encoding="utf-8")


def test_names_are_unique(tmp_path: Path) -> None:
    folder = put(tmp_path, **{"1__a.csv": TABLE, "2__a.csv": TABLE, "b.csv": TABLE, "b.txt": TABLE, "c.csv": TABLE})
    init(folder)
    assert measurements(folder) == {file if file != "c.csv" else "c": file for file in measurements(folder).values()}
    assert len(measurements(folder)) == 5


def test_results_and_hidden_files_are_no_raw_data(tmp_path: Path) -> None:
    folder = put(
        tmp_path,
        **{
            "a.csv": TABLE, "results__tables__b.csv": TABLE, ".hidden.csv": TABLE, ".git__c.csv": TABLE,
            "old__results.json": "{}", "old__tables__d.csv": TABLE,
        },
    )  # fmt: skip
    init(folder)
    assert measurements(folder) == {"a": "a.csv"}


def test_every_example_in_the_comments_is_right(tmp_path: Path) -> None:
    """Taking the # away from the examples of a table, one at a time, gives a file that loads."""
    lines = init(put(tmp_path, **{"run.csv": TABLE})).read_text(encoding="utf-8").splitlines()
    examples = [i for i, line in enumerate(lines) if re.match(r"# \w+ = ", line)]
    keys = {re.match(r"# (\w+)", lines[i])[1] for i in examples}  # type: ignore[index]
    assert keys == {
        "thickness", "width", "length", "notes", "gauge", "scale", "gauge_error",
        "pressure", "read", "settings", "run", "skip",
    }  # fmt: skip
    for i in examples:
        changed = [*lines[:i], lines[i].removeprefix("# "), *lines[i + 1 :]]
        # Skipping the only measurement would leave nothing to load.
        changed += (
            [] if "skip" not in lines[i] else ["", "[[measurement]]", 'name = "b"', 'kind = "resistance"', 'file = "b"']
        )
        (tmp_path / "experiment.toml").write_text("\n".join(changed), encoding="utf-8")
        assert load(tmp_path).failures == (), lines[i]


def test_the_automatic_values_in_the_comments_are_right(tmp_path: Path) -> None:
    path = init(put(tmp_path, **{"run.csv": TABLE}))
    text = path.read_text(encoding="utf-8")
    values = re.findall(r"^#   (\w+ = .+)$", text.partition("# Settings of a measurement")[2], re.MULTILINE)
    assert len(values) > 10
    automatic = load(tmp_path).measurements[0].settings
    path.write_text("\n".join([text, "[measurement.settings]", *values]), encoding="utf-8")
    assert load(tmp_path).measurements[0].settings == automatic


def test_an_experiment_file_is_never_lost(tmp_path: Path) -> None:
    folder = put(tmp_path, **{"a.csv": TABLE, "experiment.toml": "# mine\n"})
    with pytest.raises(ExperimentError, match=r"experiment\.toml: exists already; .* --force"):
        init(folder)
    assert (folder / "experiment.toml").read_text() == "# mine\n"
    init(folder, force=True)
    assert tomllib.loads((folder / "experiment.toml").read_text())["measurement"][0]["file"] == "a.csv"


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    folder = put(tmp_path / "experiment", **{"a.csv": TABLE})
    (folder / "experiment.toml").symlink_to(tmp_path / "precious")
    with pytest.raises(ExperimentError, match="exists already"):
        init(folder)
    init(folder, force=True)
    assert not (tmp_path / "precious").exists()
    assert not (folder / "experiment.toml").is_symlink()


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found no file; looked for .* resistance: .*resistance \+ temperature"):
        init(tmp_path)
    with pytest.raises(DataError, match=r"found 2 files, none that can be analysed; looked for "):
        init(put(tmp_path, **{"a.txt": "hello", "b.csv": OTHER}))
    assert not (tmp_path / "experiment.toml").exists()


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="missing: no such folder"):
        init(tmp_path / "missing")


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    init(
        put(tmp_path, **{"a.csv": TABLE, "b.csv": TABLE}),
        progress=lambda fraction, doing: told.append((fraction, doing)),
    )
    assert told == [(0.0, "a.csv"), (0.5, "b.csv")]
