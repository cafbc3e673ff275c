"""What the terminal says at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from megabar.cli.summary import show_experiment, show_result
from megabar.data import Estimate, Note, Result, Status
from megabar.experiment.pipeline import ExperimentResult, fit
from megabar.io import read
from megabar.report.model import Failure
from megabar.simulate import simulate

NOT_FOUND = Status.NOT_FOUND


def tc(value: float | None, *, criterion: str = "onset", **labels: str) -> Estimate:
    """A critical temperature with an error of 0.11 K, or one that was not found."""
    error, status = (None, NOT_FOUND) if value is None else (0.11, Status.OK)
    every = {"criterion": criterion, **labels}
    return Estimate("critical_temperature", "run 1", value, "K", criterion, error=error, status=status, labels=every)


def fitted(model: str, *, theta: float | None, coupling: float) -> tuple[Estimate, ...]:
    """A Debye temperature and two couplings of one model."""
    status = Status.UNDETERMINED if theta is None else Status.OK
    error = None if theta is None else 14.0
    labels = {"model": model}
    return (
        Estimate("debye_temperature", "run 1", theta, "K", "fit", error=error, status=status, labels=labels),
        Estimate("coupling", "run 1", coupling + 0.3, "1", "fit", error=0.04, labels={**labels, "formula": "McMillan"}),
        Estimate(
            "coupling", "run 1", coupling, "1", "fit", error=0.04, labels={**labels, "formula": "advanced McMillan"}
        ),
    )


def outcome(*results: Result, failures: tuple[Failure, ...] = (), skipped: tuple[str, ...] = ()) -> ExperimentResult:
    return ExperimentResult(
        title="La3Ni2O7", folder=Path("folder"), output=Path("folder/results"), results=results, trends=(),
        failures=failures, skipped=skipped,
    )  # fmt: skip


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_one_line_a_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    estimates = (
        tc(72.31), tc(66.5, criterion="R/R(onset) = 0.50"), tc(53.4, criterion="zero"),
        tc(60.0, criterion="R/R(onset) = 0.05"),
        *fitted("normal state", theta=510.0, coupling=1.7), *fitted("full curve", theta=518.1, coupling=1.71),
        Estimate("r_squared", "run 1", 0.999, "1", "fit"),
    )  # fmt: skip
    show_experiment(outcome(Result("resistance", "run 1", estimates, notes=(Note("a"), Note("b", "warning")))))
    out, err = capsys.readouterr()
    assert err == ""
    assert ["Measurement", "Tc", "onset", "Tc", "50", "%", "Tc", "zero", "ΘD", "λ"] in rows(out)
    assert ["run", "1", "72.31(11)", "66.50(11)", "53.40(11)", "518(14)", "1.71(4)"] in rows(out)
    assert "1 measurement done, 2 notes, 1 warning among them" in out.splitlines()
    assert out.splitlines()[-1] == f"Report: {Path('folder/results/report.html')}"


def test_where_the_full_curve_fails_the_normal_state_stands(capsys: pytest.CaptureFixture[str]) -> None:
    estimates = (*fitted("full curve", theta=None, coupling=1.6), *fitted("normal state", theta=510.0, coupling=1.7))
    show_experiment(outcome(Result("resistance", "run 1", estimates)))
    assert ["run", "1", "510(14)", "1.60(4)"] in rows(capsys.readouterr().out)


def test_the_mean_of_both_directions_stands_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    estimates = (
        tc(72.0, sweep="mean of directions"), tc(71.9, sweep="cooling"), tc(72.1, sweep="warming"),
        Estimate("hysteresis", "run 1", 0.2, "K", "warming minus cooling"),
    )  # fmt: skip
    show_experiment(outcome(Result("resistance", "run 1", estimates)))
    out = capsys.readouterr().out
    assert ["run", "1", "72.00(11)"] in rows(out)
    assert "71.90" not in out
    assert "72.10" not in out


def test_a_direction_without_its_mean_stays(capsys: pytest.CaptureFixture[str]) -> None:
    estimates = (
        tc(72.0, curve="A", sweep="mean of directions"), tc(71.9, curve="A", sweep="cooling"),
        tc(72.1, curve="A", sweep="warming"), tc(70.0, curve="B", sweep="warming"),
    )  # fmt: skip
    show_experiment(outcome(Result("resistance", "run 1", estimates)))
    found = rows(capsys.readouterr().out)
    assert [row for row in found if row and row[-1].endswith("(11)")] == [
        ["A", "72.00(11)"],
        ["B,", "warming", "70.00(11)"],
    ]


def test_what_was_not_found_is_marked_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    show_experiment(outcome(Result("resistance", "run 1", (tc(None),))))
    out = capsys.readouterr().out
    assert ["run", "1", "*"] in rows(out)
    assert f"* {NOT_FOUND} (1 value)" in out.splitlines()


def test_failures_go_to_stderr_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    failures = (Failure("run 2", "a.csv: empty"), Failure("run 3", "x"), Failure("run 3", "y"))
    show_experiment(outcome(Result("resistance", "run 1", (tc(72.0),)), failures=failures, skipped=("run 4",)))
    out, err = capsys.readouterr()
    assert err.splitlines() == ["megabar: run 2: a.csv: empty", "megabar: run 3: x", "megabar: run 3: y"]
    assert "1 measurement done, 2 failed, 1 left out" in out.splitlines()


def test_simulated_data_are_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result("resistance", "run 1", (tc(72.0),), simulated=True)
    show_experiment(outcome(result))
    assert capsys.readouterr().out.splitlines()[0] == "La3Ni2O7 (simulated data)"
    show_result(result, None)
    assert capsys.readouterr().out.splitlines()[0] == "run 1 (simulated data)"


def test_all_of_one_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    notes = (Note("decimal comma"), Note("a long warning " * 20, "warning"))
    result = Result("resistance", "run 1", (tc(72.0, sweep="warming"), tc(None, criterion="zero")), notes=notes)
    show_result(result, Path("out"))
    out = capsys.readouterr().out
    assert ["Critical", "temperature,", "onset", "72.00(11)", "K"] in rows(out)
    assert "Note: decimal comma" in out.splitlines()
    assert any(line.startswith("Warning: a long warning") for line in out.splitlines())
    assert out.splitlines()[-1] == f"Report: {Path('out/report.html')}"


@pytest.mark.parametrize("name", ["run 1", "[red]a very long name of a measurement[/red] " + "x" * 60])
def test_it_fits_80_columns_and_takes_no_name_for_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    estimates = (
        *(tc(72.31, criterion=c) for c in ("onset", "R/R(onset) = 0.50", "zero")),
        *fitted("full curve", theta=518.1, coupling=1.7123),
    )
    result = Result("resistance", name, estimates, notes=(Note("words " * 40),))
    show_experiment(outcome(result))
    show_result(result, None)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, (line for line in lines if line != name))) <= 80
    assert name[:5] in "".join(lines)


def test_the_columns_are_those_of_a_real_analysis(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The names of ways are the analysis' own: were one renamed there, its column would be missing here."""
    folder = simulate("la3ni2o7", tmp_path / "made")
    recording = read(folder / "raw" / "run3_22.4GPa.dat")
    show_experiment(outcome(fit("resistance", recording)))
    lines = rows(capsys.readouterr().out)
    assert ["Measurement", "Tc", "onset", "Tc", "50", "%", "Tc", "zero", "ΘD", "λ"] in lines
    assert ["(K)", "(K)", "(K)", "(K)"] in lines
    assert lines[4][0] == "run3_22.4GPa"
