"""What a report is made of; the pipeline fills it, every writer takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from megabar.data.pressure import Pressure
from megabar.data.recording import Note, Source
from megabar.data.result import Result
from megabar.evidence import Claim
from megabar.frozen import freeze


@dataclass(frozen=True)
class Failure:
    """A measurement that could not be read or analysed, and the one line that says why and what to do."""

    measurement: str
    message: str


@dataclass(frozen=True)
class Report:
    """Everything that stands in a report; equal reports give equal bytes.

    `results` are the measurements in the order of the experiment file, `trends` what was computed from several of
    them, `evidence` the claims judged from all of it. `sample` names the sample in the user's words (name, composition,
    cell ...). `inputs` are all files that were read, `settings_text` is the experiment file in full and
    `settings_name` its name. `versions` are those of the software that computed the results; `command` repeats the
    analysis. `pressures` are those that the experiment file states, by the name of the measurement.
    """

    title: str
    results: tuple[Result, ...] = ()
    trends: tuple[Result, ...] = ()
    sample: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Source, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    settings_text: str = ""
    settings_name: str = "experiment.toml"
    command: str = "megabar analyse ."
    versions: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False
    pressures: Mapping[str, Pressure] = field(default_factory=dict)
    evidence: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sample", freeze(self.sample))
        object.__setattr__(self, "versions", freeze(self.versions))
        object.__setattr__(self, "pressures", freeze(self.pressures))
        # One made-up measurement is enough: nobody may take the report for a measured one.
        made_up = self.simulated or any(result.simulated for result in self.everything)
        object.__setattr__(self, "simulated", made_up)

    @property
    def everything(self) -> tuple[Result, ...]:
        """Measurements, then trends."""
        return self.results + self.trends
