"""The experiment file read: every mistake is named in one line, and one bad measurement leaves the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from megabar.errors import ExperimentError
from megabar.experiment.kinds import KINDS
from megabar.experiment.load import Experiment, load

GOOD = """
[[measurement]]
name = "good"
kind = "resistance"
file = "good.csv"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "experiment.toml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, text: str) -> list[str]:
    """The lines of the error, without the path of the file that heads each of them."""
    with pytest.raises(ExperimentError) as caught:
        load(write(folder, text))
    head = f"{folder / 'experiment.toml'}: "
    lines = str(caught.value).splitlines()
    assert all(line.startswith(head) for line in lines)
    return [line.removeprefix(head) for line in lines]


def failures(folder: Path, text: str) -> list[str]:
    """What is wrong with the measurements that `text` adds to a good one, which must stand."""
    experiment = load(write(folder, GOOD + text))
    assert [measurement.name for measurement in experiment.measurements][:1] == ["good"]
    return [f"{failure.measurement}: {failure.message}" for failure in experiment.failures]


def bad(**fields: str) -> str:
    """A measurement named "bad", with fields in TOML."""
    table = {"name": '"bad"', "kind": '"resistance"', "file": '"bad.csv"', **fields}
    return "\n".join(["[[measurement]]", *(f"{key} = {value}" for key, value in table.items() if value)]) + "\n"


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"^\S+/missing: no such folder$"):
        load(tmp_path / "missing")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(
        ExperimentError, match=r"^\S+/experiment\.toml: no such file; write a first one with `megabar init"
    ):
        load(tmp_path)


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").mkdir()
    with pytest.raises(ExperimentError, match=r"experiment\.toml: cannot be read: Is a directory$"):
        load(tmp_path)


def test_not_text(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_bytes(b'title = "\xb5"')
    with pytest.raises(ExperimentError, match=r"experiment\.toml: not UTF-8 text at byte 9; save it as UTF-8$"):
        load(tmp_path)


def test_mistakes_of_toml_have_line_and_column(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, 'title = "a"\nsimulated = yes\n')
    assert line == "line 2, column 13: not valid TOML: Invalid value"
    (line,) = refusal(tmp_path, 'title = "a"\ntitle = "b"\n')
    assert line.startswith("line 2, column 12: not valid TOML: Cannot overwrite a value")
    (line,) = refusal(tmp_path, "cell = [\n")
    assert line.startswith("end of document: not valid TOML: ")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "title = " + "[" * 100_000) == ["tables or lists are nested too deeply"]


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert [measurement.name for measurement in load(tmp_path).measurements] == ["good"]


def test_nothing_to_analyse(tmp_path: Path) -> None:
    expected = ["nothing to analyse; add a [[measurement]], or take `skip = true` away"]
    assert refusal(tmp_path, "") == expected
    assert refusal(tmp_path, GOOD + "skip = true") == expected


def test_all_problems_of_the_frame_at_once(tmp_path: Path) -> None:
    lines = refusal(
        tmp_path, 'titel = "x"\nsimulated = "yes"\n[sample]\nwidth = -1\n[output]\nfolder = "../x"\n[[cell]]\n' + GOOD
    )
    assert lines == [
        'simulated: found "yes"; allowed: true or false',
        "sample.width: found -1; allowed: greater than 0",
        "cell[0].name: missing, but needed",
        "titel: unknown key; allowed: title, simulated, sample, cell, measurement, trend, anisotropy, catalogue, "
        'output; did you mean "title"?',
    ]


def test_settings_of_the_trend_are_checked(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "[trend]\nnonsense = 1\n" + GOOD)
    assert line.startswith("trend.nonsense: unknown key; allowed: ")
    assert refusal(tmp_path, "trend = 3\n" + GOOD) == ["trend: found 3; allowed: a table"]


def test_settings_of_the_anisotropy_are_checked(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "[anisotropy]\npressure_sensitivity = {error = 0.1}\n" + GOOD)
    assert line == "anisotropy.pressure_sensitivity.value: missing, but needed"
    (line,) = refusal(tmp_path, '[anisotropy]\nmodel = "whh"\n' + GOOD)
    assert line.startswith('anisotropy.model: found "whh"; allowed: ')


@pytest.mark.parametrize("key", ["cell", "measurement"])
def test_single_brackets(tmp_path: Path, key: str) -> None:
    (line,) = refusal(tmp_path, f'[{key}]\nname = "a"\n')
    assert line == f"{key}: found one table; allowed: tables headed by [[{key}]] in double brackets"


def test_cells_have_names_of_their_own(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, '[[cell]]\nname = "A"\n[[cell]]\nname = "A"\n' + GOOD)
    assert line == 'cell: found the name "A" 2 times; allowed: once'


@pytest.mark.parametrize("folder", ["../results", "/tmp/results", "link"])
def test_results_stay_in_the_folder(tmp_path: Path, folder: str) -> None:
    (tmp_path / "link").symlink_to("/tmp")
    (line,) = refusal(tmp_path, f'[output]\nfolder = "{folder}"\n' + GOOD)
    assert line.startswith(f'output.folder: found "{folder}"')


def test_unknown_keys_of_a_measurement(tmp_path: Path) -> None:
    assert failures(tmp_path, bad(presure="3")) == [
        "bad: presure: unknown key; allowed: name, kind, file, cell, pressure, run, notes, control, isotope, "
        'temperature, skip, read, settings; did you mean "pressure"?'
    ]


def test_unknown_kind(tmp_path: Path) -> None:
    assert failures(tmp_path, bad(kind='"resistence"')) == [
        f'bad: kind: found "resistence"; allowed: {", ".join(KINDS)}; did you mean "resistance"?'
    ]


def test_unknown_setting(tmp_path: Path) -> None:
    (line,) = failures(tmp_path, bad(settings="{nonsense = 1}"))
    assert line.startswith("bad: settings.nonsense: unknown key; allowed: ")


def test_unknown_reading_hint(tmp_path: Path) -> None:
    (first, second) = failures(tmp_path, bad(read='{column = {temperature = "T"}, columns = {temprature = "T"}}'))
    assert first.startswith("bad: read.columns.temprature: unknown key; allowed: 'temperature', ")
    assert first.endswith('did you mean "temperature"?')
    assert second.startswith("bad: read.column: unknown key; allowed: columns, units, ")
    assert second.endswith('did you mean "columns"?')


def test_undefined_cell(tmp_path: Path) -> None:
    assert failures(tmp_path, bad(cell='"A"')) == ['bad: cell: found "A"; allowed: none, since there is no [[cell]]']
    assert failures(tmp_path, bad(cell='"cell 2"') + '[[cell]]\nname = "cell 1"\n') == [
        'bad: cell: found "cell 2"; allowed: cell 1; did you mean "cell 1"?'
    ]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("/etc/passwd", "allowed: a path relative to the experiment folder"),
        ("C:/data/a.csv", "allowed: a path relative to the experiment folder"),
        ("../a.csv", "which leads out of the experiment folder; allowed: a path inside it"),
        ("raw/../../a.csv", "which leads out of the experiment folder; allowed: a path inside it"),
        ("link/a.csv", "which leads out of the experiment folder; allowed: a path inside it"),
        ("linked.csv", "which leads out of the experiment folder; allowed: a path inside it"),
    ],
)
def test_files_outside_of_the_folder(tmp_path: Path, file: str, reason: str) -> None:
    folder = tmp_path / "experiment"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("T,R\n1,2\n")
    (folder / "link").symlink_to(tmp_path)
    (folder / "linked.csv").symlink_to(tmp_path / "a.csv")
    (line,) = failures(folder, bad(file=f'"{file}"'))
    assert line.startswith(f'bad: file: found "{file}"')
    assert line.endswith(reason)


def test_several_files_are_one_measurement(tmp_path: Path) -> None:
    text = '[[measurement]]\nname = "a"\nkind = "resistance"\nfile = ["raw/b.csv", "a.csv"]\n'
    (measurement,) = load(write(tmp_path, text)).measurements
    assert measurement.files == ("raw/b.csv", "a.csv")
    assert measurement.paths == (tmp_path.resolve() / "raw" / "b.csv", tmp_path.resolve() / "a.csv")
    assert (measurement.file, measurement.path) == (measurement.files[0], measurement.paths[0])


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        (
            '["a.csv", "../b.csv"]',
            ['file[1]: found "../b.csv", which leads out of the experiment folder; allowed: a path inside it'],
        ),
        (
            '["/etc/passwd", "C:/x"]',
            [
                'file[0]: found "/etc/passwd"; allowed: a path relative to the experiment folder',
                'file[1]: found "C:/x"; allowed: a path relative to the experiment folder',
            ],
        ),
        (
            '["a.csv", "raw/../a.csv"]',
            ['file[1]: found "raw/../a.csv", which the list names before; allowed: each file once'],
        ),
        ('["a.csv", 3]', ['file[1]: found 3; allowed: text in "quotes"']),
        ('["a.csv", ""]', ['file[1]: found ""; allowed: text that is not empty']),
        ("[]", ['file: found []; allowed: text in "quotes" or a list with at least 1']),
        ("3", ['file: found 3; allowed: text in "quotes" or a list in [brackets]']),
        ("{}", ['file: found {}; allowed: text in "quotes" or a list in [brackets]']),
    ],
)
def test_wrong_lists_of_files(tmp_path: Path, file: str, lines: list[str]) -> None:
    assert failures(tmp_path, bad(file=file)) == [f"bad: {line}" for line in lines]


@pytest.mark.parametrize("file", ['"raw/*.csv"', '["a.csv", "run?.csv"]', '"run[1-3].csv"'])
def test_patterns_are_refused(tmp_path: Path, file: str) -> None:
    (line,) = failures(tmp_path, bad(file=file))
    assert 'a pattern; allowed: the files themselves, several as a list: ["a.txt", "b.txt"]' in line


def test_a_file_whose_name_looks_like_a_pattern_is_taken(tmp_path: Path) -> None:
    (tmp_path / "run[1].csv").write_text("1")
    assert failures(tmp_path, bad(file='"run[1].csv"')) == []


def test_constants_in_the_reading_hints(tmp_path: Path) -> None:
    text = GOOD + "read = {constants = {temperature = 2.0, field = [0, 1.5]}}\n"
    (measurement,) = load(write(tmp_path, text)).measurements
    assert dict(measurement.read.constants) == {"temperature": (2.0,), "field": (0.0, 1.5)}
    assert failures(tmp_path, bad(read='{constants = {temperature = "2 K"}}')) == [
        'bad: read.constants.temperature: found "2 K"; allowed: a number, or a list with one for each curve'
    ]
    assert failures(tmp_path, bad(read="{constants = {temperature = -2}}")) == [
        "bad: read.constants: temperature: found -2; allowed: K, from 0 on"
    ]


def test_a_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (line,) = failures(tmp_path, bad(file='"a/data.csv"'))
    assert line.startswith('bad: file: found "a/data.csv", which cannot be followed')


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("1")
    (tmp_path / "good.csv").symlink_to("real.csv")
    assert load(write(tmp_path, GOOD)).measurements[0].path == (tmp_path / "real.csv").resolve()


def test_a_name_is_used_once(tmp_path: Path) -> None:
    assert failures(tmp_path, bad(name='"good"')) == [
        'good (number 2): name: found "good", taken by measurement number 1; allowed: a new name'
    ]


def test_a_measurement_without_a_name_is_counted(tmp_path: Path) -> None:
    assert failures(tmp_path, bad(name="")) == ["number 2: name: missing, but needed"]
    assert failures(tmp_path, bad(name='"\\u001b[31m"'))[0].startswith("number 2: name: found ")


def test_all_problems_of_a_measurement_at_once(tmp_path: Path) -> None:
    lines = failures(
        tmp_path, bad(pressure='"high"', cell='"A"', file='"../x"', settings="{x = 1}", read="{y = 1}", skip="0")
    )
    assert [line.split(":")[1].strip() for line in lines] == [
        "pressure", "skip", "read.y", "settings.x", "cell", "file",
    ]  # fmt: skip


def test_something_else_than_tables(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "measurement = [3]")
    assert line == 'measurement "number 1": found 3; allowed: a table'


def test_when_no_measurement_is_left_the_file_is_at_fault(tmp_path: Path) -> None:
    assert refusal(tmp_path, bad(kind='"x"') + bad(name='"worse"', kind="")) == [
        f'measurement "bad": kind: found "x"; allowed: {", ".join(KINDS)}',
        'measurement "worse": kind: missing, but needed',
    ]


def test_a_measurement_to_skip_is_not_looked_at(tmp_path: Path) -> None:
    experiment = load(write(tmp_path, GOOD + bad(kind='"x"', skip="true")))
    assert experiment.skipped == ("bad",)
    assert experiment.failures == ()


CELLS = """
[[cell]]
name = "A"
gauge = "ruby"
scale = "ruby_2020"
gauge_error = 1.5
"""


def pressure_of(folder: Path, written: str) -> tuple[object, ...]:
    experiment: Experiment = load(write(folder, GOOD + f'cell = "A"\npressure = {written}\n' + CELLS))
    (measurement,) = experiment.measurements
    pressure = measurement.pressure
    assert pressure is not None
    return (pressure.value, pressure.error, pressure.gauge, pressure.scale, pressure.gauge_error)


def test_pressure_on_the_gauge_of_its_cell(tmp_path: Path) -> None:
    assert pressure_of(tmp_path, "22.4") == (22.4, None, "ruby", "ruby_2020", 1.5)
    assert pressure_of(tmp_path, "{value = 22, error = 0.5}") == (22.0, 0.5, "ruby", "ruby_2020", 1.5)


def test_a_gauge_error_belongs_to_a_gauge_on_a_scale(tmp_path: Path) -> None:
    assert pressure_of(tmp_path, '{value = 22, gauge = "diamond edge"}') == (22.0, None, "diamond edge", "", None)
    assert pressure_of(tmp_path, '{value = 22, scale = "mao_1986"}') == (22.0, None, "ruby", "mao_1986", None)
    assert pressure_of(tmp_path, '{value = 22, scale = "mao_1986", gauge_error = 3}')[-1] == 3.0
    assert pressure_of(tmp_path, '{value = 22, gauge = "ruby"}') == (22.0, None, "ruby", "ruby_2020", 1.5)


def test_pressure_without_a_cell(tmp_path: Path) -> None:
    (measurement,) = load(write(tmp_path, GOOD + "pressure = {value = 1, before_cooling = 0.8}\n")).measurements
    assert measurement.pressure is not None
    assert (measurement.pressure.gauge, measurement.pressure.gauge_error) == ("", None)
    assert (measurement.pressure.before_cooling, measurement.pressure.after_cooling) == (0.8, None)


def test_the_text_is_kept(tmp_path: Path) -> None:
    text = f'# µ\ntitle = "x"\n{GOOD}'
    assert load(write(tmp_path, text)).text == text


def test_isotope_control_and_temperature_are_taken_over(tmp_path: Path) -> None:
    text = GOOD + 'isotope = "D"\ncontrol = "bare Ce"\ntemperature = 80\n' + bad(
        isotope='{element = "O", mass = 17.999}'
    )  # fmt: skip
    first, second = load(write(tmp_path, text)).measurements
    assert first.isotope is not None
    assert (first.isotope.element, first.isotope.mass) == ("H", pytest.approx(2.0141))
    assert (first.control, first.temperature) == ("bare Ce", 80.0)
    assert second.isotope is not None
    assert (second.isotope.element, second.isotope.mass) == ("O", 17.999)
    assert (second.control, second.temperature) == ("", None)


def test_deuterium_by_its_letter_is_an_isotope_of_hydrogen(tmp_path: Path) -> None:
    (measurement,) = load(write(tmp_path, GOOD + 'isotope = {element = "D", mass = 2.0141}\n')).measurements
    assert measurement.isotope is not None
    assert measurement.isotope.element == "H"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"isotope": '"Q"'}, 'isotope: found "Q"; allowed: "H", "D", "T", or a table'),
        ({"isotope": "2.0"}, 'isotope: found 2.0; allowed: "H", "D", "T", or a table'),
        ({"isotope": '{element = "O"}'}, "isotope.mass: missing, but needed"),
        ({"isotope": '{element = "O", mass = 0}'}, "isotope.mass: found 0"),
        ({"control": "true"}, "control: found true; allowed: text"),
        ({"temperature": "-4.0"}, "temperature: found -4.0"),
    ],
)
def test_wrong_marks_of_a_measurement_are_named(tmp_path: Path, fields: dict[str, str], words: str) -> None:
    (line,) = failures(tmp_path, bad(**fields))
    assert line.startswith(f"bad: {words}")
