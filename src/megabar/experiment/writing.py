"""From an outcome to its report and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from megabar.data import Note, Result, Source
from megabar.evidence import Bar, Claim
from megabar.experiment.load import FILE_NAME, Experiment
from megabar.experiment.schema import Length, Sample
from megabar.physics.pressure_scale import SCALES
from megabar.physics.pressure_standard import STANDARDS
from megabar.report import Failure, Report, versions, write, write_run
from megabar.report.format import with_error
from megabar.words import did_you_mean


def report_of(
    experiment: Experiment,
    *,
    title: str,
    results: Sequence[Result],
    trends: Sequence[Result],
    failures: Sequence[Failure],
    inputs: Sequence[Source],
    evidence: Sequence[Claim] = (),
    marks: Sequence[Note] = (),
) -> Report:
    """The report of a folder; `marks` are notes on raw curves of different measurements."""
    return Report(
        title=title,
        results=tuple(results),
        trends=tuple(trends),
        sample=_sample(experiment.table.sample),
        inputs=tuple(inputs),
        evidence=tuple(evidence),
        failures=tuple(failures),
        notes=(
            *(Note(f"left out by the experiment file: {name}") for name in experiment.skipped),
            *_twins(inputs),
            *_unknown_scales(experiment),
            *marks,
        ),
        settings_text=experiment.text,
        settings_name=FILE_NAME,
        versions=versions(),
        simulated=experiment.table.simulated,
        pressures={m.name: m.pressure for m in experiment.measurements if m.pressure is not None},
    )


def _unknown_scales(experiment: Experiment) -> list[Note]:
    """A note for each pressure scale that is none of ours: its pressures are compared and drawn as they are."""
    known = (*SCALES, *STANDARDS)
    named = dict.fromkeys(m.pressure.scale for m in experiment.measurements if m.pressure is not None)
    return [
        Note(f"pressure scale {scale!r} is none that megabar converts{did_you_mean(scale, known)}: taken as it is")
        for scale in named
        if scale and scale not in known
    ]


def _twins(inputs: Sequence[Source]) -> list[Note]:
    """A warning for each set of files with the same content: a copy under a wrong name counts one curve twice."""
    names: dict[str, list[str]] = {}
    for source in inputs:
        names.setdefault(source.sha256, []).append(source.file)
    return [
        Note(f"the same content in {' and '.join(files)}: is one of them a copy under a wrong name?", "warning")
        for files in names.values()
        if len(files) > 1
    ]


def report_of_one(result: Result, *, command: str) -> Report:
    """The report of one file; `command` repeats the analysis and stands where an experiment file would."""
    return Report(
        title=result.measurement,
        results=(result,),
        inputs=result.sources,
        settings_text=command,
        settings_name="command",
        command=command,
        versions=versions(),
    )


def write_everything(folder: Path, report: Report, *, started: datetime, figures: Sequence[str] | None = None) -> None:
    """Fill `folder` with results.json, report.html, tables/*.csv, figures/*.svg and, since `started`, run.json."""
    write(report, folder, figures=figures)
    write_run(folder / "run.json", started=started, duration=(datetime.now(UTC) - started).total_seconds())


def _sample(sample: Sample) -> dict[str, str]:
    """What the user said about the sample, in words, empty fields left out."""
    words = {"name": sample.name, "composition": sample.composition}
    words |= {name: _length(getattr(sample, name)) for name in ("thickness", "width", "length")}
    words["notes"] = sample.notes
    return {name: text for name, text in words.items() if text}


def _length(length: Length | None) -> str:
    return "" if length is None else f"{with_error(length.value, length.error)} µm"


def bar_of(sample: Sample) -> Bar | None:
    """The sample as a bar with the current along its length; None unless all three lengths are stated."""
    thickness, width, length = sample.thickness, sample.width, sample.length
    if thickness is None or width is None or length is None:
        return None
    return Bar(thickness.value, width.value, length.value, (thickness.error, width.error, length.error))
