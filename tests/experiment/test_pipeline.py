"""A folder from its files to its report: what is done, what fails, and what is written."""

from __future__ import annotations

import hashlib
import json
import shutil
from html import unescape
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

import megabar
from megabar.data import Result
from megabar.errors import DataError, ExperimentError
from megabar.experiment.kinds import KINDS
from megabar.experiment.pipeline import ExperimentResult, analyse, fit

TC = {"low": 40.0, "middle": 50.0, "high": 60.0}


def write_curve(path: Path, *, transition: float, seed: int = 1) -> None:
    """A smooth transition 2 K wide on a metal, 0.1 % noise; `transition` is where half of the resistance is left."""
    temperature = np.linspace(4.0, 120.0, 146)
    resistance = (0.05 + 0.001 * temperature) / (1.0 + np.exp(-2.0 * (temperature - transition)))
    resistance += 1e-4 * np.random.default_rng(seed).standard_normal(temperature.size)
    rows = "".join(f"{t:.4f},{r:.8f}\n" for t, r in zip(temperature, resistance, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"T (K),R (Ohm)\n{rows}")


def experiment_text(names: dict[str, float], *, head: str = "") -> str:
    """One measurement a name, at the pressure given in GPa."""
    return head + "".join(
        f'\n[[measurement]]\nname = "{name}"\nkind = "resistance"\nfile = "raw/{name}.csv"\npressure = {pressure}\n'
        "settings = {full_curve = false}\n"  # which these tests can do without
        for name, pressure in names.items()
    )


def make_folder(folder: Path) -> Path:
    """Three measurements at three pressures."""
    for seed, (name, transition) in enumerate(TC.items()):
        write_curve(folder / "raw" / f"{name}.csv", transition=transition, seed=seed)
    (folder / "experiment.toml").write_text(experiment_text({"low": 10.0, "middle": 20.0, "high": 30.0}))
    return folder


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "experiment")


@pytest.fixture(name="done", scope="module")
def _done(tmp_path_factory: pytest.TempPathFactory) -> ExperimentResult:
    """The folder analysed once, for tests that only look."""
    return analyse(make_folder(tmp_path_factory.mktemp("done") / "experiment"))


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def half(result: Result) -> float:
    """The temperature at half of the resistance."""
    value = result.find("critical_temperature", criterion="R/R(onset) = 0.50")[0].value
    assert value is not None
    return value


def test_all_done(folder: Path) -> None:
    before = tree(folder)
    outcome = analyse(folder)
    assert (outcome.exit_status, outcome.failures) == (0, ())
    assert [result.measurement for result in outcome.results] == ["low", "middle", "high"]
    for result in outcome.results:
        assert half(result) == pytest.approx(TC[result.measurement], abs=0.5)
    after = tree(folder)
    assert {path: after[path] for path in before} == before
    assert {path.split("/")[0] for path in after.keys() - before.keys()} == {"results"}
    assert {"results.json", "run.json", "report.html", "tables", "figures"} <= {
        path.name for path in outcome.output.iterdir()
    }


def test_every_estimate_names_its_file_with_its_hash(done: ExperimentResult) -> None:
    content = json.loads((done.output / "results.json").read_text())
    files = {f"raw/{name}.csv": (done.folder / "raw" / f"{name}.csv").read_bytes() for name in TC}
    hashes = {file: hashlib.sha256(data).hexdigest() for file, data in files.items()}
    estimates = [estimate for estimate in content["estimates"] if estimate["measurement"] in TC]
    assert {estimate["measurement"] for estimate in estimates} == set(TC)
    for estimate in estimates:
        file = f"raw/{estimate['measurement']}.csv"
        assert estimate["sources"] == [{"file": file, "sha256": hashes[file]}]


def test_several_files_are_one_measurement(tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b", "c")):
        write_curve(tmp_path / f"{name}.csv", transition=40.0 + 5 * seed, seed=seed)
    (tmp_path / "b.csv").write_text("T (K),R (Ohm)\n")
    (tmp_path / "experiment.toml").write_text(
        '[[measurement]]\nname = "three"\nkind = "resistance"\nfile = ["a.csv", "b.csv", "c.csv"]\n'
        "settings = {full_curve = false}\n"
    )
    outcome = analyse(tmp_path)
    assert (outcome.exit_status, outcome.failures) == (0, ())
    (result,) = outcome.results
    found = {e.labels["curve"]: e.value for e in result.find("critical_temperature", criterion="R/R(onset) = 0.50")}
    assert found == {"a": pytest.approx(40.0, abs=0.5), "c": pytest.approx(50.0, abs=0.5)}
    assert any(n.level == "warning" and n.text.startswith("left out: b.csv: no ") for n in result.notes)
    sources = [
        {"file": name, "sha256": hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}
        for name in ("a.csv", "c.csv")
    ]
    content = json.loads((outcome.output / "results.json").read_text())
    assert all(estimate["sources"] == sources for estimate in content["estimates"])
    page = unescape((outcome.output / "report.html").read_text())
    assert all(source[key] in page for source in sources for key in ("file", "sha256"))


def test_when_none_of_its_files_can_be_read_the_measurement_fails(folder: Path) -> None:
    text = (folder / "experiment.toml").read_text()
    (folder / "experiment.toml").write_text(text.replace('"raw/low.csv"', '["raw/x.csv", "raw/y.csv"]'))
    outcome = analyse(folder)
    (failure,) = outcome.failures
    assert failure.measurement == "low"
    assert failure.message.startswith("none of 2 files can be read: raw/x.csv: there is no such file")
    assert len(outcome.results) == 2


def test_results_do_not_go_where_any_of_the_files_lies(folder: Path) -> None:
    write_curve(folder / "results" / "more.csv", transition=30.0)
    text = (folder / "experiment.toml").read_text()
    (folder / "experiment.toml").write_text(text.replace('"raw/low.csv"', '["raw/low.csv", "results/more.csv"]'))
    with pytest.raises(ExperimentError, match=r"results: holds the input file more\.csv"):
        analyse(folder)


def test_the_same_folder_gives_the_same_bytes_anywhere(done: ExperimentResult, tmp_path: Path) -> None:
    copy = shutil.copytree(done.folder, tmp_path / "else" / "experiment", ignore=shutil.ignore_patterns("results"))
    first, second = tree(done.output), tree(analyse(copy, output=tmp_path / "out").output)
    assert {path for path in first.keys() | second.keys() if first[path] != second[path]} <= {"run.json"}


def test_processes_change_no_byte_and_no_result(done: ExperimentResult, tmp_path: Path) -> None:
    shared = analyse(done.folder, output=tmp_path / "out", workers=2)
    first, second = tree(done.output), tree(shared.output)
    assert {path for path in first.keys() | second.keys() if first[path] != second[path]} <= {"run.json"}
    for alone, arrived in zip(done.results, shared.results, strict=True):
        assert [repr(e) for e in alone.estimates] == [repr(e) for e in arrived.estimates]
        fits = [result.details.temperature_sweeps[0].normal for result in (alone, arrived)]
        assert fits[0].chosen.values == fits[1].chosen.values
        assert not arrived.panels[0].traces[0].x.flags.writeable


@pytest.mark.parametrize("workers", [1, 2])
def test_one_bad_measurement_leaves_the_others(folder: Path, workers: int) -> None:
    (folder / "raw" / "middle.csv").write_text("T (K),R (Ohm)\n")
    outcome = analyse(folder, workers=workers)
    assert outcome.exit_status == 1
    assert [result.measurement for result in outcome.results] == ["low", "high"]
    (failure,) = outcome.failures
    assert failure.measurement == "middle"
    assert failure.message.startswith("raw/middle.csv: ")
    assert "\n" not in failure.message
    written = json.loads((outcome.output / "results.json").read_text())
    assert written["failures"] == [{"measurement": "middle", "message": failure.message}]
    assert failure.message in unescape((outcome.output / "report.html").read_text())


def test_a_missing_file_is_a_failure_of_its_measurement(folder: Path) -> None:
    (folder / "raw" / "low.csv").unlink()
    outcome = analyse(folder)
    assert [failure.measurement for failure in outcome.failures] == ["low"]
    assert "there is no such file" in outcome.failures[0].message
    assert len(outcome.results) == 2


def test_a_bad_table_is_a_failure_of_its_measurement(folder: Path) -> None:
    text = experiment_text({"low": 10.0, "middle": 20.0, "high": 30.0})
    (folder / "experiment.toml").write_text(text.replace("raw/middle.csv", "../middle.csv"))
    outcome = analyse(folder)
    assert outcome.exit_status == 1
    assert [failure.measurement for failure in outcome.failures] == ["middle"]
    assert outcome.failures[0].message.startswith('file: found "../middle.csv", which leads out')
    assert len(outcome.results) == 2


def test_no_transition_in_range_is_a_finding(folder: Path) -> None:
    write_curve(folder / "raw" / "middle.csv", transition=-500.0)
    outcome = analyse(folder)
    assert outcome.exit_status == 0
    (result,) = (result for result in outcome.results if result.measurement == "middle")
    assert result.find("critical_temperature")
    assert all(estimate.value is None for estimate in result.find("critical_temperature"))


def test_a_bug_is_not_swallowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(f"{KINDS['resistance'].home}.analyse", broken)
    with pytest.raises(ZeroDivisionError):
        analyse(folder)
    assert not (folder / "results").exists()


def test_an_old_measurement_does_not_stay_in_the_results(folder: Path) -> None:
    output = analyse(folder).output
    (output / "mine.txt").write_text("mine")
    assert any("middle" in path for path in tree(output))
    (folder / "experiment.toml").write_text(experiment_text({"low": 10.0, "high": 30.0}))
    analyse(folder)
    assert not any("middle" in path for path in tree(output))
    assert (output / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("output", [".", "raw", ".."])
def test_results_are_never_put_among_raw_data(folder: Path, output: str) -> None:
    before = tree(folder.parent)
    with pytest.raises(ExperimentError, match="holds the input file"):
        analyse(folder, output=folder / output)
    assert tree(folder.parent) == before


def test_the_experiment_file_may_name_the_output(folder: Path) -> None:
    text = experiment_text({"low": 10.0}, head='[output]\nfolder = "report/new"\n')
    (folder / "experiment.toml").write_text(text)
    assert analyse(folder).output == (folder / "report" / "new").resolve()


def test_three_pressures_make_a_trend(done: ExperimentResult) -> None:
    assert done.trends
    assert {source.file for trend in done.trends for source in trend.sources} <= {f"raw/{name}.csv" for name in TC}


def test_two_pressures_make_none(folder: Path) -> None:
    (folder / "experiment.toml").write_text(experiment_text({"low": 10.0, "middle": 20.0}))
    assert [result.kind for result in analyse(folder).trends] == ["catalogue"]


def test_simulated_data_are_marked_everywhere(folder: Path) -> None:
    text = experiment_text({"low": 10.0, "middle": 20.0, "high": 30.0}, head="simulated = true\n")
    (folder / "experiment.toml").write_text(text)
    outcome = analyse(folder)
    assert all(result.simulated for result in (*outcome.results, *outcome.trends))
    assert json.loads((outcome.output / "results.json").read_text())["simulated"] is True


def test_what_the_user_leaves_out_is_said(folder: Path) -> None:
    text = experiment_text({"low": 10.0}) + "skip = true\n" + experiment_text({"middle": 20.0})
    (folder / "experiment.toml").write_text(text)
    outcome = analyse(folder)
    assert (outcome.exit_status, outcome.skipped) == (0, ("low",))
    notes = json.loads((outcome.output / "results.json").read_text())["notes"]
    assert "left out by the experiment file: low" in [note["text"] for note in notes]


def test_progress_grows_and_names_the_measurement(folder: Path) -> None:
    told: list[tuple[float, str]] = []
    analyse(folder, progress=lambda fraction, doing: told.append((fraction, doing)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], min(fractions) >= 0.0, max(fractions) <= 1.0) == (0.0, True, True)
    assert list(dict.fromkeys(name for _, name in told))[:3] == ["low", "middle", "high"]


def test_notebooks_show_tables_and_failures(folder: Path) -> None:
    (folder / "raw" / "low.csv").unlink()
    page = analyse(folder)._repr_html_()
    assert page.count("<table>") >= 2
    assert "there is no such file" in page


def test_one_file_by_itself(folder: Path) -> None:
    recording = megabar.read(folder / "raw" / "low.csv")
    result = fit("resistance", recording, {"full_curve": False})
    assert half(result) == pytest.approx(TC["low"], abs=0.5)
    assert result.measurement == "low"
    assert result.sources == (recording.source,)
    settings = KINDS["resistance"].settings(full_curve=False)
    assert fit("resistance", recording, settings).estimates == result.estimates


def test_wrong_settings_and_kinds_are_refused(folder: Path) -> None:
    recording = megabar.read(folder / "raw" / "low.csv")
    with pytest.raises(ExperimentError, match=r"^kind: found \"tunnelling\"; allowed: resistance"):
        fit("tunnelling", recording)
    with pytest.raises(ExperimentError, match=r"^settings\.nonsense: unknown key; allowed: "):
        fit("resistance", recording, {"nonsense": 1})


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Time (s),T (K)\n" + "".join(f"{i},{i}\n" for i in range(1, 30)))
    with pytest.raises(DataError):
        fit("resistance", megabar.read(tmp_path / "a.csv"))


def test_orientations_of_one_cell_are_compared(tmp_path: Path) -> None:
    """Lines of 1.0 and 1.3 T/K; the settings stand in their own table."""
    text = '[anisotropy]\npressure_sensitivity = 0.0\n[[cell]]\nname = "A"\n'
    for name, slope in (("along", 1.0), ("across", 1.3)):
        rng, t = np.random.default_rng(1), np.linspace(30.0, 60.0, 91)
        rows = [
            (x, h, 0.1 / (1.0 + np.exp(-3.0 * (x - 50.0 + h / slope))) + 1e-5 * rng.standard_normal())
            for h in (0.0, 2.0, 4.0)
            for x in t
        ]
        body = "".join(f"{x:.3f},{h},{r:.7f}\n" for x, h, r in rows)
        (tmp_path / f"{name}.csv").write_text(f"T (K),B (T),R (Ohm)\n{body}")
        text += f'[[measurement]]\nname = "{name}"\nkind = "field"\nfile = "{name}.csv"\ncell = "A"\npressure = 10.0\n'
        text += f'settings = {{orientation = "{name}", models = ["dirty"], criteria = [0.5]}}\n'
    (tmp_path / "experiment.toml").write_text(text)
    outcome = analyse(tmp_path)
    assert (outcome.exit_status, outcome.failures) == (0, ())
    found, published = outcome.trends
    assert published.kind == "catalogue"
    assert (found.kind, found.measurement) == ("anisotropy", "anisotropy of A")
    assert found.find("anisotropy_of_slope")[0].value == pytest.approx(1.3, rel=0.03)
    assert found.settings["pressure_sensitivity"]["value"] == 0.0
    assert "Anisotropy of A" in (outcome.output / "report.html").read_text()


def test_a_scale_that_is_none_of_ours_is_told(folder: Path) -> None:
    text = '[[cell]]\nname = "A"\ngauge = "ruby"\nscale = "ruby2020"\n' + experiment_text({"low": 10.0})
    (folder / "experiment.toml").write_text(text + 'cell = "A"\n')
    outcome = analyse(folder)
    notes = [note["text"] for note in json.loads((outcome.output / "results.json").read_text())["notes"]]
    assert any("pressure scale 'ruby2020'" in note and 'did you mean "ruby_2020"' in note for note in notes)


def test_a_file_in_place_of_a_folder_is_told(folder: Path) -> None:
    (folder / "experiment.toml").write_text(experiment_text({"low": 10.0}))
    with pytest.raises(ExperimentError, match="is a file; name its folder"):
        analyse(folder / "experiment.toml")
