"""The page: complete, self-contained, well formed, safe with any text."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from megabar.data.recording import Note, Source
from megabar.data.result import Estimate, Panel, Result, Status, Trace
from megabar.evidence import Claim, Verdict
from megabar.report import Failure, Report, write, write_html

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Tags in balance, ids, references, text outside of style and script."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.references, self.words, self.tags, self.attributes = [], [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self._note(tag, attrs)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self._note(tag, attrs)

    def handle_endtag(self, tag):
        assert self.stack, f"</{tag}> without start"
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.stack):
            self.words.append(data)

    def _note(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href", "action", "data", "poster", "srcset"):
                self.references.append(value)
            if value and "url(#" in value:
                self.references.append(value[value.index("url(") + 4 :].split(")")[0])

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def render(report, tmp_path):
    path = tmp_path / "report.html"
    write_html(report, path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page_text(report, tmp_path_factory):
    return render(report, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def page(page_text):
    return Page(page_text)


def test_tags_balance(page):
    assert page.stack == []


def test_page_needs_nothing_but_itself(page, page_text):
    assert "http:" not in page_text
    assert "https:" not in page_text
    assert "//cdn" not in page_text
    assert "@import" not in page_text
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert all(reference.startswith("#") for reference in page.references)


def test_ids_are_unique_and_references_resolve(page):
    assert len(page.ids) == len(set(page.ids))
    assert {reference[1:] for reference in page.references} <= set(page.ids)


def test_figures_stand_inside_with_units(page):
    assert page.tags.count("svg") == 3 * 3 + 1
    for words in ("Temperature (K)", "Resistance (mΩ)", "Pressure (GPa)", "Lower end of the window (K)"):
        assert words in page.text


def test_numbers_stand_in_the_notation_of_the_field(page):
    for words in ("518(4)", "1.714(13)", "0.60(5)", "± 6 syst.", "+5 −4 (68.3 %)", "R² = 0.99991"):
        assert words.replace("\u202f", " ") in page.text.replace("\u202f", " ")
    assert "not determined: not found in the measured range" in page.text


def test_simulated_data_are_announced_everywhere(page, report, tmp_path):
    assert "SIMULATED DATA: nothing in this report was measured." in page.text
    assert page.text.count("SIMULATED DATA") >= 1 + 4 + 10
    measured = replace(
        report, simulated=False, results=tuple(replace(r, simulated=False) for r in report.results), trends=()
    )
    assert "SIMULATED" not in Page(render(measured, tmp_path)).text
    mixed = replace(measured, results=(*measured.results[:1], report.results[1]))
    assert mixed.simulated
    assert "the measurements marked so" in Page(render(mixed, tmp_path)).text


def test_settings_inputs_failures_and_repetition_are_there(page):
    for words in (
        "normal_window",
        "95.0, 295.0",
        "seed of the random numbers",
        'name = "crystal 4"',
        "0" * 64,
        "ab" * 32,
        "raw/28GPa.dat: no number in line 17; name the column",
        "megabar analyse .",
        "megabar 0.1.0",
        "warming and cooling differ by 0.8 K",
    ):
        assert words in page.text


def test_sections_can_be_reached(page):
    assert {"summary", "failures", "trends", "settings", "inputs", "again", "result-1", "result-4"} <= set(page.ids)


HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; alert(1); '", "{{ 7*7 }} {% raw %}",
    "</style></script></svg></pre>", "&lt;b&gt;", "a\x00b\ud800c", "語 Å é", "$\\frac{1$ %s", "-->", "]]>", "x" * 400,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text, tmp_path):
    estimate = Estimate(
        text,
        text,
        1.0,
        text,
        text,
        error=0.1,
        systematic={text: 0.1},
        labels={text: text},
        remark=text,
        status=Status.LIMIT,
    )
    panel = Panel(text, text, text, (Trace(text, "data", [1.0, 2.0], [1.0, 2.0]),), text)
    result = Result(
        text,
        text,
        (estimate,),
        (panel,),
        settings={text: text, "n": {text: [text]}},
        notes=(Note(text),),
        sources=(Source(text, "ab"),),
        summary=text,
    )
    report = Report(
        text,
        (result,),
        (result,),
        {text: text},
        (Source(text, "cd"),),
        (Failure(text, text),),
        (Note(text, "warning"),),
        text,
        text,
        text,
        {"megabar": text},
        evidence=tuple(Claim(text, text, text, v, text, estimate, (text,), (text,)) for v in Verdict),
    )
    written = write(report, tmp_path / "out")
    for path in written:
        assert path.resolve().is_relative_to((tmp_path / "out").resolve())
        if path.suffix == ".svg":
            ET.parse(path)
    page = Page((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert page.stack == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name in page.attributes if name.startswith("on")]
    assert len(page.ids) == len(set(page.ids))
    if text.isprintable() and len(text) < 100:
        assert " ".join(text.split()) in page.text


def test_nothing_to_report_is_a_page_too(tmp_path):
    page = Page(render(Report("Nothing"), tmp_path))
    assert page.stack == []
    assert "0 measurements analysed." in page.text


def test_same_input_same_bytes_in_another_process(made_up, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(made_up.__file__).parent)!r})\n"
        "from pathlib import Path; import made_up\n"
        "from megabar.report import Report, write\n"
        "write(Report('t', (made_up.transition_result(),), (made_up.trend_result(),)), Path(sys.argv[1]))"
    )
    for name, seed in (("a", "1"), ("b", "2")):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name)], check=True, env={"PYTHONHASHSEED": seed, "PATH": ""}
        )
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) == 2 + 2 + 4 + 4 + 3
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_report_of_six_measurements_is_whole_and_small(made_up, tmp_path):
    results = tuple(made_up.transition_result(f"{i} GPa", seed=i) for i in range(6))
    written = write(Report("Six", results), tmp_path)
    assert len(written) == 2 + 2 + 18 + 18 + 3
    assert (tmp_path / "report.html").stat().st_size < 3_000_000
    assert all(path.stat().st_size < 300_000 for path in written if path.suffix == ".svg")


def test_files_of_the_user_are_left_alone(made_up, tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("1")
    write(Report("t", (made_up.trend_result(),)), tmp_path)
    assert (tmp_path / "tables" / "mine.csv").read_text() == "1"
