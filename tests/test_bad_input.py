"""Bad input, end to end: each kind beside a good measurement, which is done whatever happens to the other.

A file that cannot be used is named in one line with the remedy (exit status 1); one that can is done, and what was
wrong with it stands in its notes; data without a transition are a finding (exit status 0).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import megabar
from megabar.data import Result
from megabar.experiment.pipeline import ExperimentResult
from megabar.physics.transition import full_resistance

LAW = {
    "onset_temperature": 42.0,
    "sharpness": 60.0,
    "residual": 0.0152,
    "amplitude": 0.46,
    "debye_temperature": 318.0,
}
HALF_TC = 38.8
"""K, where half of the resistance at the onset is left."""

T = np.concatenate([np.arange(4.0, 60.0, 0.2), np.arange(60.0, 200.0, 1.0)])
R = np.asarray(full_resistance(T, **LAW)) + 2e-5 * np.random.default_rng(0).standard_normal(T.size)
REMEDIES = (
    "copy it again",
    "correct",
    "say ",
    "name ",
    "export",
    "split the file",
    "remove",
    "reverse",
    "measure",
    "allowed:",
)


def table(temperature: np.ndarray, resistance: np.ndarray, head: str = "T (K),R (Ohm)") -> str:
    rows = "".join(f"{t:.4f},{r:.8f}\n" for t, r in zip(temperature, resistance, strict=True))
    return f"{head}\n{rows}"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


Try = Callable[..., ExperimentResult]


@pytest.fixture(name="attempt")
def _attempt(tmp_path: Path) -> Try:
    """attempt(content, file="bad.csv", extra=""): a good measurement and one of `content`, analysed together."""

    def attempt(content: str | bytes | None, *, file: str = "bad.csv", extra: str = "") -> ExperimentResult:
        (tmp_path / "good.csv").write_text(table(T, R + 1e-9))
        if content is not None:
            (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        measurements = "".join(
            f'\n[[measurement]]\nname = {quoted(name)}\nkind = "resistance"\nfile = {quoted(path)}\n{more}\n'
            for name, path, more in (("bad", file, extra), ("good", "good.csv", "settings = {normal_state = false}"))
        )
        (tmp_path / "experiment.toml").write_text(measurements, encoding="utf-8")
        return megabar.analyse(tmp_path)

    return attempt


def half(result: Result) -> float | None:
    return next((e.value for e in result.find("critical_temperature", criterion="R/R(onset) = 0.50")), None)


def result_of(outcome: ExperimentResult, name: str) -> Result:
    (result,) = (r for r in outcome.results if r.measurement == name)
    return result


def notes(outcome: ExperimentResult, level: str = "warning") -> str:
    return "\n".join(note.text for note in result_of(outcome, "bad").notes if note.level == level)


def written(outcome: ExperimentResult) -> dict[str, Any]:
    content = json.loads((outcome.output / "results.json").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def refused(outcome: ExperimentResult, *words: str) -> str:
    """The message of the bad measurement, after the checks that hold for every refusal."""
    assert outcome.exit_status == 1
    assert [result.measurement for result in outcome.results] == ["good"]
    assert half(outcome.results[0]) == pytest.approx(HALF_TC, abs=0.2)
    (failure,) = outcome.failures
    assert failure.measurement == "bad"
    assert "\n" not in failure.message
    assert len(failure.message) < 500
    assert any(remedy in failure.message for remedy in REMEDIES), failure.message
    for word in words:
        assert word in failure.message
    assert written(outcome)["failures"] == [{"measurement": "bad", "message": failure.message}]
    return failure.message


def done(outcome: ExperimentResult, *, tc: float | None = HALF_TC, within: float = 0.3) -> Result:
    """The result of the bad measurement, done beside the good one; `tc` in K at half resistance, None for none."""
    assert outcome.exit_status == 0
    assert outcome.failures == ()
    assert [result.measurement for result in outcome.results] == ["bad", "good"]
    assert half(outcome.results[1]) == pytest.approx(HALF_TC, abs=0.2)
    bad = outcome.results[0]
    assert half(bad) == (None if tc is None else pytest.approx(tc, abs=within))
    return bad


def finding(outcome: ExperimentResult, *words: str) -> None:
    """No transition: Tc is null in results.json with the reason, and nothing failed."""
    bad = done(outcome, tc=None)
    estimates = [e for e in written(outcome)["estimates"] if e["measurement"] == "bad"]
    tc = [e for e in estimates if e["quantity"] == "critical_temperature"]
    assert tc
    assert all(e["value"] is None and e["error"] is None for e in tc)
    for word in words:
        assert word in bad.find("critical_temperature")[0].remark


# Files that cannot be used


def test_missing_file(attempt: Try) -> None:
    refused(attempt(None), "bad.csv: there is no such file; correct the name or the folder")


def test_empty_file(attempt: Try) -> None:
    refused(attempt(b""), "bad.csv: the file is empty")


def test_blank_lines_only(attempt: Try) -> None:
    message = refused_or_data(attempt(b"\n \n\t\n"))
    assert "bad.csv: only blank lines, no data" in message


def test_header_without_rows(attempt: Try) -> None:
    message = refused_or_data(attempt("T (K),R (Ohm)\n"))
    assert message.startswith("bad.csv: ")
    assert "a header without rows?" in message


def refused_or_data(outcome: ExperimentResult) -> str:
    """As `refused`, for messages whose remedy is the question whether this is the right file at all."""
    (failure,) = outcome.failures
    assert (outcome.exit_status, [r.measurement for r in outcome.results]) == (1, ["good"])
    assert "\n" not in failure.message
    return failure.message


def test_binary_junk_named_dat(attempt: Try) -> None:
    junk = np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    refused(attempt(junk, file="bad.dat"), "bad.dat: binary data of an unknown kind", "export it as text")


def test_unknown_unit(attempt: Try) -> None:
    refused(attempt(table(T, R, "T (K),R (Foo)")), "bad.csv, column 'R (Foo)': unknown unit 'Foo'", "units.resistance")


def test_unit_of_another_quantity(attempt: Try) -> None:
    refused(attempt(table(T, R, "T (K),R (GPa)")), "'GPa' does not measure resistance", "units.resistance")


@pytest.mark.parametrize(("head", "missing"), [("T (K),P (GPa)", "resistance"), ("X,R (Ohm)", "temperature")])
def test_missing_column(attempt: Try, head: str, missing: str) -> None:
    message = refused(attempt(table(T, R, head)), "bad.csv: ", f"has no {missing} column")
    assert f"columns.{missing}" in message
    assert all(heading in message for heading in head.split(","))


def test_column_named_in_the_experiment_file_is_missing(attempt: Try) -> None:
    outcome = attempt(table(T, R), extra='read = {columns = {resistance = "R2"}}')
    message = refused_or_data(outcome)
    assert message == "bad.csv: columns.resistance asks for column 'R2', which is not there; found: T (K), R (Ohm)"


def test_text_in_a_number_column(attempt: Try) -> None:
    lines = table(T, R).splitlines()
    lines[3::3] = [f"{line.split(',')[0]},open" for line in lines[3::3]]
    refused(attempt("\n".join(lines)), "bad.csv, line 4, column 'R (Ohm)': text 'open' where a number is expected")


def test_a_column_of_nothing_but_text(attempt: Try) -> None:
    lines = table(T, R).splitlines()
    lines[1:] = [f"{line.split(',')[0]},open" for line in lines[1:]]
    refused(attempt("\n".join(lines)), "bad.csv: ", "no resistance column", "column 'R (Ohm)' holds text")


def test_a_column_of_nothing_but_nan(attempt: Try) -> None:
    refused(attempt(table(T, R * np.nan)), "bad.csv: ", "no resistance column", "without any value left out: R (Ohm)")


def test_negative_temperatures(attempt: Try) -> None:
    refused(attempt(table(T - 50.0, R)), "bad.csv, line 2: 230 of 420 temperatures in 'T (K)' are below 0 K")


def test_celsius_called_kelvin(attempt: Try) -> None:
    outcome = attempt(table(T - 273.15, R))
    refused(
        outcome, "420 of 420 temperatures in 'T (K)' are below 0 K (first: -269.15 K)", 'units.temperature = "degC"'
    )


def test_constant_resistance(attempt: Try) -> None:
    refused(attempt(table(T, np.full(T.size, 0.1))), "bad.csv: ", "resistance is constant at 0.1", "columns.resistance")


def test_constant_temperature(attempt: Try) -> None:
    refused(attempt(table(np.full(T.size, 4.2), R)), "bad.csv: ", "1 different values of temperature, fewer than 8")


def test_fewer_than_eight_points(attempt: Try) -> None:
    refused(attempt(table(T[:7], R[:7])), "bad.csv: ", "7 points, fewer than 8", "measure more points")


def test_all_resistances_negative(attempt: Try) -> None:
    refused(
        attempt(table(T, -R)), "bad.csv: ", "the resistance is negative", "voltage leads swapped", "reverse the sign"
    )


def test_negative_resistivity_in_other_units(attempt: Try) -> None:
    refused(attempt(table(T, -1e5 * R, "T (K),rho (uOhm cm)")), "the resistance is negative")


def test_two_gigabyte_file(attempt: Try, tmp_path: Path) -> None:
    """Sparse, so that it takes no room; it is refused by its size, before it is opened."""
    with (tmp_path / "bad.dat").open("wb") as file:
        file.write(b"T (K),R (Ohm)\n")
        file.truncate(2 * 1024**3)
    refused(attempt(None, file="bad.dat"), "bad.dat: 2048 MiB, and at most ", " MiB are read; split the file")


@pytest.mark.parametrize("file", ["../bad.csv", "/etc/hostname", "C:\\data\\bad.csv"])
def test_path_outside_the_experiment_folder(attempt: Try, tmp_path: Path, file: str) -> None:
    (tmp_path.parent / "bad.csv").write_text(table(T, R))
    outcome = attempt(None, file=file)
    message = refused(outcome, f"file: found {quoted(file)}", "allowed: a path")
    assert "experiment folder" in message


def test_link_that_leads_outside(attempt: Try, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name} outside.csv"
    outside.write_text(table(T, R))
    (tmp_path / "bad.csv").symlink_to(outside)
    refused(attempt(None), "leads out of the experiment folder; allowed: a path inside it")


def test_folder_in_the_place_of_a_file(attempt: Try, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").mkdir()
    refused(attempt(None), "bad.csv: is a folder; name a file in it")


def test_voltage_with_a_current_that_is_zero(attempt: Try) -> None:
    rows = "".join(f"{t:.3f},{1e-4 * r:.6g},{1e-4 if t < 100 else 0.0}\n" for t, r in zip(T, R, strict=True))
    refused(attempt(f"T (K),V (V),I (A)\n{rows}"), "bad.csv: ", "current is zero", "remove such rows")


def test_resistances_no_number_can_hold(attempt: Try) -> None:
    outcome = attempt(table(T, R * 0.0, "T (K),R (Ohm)").replace("0.00000000", "1e400"))
    refused_or_data(outcome)


# Files with a fault that can be lived with


@pytest.mark.parametrize("lost", [4, 12])
def test_truncated_last_line(attempt: Try, lost: int) -> None:
    """The last line is "199.0000,0.05...": cut within its resistance and at the comma."""
    outcome = attempt(table(T, R)[:-lost])
    done(outcome)
    assert f"the last line ({T.size + 1}) is cut off: dropped" in notes(outcome)


def test_nan_and_infinities(attempt: Try) -> None:
    spoilt = R.copy()
    spoilt[[10, 20, 30]] = np.nan, np.inf, -np.inf
    outcome = attempt(table(T, spoilt))
    done(outcome)
    assert "2 infinite or overload readings" in notes(outcome)
    assert "3 rows dropped without a value in R (Ohm) (first: line 12)" in notes(outcome)


def test_one_text_among_numbers(attempt: Try) -> None:
    lines = table(T, R).splitlines()
    lines[50] = "13.8,overheated"
    outcome = attempt("\n".join(lines) + "\n")
    done(outcome)
    assert "text in column 'R (Ohm)' ('overheated'; line 51): 1 rows dropped" in notes(outcome)


def test_one_negative_temperature(attempt: Try) -> None:
    t = T.copy()
    t[5] = -3.0
    outcome = attempt(table(t, R))
    done(outcome)
    assert "1 of 420 temperatures in 'T (K)' are below 0 K: dropped (first: line 7)" in notes(outcome)


def test_duplicate_temperatures(attempt: Try) -> None:
    twice = np.repeat(R, 2) + 2e-5 * np.random.default_rng(2).standard_normal(2 * R.size)
    outcome = attempt(table(np.repeat(T, 2), twice))
    done(outcome)
    assert "840 readings at 420 temperatures: averaged at each" in notes(outcome, "info")


def test_unordered_temperatures(attempt: Try) -> None:
    order = np.random.default_rng(3).permutation(T.size)
    outcome = attempt(table(T[order], R[order]))
    done(outcome)
    assert "420 rows in no order of temperature: sorted and taken as one sweep" in notes(outcome, "info")


def test_temperatures_that_jump_back(attempt: Try) -> None:
    """A restarted ramp: the stretch from 50 to 60 K was measured twice on cooling."""
    t = np.concatenate([T[::-1][:150], T[(T > 45.0) & (T < 60.0)][::-1], T[T < 45.0][::-1]])
    outcome = attempt(table(t, np.interp(t, T, R)))
    done(outcome)


def test_celsius_with_its_unit(attempt: Try) -> None:
    done(attempt(table(T - 273.15, R, "T (°C),R (Ohm)")))


def test_celsius_by_the_experiment_file(attempt: Try) -> None:
    done(attempt(table(T - 273.15, R), extra='read = {units = {temperature = "degC"}}'))


def test_one_spike_in_the_normal_state(attempt: Try) -> None:
    spoilt = R.copy()
    spoilt[300] = 5.0
    outcome = attempt(table(T, spoilt))
    done(outcome)
    assert "1 single readings far off their neighbours left out (80 K)" in notes(outcome, "info")


def test_one_spike_below_the_transition(attempt: Try) -> None:
    spoilt = R.copy()
    spoilt[40] = -2.0
    bad = done(attempt(table(T, spoilt)))
    (zero,) = bad.find("critical_temperature", criterion="zero")
    assert zero.value is not None
    assert zero.value > 30.0


def test_two_identical_files(attempt: Try, tmp_path: Path) -> None:
    outcome = attempt(table(T, R + 1e-9))
    assert (tmp_path / "bad.csv").read_bytes() == (tmp_path / "good.csv").read_bytes()
    done(outcome)
    a, b = ([e.value for e in result.find("critical_temperature", sweep="warming")][:8] for result in outcome.results)
    assert a == b
    texts = [note["text"] for note in written(outcome)["notes"] if note["measurement"] is None]
    assert texts == ["the same content in bad.csv and good.csv: is one of them a copy under a wrong name?"]


@pytest.mark.parametrize("file", ["données µΩ 温度.csv", "a b (1)'s & co 😀.csv"])
def test_unusual_file_names(attempt: Try, file: str) -> None:
    bad = done(attempt(table(T, R), file=file))
    assert [source.file for source in bad.sources] == [file]


def test_unusual_names_of_measurements(tmp_path: Path) -> None:
    names = ["22,4 GPa – Zelle µ", "22.4 GPa", "<b>&amp;", "con", "../up", "a/b"]
    text = ""
    for number, name in enumerate(names):
        (tmp_path / f"{number}.csv").write_text(table(T, R + 1e-9 * number))
        text += f'[[measurement]]\nname = {quoted(name)}\nkind = "resistance"\nfile = "{number}.csv"\n'
        text += "settings = {normal_state = false}\n"
    (tmp_path / "experiment.toml").write_text(text, encoding="utf-8")
    before = {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents}
    outcome = megabar.analyse(tmp_path)
    assert [result.measurement for result in outcome.results] == names
    assert {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents} == before
    assert "<b>&amp;</td>" not in (outcome.output / "report.html").read_text(encoding="utf-8")


def test_large_offset_hides_the_transition_and_the_report_says_how(attempt: Try) -> None:
    finding(attempt(table(T, R + 1e4)), "takes at least 5 % of the resistance (settings.minimum_drop)")


def test_offset_below_the_transition_is_not_zero_resistance(attempt: Try) -> None:
    outcome = attempt(table(T, R + 0.03))
    done(outcome, tc=None)
    bad = result_of(outcome, "bad")
    (onset,) = bad.find("critical_temperature", criterion="onset")
    assert onset.value == pytest.approx(40.4, abs=0.5)
    (zero,) = bad.find("critical_temperature", criterion="zero")
    assert zero.value is None
    assert "not zero" in zero.remark


@pytest.mark.nightly
def test_a_hundred_thousand_points(attempt: Try) -> None:
    t = np.linspace(4.0, 200.0, 100_000)
    r = np.asarray(full_resistance(t, **LAW)) + 2e-5 * np.random.default_rng(4).standard_normal(t.size)
    bad = done(attempt(table(t, r)), within=0.05)
    (half_tc,) = bad.find("critical_temperature", criterion="R/R(onset) = 0.50")
    assert half_tc.error is not None
    assert half_tc.error < 0.01


# Findings


def test_no_transition_in_range(attempt: Try) -> None:
    warm = T > 60.0
    outcome = attempt(table(T[warm], R[warm]))
    finding(outcome, "no transition between 61 and 199 K")
    theta = [
        e for e in written(outcome)["estimates"] if e["quantity"] == "debye_temperature" and e["measurement"] == "bad"
    ]
    assert [e["value"] for e in theta] == [pytest.approx(318.0, rel=0.05)]


def test_insulator(attempt: Try) -> None:
    outcome = attempt(table(T, np.exp(20.0 / T)))
    finding(outcome, "no transition between 4 and 199 K")
    assert "resistance does not rise with temperature" in notes(outcome)
    assert result_of(outcome, "bad").find("debye_temperature") == ()


def test_superconducting_throughout(attempt: Try) -> None:
    finding(attempt(table(T, 1e-6 * np.random.default_rng(5).standard_normal(T.size))), "no transition")


def test_transition_cut_off_below(attempt: Try) -> None:
    """Measured down to 39.2 K only, above half of the resistance."""
    kept = T > 39.1
    outcome = attempt(table(T[kept], R[kept]))
    done(outcome, tc=None)
    by_criterion = {
        e["labels"]["criterion"]: e
        for e in written(outcome)["estimates"]
        if e["measurement"] == "bad" and e["quantity"] == "critical_temperature"
    }
    assert by_criterion["onset"]["value"] == pytest.approx(40.4, abs=0.5)
    for criterion in ("R/R(onset) = 0.50", "R/R(onset) = 0.10", "R/R(onset) = 0.05", "zero"):
        assert by_criterion[criterion]["value"] is None
        assert "lowest temperature" in by_criterion[criterion]["remark"]
    assert "continues beyond the measured range" in by_criterion["R/R(onset) = 0.50"]["status"]


# The command line


def command(folder: Path) -> subprocess.CompletedProcess[str]:
    """`megabar analyse` in a process of its own, with the tests' own interpreter."""
    code = "from megabar.cli.main import main; main()"
    environment = {**os.environ, "PYTHONWARNINGS": "error", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, "analyse", str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )


def test_command_line_with_a_bad_file(attempt: Try, tmp_path: Path) -> None:
    attempt(b"\x00\x01\x02" * 1000, file="bad.dat")
    ran = command(tmp_path)
    assert ran.returncode == 1
    (line,) = (line for line in ran.stderr.splitlines() if line.strip())
    assert "bad: bad.dat: binary data of an unknown kind" in line
    assert "Traceback" not in ran.stderr + ran.stdout
    assert "1 measurement done, 1 failed" in ran.stdout


def test_command_line_with_a_finding(attempt: Try, tmp_path: Path) -> None:
    warm = T > 60.0
    attempt(table(T[warm], R[warm]))
    ran = command(tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "2 measurements done" in ran.stdout
