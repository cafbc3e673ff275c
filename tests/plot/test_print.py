"""The print renderer: text, identity, size, speed, and no lasting state."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import megabar
from megabar.data.result import Panel, Result, Trace
from megabar.plot import plot, render_png, render_svg
from megabar.plot.description import FRAME_HEIGHT, FRAME_WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_words_are_text_with_units(made_up):
    result = made_up.transition_result()
    words = texts(render_svg(result))
    for expected in (
        "Temperature (K)",
        "Resistance (mΩ)",
        "(µΩ)",
        "Debye temperature (K)",
        "SIMULATED DATA",
        "T50",
        "cooling",
        "normal-state window",
        "22.4 GPa: Transition",
    ):
        assert expected in words


def test_badges_follow_the_result(made_up):
    assert "SIMULATED DATA" not in texts(render_svg(made_up.transition_result(simulated=False)))


def test_same_input_same_bytes(made_up):
    assert render_svg(made_up.transition_result()) == render_svg(made_up.transition_result())


def test_same_bytes_in_another_process(made_up):
    code = (
        f"import sys; sys.path.insert(0, {str(__import__('pathlib').Path(made_up.__file__).parent)!r})\n"
        "import made_up, hashlib; from megabar.plot import render_svg\n"
        "print(hashlib.sha256(render_svg(made_up.transition_result()).encode()).hexdigest())"
    )
    out = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    ]
    assert out[0] == out[1]


def test_ids_are_prefixed_and_every_reference_resolves(made_up):
    root = ET.fromstring(render_svg(made_up.transition_result(), name="m-1"))
    ids = [node.attrib["id"] for node in root.iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids))
    assert all(i.startswith("m-1-") for i in ids)
    used = {node.attrib["href"][1:] for node in root.iter() if "href" in node.attrib}
    used |= {value[5:-1] for node in root.iter() for value in node.attrib.values() if value.startswith("url(#")}
    assert used
    assert used <= set(ids)


def test_nothing_points_outside(made_up):
    svg = render_svg(made_up.transition_result())
    assert svg.count("http") == 1
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg


def test_symbols_stand_where_the_data_are():
    x, y = np.array([0.0, 10.0]), np.array([0.0, 1.0])
    svg = render_svg(Panel("t", "x (K)", "y (ohm)", (Trace("d", "data", x, y),)))
    root = ET.fromstring(svg)
    places = [
        (float(use.attrib["x"]), float(use.attrib["y"]))
        for group in root.iter(f"{SVG}g")
        if "clip-path" in group.attrib
        for use in group.iter(f"{SVG}use")
    ]
    assert len(places) == 2
    (x0, y0), (x1, y1) = places
    assert x1 - x0 == pytest.approx(FRAME_WIDTH / 1.09, abs=0.02)
    assert y0 - y1 == pytest.approx(FRAME_HEIGHT / 1.09, abs=0.02)


@pytest.mark.parametrize("low", [-1.0, 0.0, 17.3, 58.0012])
@pytest.mark.parametrize("span", [4e-4, 0.07, 1.0, 26.0, 300.0])
def test_drawn_ticks_are_those_of_a_live_axis(low, span):
    x, y = np.array([low, low + span]), np.array([0.2 * low, 0.2 * low + span])
    panel = Panel("t", "x (K)", "y (K)", (Trace("d", "data", x, y), Trace("r", "residual", x, np.array([-0.1, 0.1]))))
    figure = plot(Result("k", "m", (), (panel,)))
    figure.canvas.draw()
    live = []
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            inside = [t for t in axis.get_major_ticks() if t.label1.get_visible()]
            ends = sorted(axis.get_view_interval())
            live += [t.label1.get_text() for t in inside if ends[0] <= t.get_loc() <= ends[1]]
    drawn = texts(render_svg(panel))
    numbers = [word for word in drawn if word.replace("−", "").replace(".", "").isdigit()]
    assert sorted(numbers) == sorted(word for word in live if word)


@pytest.mark.parametrize(
    "name",
    ["$x^{", "_hidden", "<script>alert(1)</script>", "a & b \"c\" 'd'", "ユニコード", "x\x00y\ud800z", "", "%s {0}"],
)
def test_hostile_names_are_drawn_as_text(name):
    x = np.arange(5.0)
    traces = (Trace(name, "data", x, x), Trace(f"{name} mark", "marker", [1.0], [1.0]), Trace(name, "window", x))
    svg = render_svg(Panel(name, f"{name} (K)", f"{name} (ohm)", traces, name))
    ET.fromstring(svg)
    assert "<script" not in svg


def test_twenty_thousand_points_stay_small(made_up):
    result = made_up.transition_result(points=20_000)
    for panel in result.panels:
        assert len(render_svg(panel).encode()) < 300_000


def test_noise_that_fills_the_frame_stays_small():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 1, 100_000), rng.uniform(0, 1, 100_000)
    trace = Trace("d", "data", x, y, x_error=np.full(100_000, 0.01), y_error=np.full(100_000, 0.01))
    panel = Panel("t", "x (K)", "y (ohm)", (trace, Trace("r", "residual", x, y, y_error=np.full(100_000, 0.1))))
    assert len(render_svg(panel).encode()) < 300_000


def test_drawing_leaves_settings_alone_and_ignores_the_users(made_up):
    panel = made_up.transition_result().panels[1]
    plain = render_svg(panel)
    with matplotlib.rc_context({"font.size": 30.0, "lines.linewidth": 9.0, "axes.grid": True, "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        assert render_svg(panel) == plain
        assert dict(matplotlib.rcParams) == before


def test_matplotlib_comes_with_the_first_figure_and_pyplot_never():
    code = (
        "import sys, megabar.plot, megabar.report; print('matplotlib' in sys.modules)\n"
        "from megabar.data.result import Result; megabar.plot.plot(Result('k', 'm', ()))\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "True", "False"]


def test_notebook_figure_has_all_panels_and_strips(made_up):
    figure = plot(made_up.transition_result())
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 5
    assert figure._repr_html_() is None or isinstance(figure._repr_html_(), str)


def test_top_level_plot_is_callable_before_and_after_the_import(made_up):
    result = made_up.trend_result()
    assert isinstance(megabar.plot(result), Figure)
    assert isinstance(megabar.plot(result), Figure)


def test_result_without_panels_is_an_empty_figure():
    assert plot(Result("resistance", "m", ())).axes == []
    ET.fromstring(render_svg(Result("resistance", "m", ())))


def test_png_is_written_and_repeatable(made_up, tmp_path):
    for name in ("a.png", "b.png"):
        render_png(made_up.trend_result(), tmp_path / name, dpi=80)
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert b"Software" not in data
    assert data == (tmp_path / "b.png").read_bytes()


def test_text_does_not_leave_the_figure(made_up):
    figure = plot(made_up.transition_result())
    figure.canvas.draw()
    page = figure.bbox
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1
