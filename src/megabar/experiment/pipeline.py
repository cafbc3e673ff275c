"""The pipeline of a folder: experiment file -> recordings -> results -> what several of them tell -> report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from megabar.data import Measured, Recording, Result, Source
from megabar.errors import ExperimentError, MegabarError
from megabar.evidence import Claim, Facts, judge
from megabar.experiment.kinds import SEVERAL, find_kind
from megabar.experiment.load import FILE_NAME, Experiment, Measurement, load
from megabar.experiment.marks import notes_of, pair_notes
from megabar.experiment.output import check_output, publish
from megabar.experiment.writing import bar_of, report_of, write_everything
from megabar.io.reader import read_with
from megabar.parallel import Each, here, processes
from megabar.problems import check
from megabar.report import Failure, draw_figures

Progress = Callable[[float, str], None]
"""Called with the fraction that is done and the name of what is being done."""


@dataclass(frozen=True)
class ExperimentResult:
    """The outcome of a folder: results in the order of the experiment file, what was drawn from several, failures.

    `trends` are trends over pressure and comparisons between measurements. `output` is the folder with report.html,
    results.json, tables and figures; `skipped` names the measurements that the experiment file leaves out. `evidence`
    holds every claim of `megabar.evidence.CLAIMS` with its verdict.
    """

    title: str
    folder: Path
    output: Path
    results: tuple[Result, ...]
    trends: tuple[Result, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[str, ...]
    evidence: tuple[Claim, ...] = ()

    @property
    def exit_status(self) -> int:
        """0: everything done; 1: some measurement could not be read or analysed, the others are done."""
        return 1 if self.failures else 0

    def _repr_html_(self) -> str:
        """Claims and all estimates as tables in notebooks, failures first."""
        failed = "".join(f"<li>{escape(f.measurement)}: {escape(f.message)}</li>" for f in self.failures)
        claims = "".join(
            f"<tr><td>{escape(c.statement)}</td><td>{c.verdict}</td><td>{escape(c.words)}</td></tr>"
            for c in self.evidence
        )
        table = f"<table><tr><th>claim</th><th>verdict</th><th>found</th></tr>{claims}</table>" if claims else ""
        tables = "".join(result._repr_html_() for result in (*self.results, *self.trends))
        return f"<h3>{escape(self.title)}</h3>{f'<ul>{failed}</ul>' if failed else ''}{table}{tables}"


def analyse(
    folder: str | Path, *, output: str | Path | None = None, progress: Progress | None = None, workers: int = 1
) -> ExperimentResult:
    """Analyse every measurement of the experiment in `folder` and write the results.

    They go to `output`, by default the folder that the experiment file names (FOLDER/results). What a former run
    wrote there is replaced; nothing is written anywhere else. The same input gives the same results.json, to the last
    byte on one machine, whatever the number of `workers` (processes); another type of processor may change the last
    digits.
    A measurement that cannot be read or analysed becomes a Failure and the others are done. Trends over pressure need
    three measurements with a pressure, comparisons of orientations two of one cell. ExperimentError: the experiment
    file or the output folder is wrong.
    """
    started = datetime.now(UTC)
    experiment = load(folder)
    target = experiment.folder / experiment.table.output.folder if output is None else Path(output)
    raw = (path for measurement in experiment.measurements for path in measurement.paths)
    inputs = (experiment.folder / FILE_NAME, *raw)
    target = check_output(target, inputs)
    with processes(min(workers, len(experiment.measurements))) as each:
        done = _measure(experiment, progress or _silent, each)
        return _finish(experiment, done, target, started=started, each=each)


def _finish(experiment: Experiment, done: _Done, target: Path, *, started: datetime, each: Each) -> ExperimentResult:
    """Trends, comparisons, evidence, report and files; other processes draw the measurements meanwhile."""
    drawn = draw_figures(tuple(done.results.values()), each=each)
    measured = _measured(experiment, done.results)
    trends, trend_failures = _across(experiment, measured)
    drawn_trends = draw_figures(trends, first=len(done.results) + 1, each=each)
    outcome = ExperimentResult(
        title=experiment.table.title or experiment.folder.resolve().name,
        folder=experiment.folder,
        output=target,
        results=tuple(done.results.values()),
        trends=trends,
        failures=(*experiment.failures, *done.failures, *trend_failures),
        skipped=experiment.skipped,
        evidence=_evidence(experiment, measured, trends),
    )
    report = report_of(
        experiment,
        title=outcome.title,
        results=outcome.results,
        trends=outcome.trends,
        failures=outcome.failures,
        inputs=tuple(done.inputs.values()),
        evidence=outcome.evidence,
        marks=pair_notes(done.recordings),
    )
    figures = (*drawn, *drawn_trends)
    publish(target, partial(write_everything, report=report, started=started, figures=figures))
    return outcome


def fit(kind: str, recording: Recording, settings: Any = None) -> Result:
    """Analyse one recording without an experiment file.

    `settings` is an object of the kind's Settings class, or a mapping with its fields; None leaves every choice to
    the analysis. ExperimentError: unknown kind or wrong settings; DataError: the data do not suit.
    """
    chosen = find_kind(kind)
    if not isinstance(recording, Recording):
        raise ExperimentError(
            f"fit: expected a Recording, found {type(recording).__name__}; read it first: megabar.read(path)"
        )
    if settings is None or isinstance(settings, Mapping):
        settings, problems = check(chosen.settings, dict(settings or {}), where=("settings",))
        if problems:
            raise ExperimentError("\n".join(problems))
    name = Path(recording.source.file).stem
    if recording.more_sources:
        name += f" and {len(recording.more_sources)} more"
    return _complete(chosen.analyse(recording, settings, measurement=name), recording)


@dataclass
class _Done:
    """What is done so far, by the name of the measurement; the files that were read, by their path."""

    results: dict[str, Result] = field(default_factory=dict)
    inputs: dict[str, Source] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    recordings: dict[str, Recording] = field(default_factory=dict)


@dataclass(frozen=True)
class _Task:
    """One measurement to do; `progress` is called with shares from 0 to 1, None in another process."""

    measurement: Measurement
    folder: Path
    simulated: bool
    progress: Callable[[float], None] | None


@dataclass(frozen=True)
class _Outcome:
    """The result of a measurement, or the one line that says why there is none; the files that were read."""

    result: Result | None = None
    recording: Recording | None = None
    sources: tuple[Source, ...] = ()
    reason: str = ""


def _measure(experiment: Experiment, progress: Progress, each: Each) -> _Done:
    done = _Done()
    measurements, total = experiment.measurements, len(experiment.measurements)
    tasks = []
    for number, measurement in enumerate(measurements):

        def inside(fraction: float, number: int = number, name: str = measurement.name) -> None:
            progress((number + fraction) / total, name)

        watched = inside if each is here else None
        tasks.append(_Task(measurement, experiment.folder, experiment.table.simulated, watched))
    progress(0.0, measurements[0].name)
    for number, outcome in enumerate(each(_do, tasks, _lost)):
        name = measurements[number].name
        progress((number + 1) / total, name)
        done.inputs.update((source.file, source) for source in outcome.sources)
        if outcome.result is None:
            done.failures.append(Failure(name, outcome.reason))
        else:
            done.results[name] = outcome.result
        if outcome.recording is not None:
            done.recordings[name] = outcome.recording
    return done


def _do(task: _Task) -> _Outcome:
    sources: tuple[Source, ...] = ()
    measurement = task.measurement
    try:
        recording = read_with(measurement.paths, measurement.read, root=task.folder, expected=measurement.kind.expected)
        sources = recording.sources
        result = measurement.kind.analyse(
            recording, measurement.settings, measurement=measurement.name, progress=task.progress
        )
    except MegabarError as error:
        return _Outcome(sources=sources, reason=_one_line(error))
    return _Outcome(_complete(result, recording, simulated=task.simulated), recording, sources)


def _lost(_task: _Task) -> _Outcome:
    return _Outcome(reason="its process was ended from outside: free some memory, or analyse with --workers 1")


def _complete(result: Result, recording: Recording, *, simulated: bool = False) -> Result:
    """What every result has to say, whether its analysis said it or not: its files, marks in its raw numbers, and that
    data are made up."""
    return replace(
        result,
        notes=(*result.notes, *notes_of(recording)),
        sources=tuple(dict.fromkeys((*recording.sources, *result.sources))),
        simulated=simulated or result.simulated or any(curve.simulated for curve in recording.curves),
        digitised=result.digitised or any(curve.digitised for curve in recording.curves),
    )


def _measured(experiment: Experiment, results: Mapping[str, Result]) -> list[Measured]:
    """Every measurement that has a result, with what the experiment file says of it."""
    return [
        Measured(
            measurement.name,
            measurement.cell,
            measurement.pressure,
            results[measurement.name],
            control=measurement.control,
            isotope=measurement.isotope,
            temperature=measurement.temperature,
        )
        for measurement in experiment.measurements
        if measurement.name in results
    ]


def _evidence(experiment: Experiment, measured: list[Measured], trends: tuple[Result, ...]) -> tuple[Claim, ...]:
    """What the experiment shows. Marks in raw curves stand in the notes and count for nothing."""
    sample = experiment.table.sample
    return judge(Facts.of(measured, trends=trends, composition=sample.composition, bar=bar_of(sample)))


def _across(experiment: Experiment, measured: list[Measured]) -> tuple[tuple[Result, ...], list[Failure]]:
    """What is drawn from several measurements of the sample; a failure of one kind leaves the others."""
    sample = _isotopes_apart([one for one in measured if not one.control])
    found: list[Result] = []
    failures: list[Failure] = []
    for name, one in SEVERAL.items():
        try:
            found += one.across(sample, experiment.several[name])
        except MegabarError as error:
            failures.append(Failure(name, _one_line(error)))
    return tuple(found), failures


def _isotopes_apart(measured: list[Measured]) -> list[Measured]:
    """Where isotopes differ, each in cells of its own: a trend over pressure must not take one for the other."""
    if len({one.isotope for one in measured}) < 2:
        return measured
    mass = {one.measurement: f"{one.isotope.mass:.4g} u" for one in measured if one.isotope is not None}
    return [
        replace(one, cell=f"{one.cell}, {mass[one.measurement]}".removeprefix(", ")) if one.measurement in mass else one
        for one in measured
    ]


def _one_line(error: MegabarError) -> str:
    return " ".join(str(error).split())


def _silent(_fraction: float, _doing: str) -> None:
    """Progress that nobody watches."""
