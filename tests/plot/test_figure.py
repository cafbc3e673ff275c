"""The description of a figure: limits, units, colours, legend, thinning."""

from __future__ import annotations

import numpy as np
import pytest

from megabar.data.result import Panel, Trace
from megabar.errors import DataError
from megabar.plot import describe, describe_panel
from megabar.plot.figure import MOST_POINTS


def panel(*traces, x="Temperature (K)", y="Resistance (ohm)"):
    return Panel("A title", x, y, traces)


def line(n=50):
    x = np.linspace(0.0, 100.0, n)
    return x, 1.0 + 0.01 * x


def layers(description, kind):
    return [layer for layer in description.layers if layer.kind == kind]


def test_numbers_are_scaled_to_the_unit_on_the_axis():
    x = np.linspace(0.0, 100.0, 11)
    y = 0.002 + 1e-5 * x
    described = describe_panel(panel(Trace("data", "data", x, y, y_error=np.full(11, 1e-4))))
    assert described.y.label == "Resistance (mΩ)"
    (drawn,) = layers(described, "data")
    np.testing.assert_allclose(drawn.y, 1e3 * y, rtol=1e-14)
    np.testing.assert_allclose(drawn.y_error, 0.1, rtol=1e-14)
    assert described.y.low < 2.0 < 3.0 < described.y.high


def test_a_steep_line_does_not_squeeze_the_data():
    x, y = line()
    steep = Trace("through the transition", "fit", [40.0, 50.0], [-500.0, 500.0])
    described = describe_panel(panel(Trace("data", "data", x, y), steep))
    assert described.y.high - described.y.low < 2.0


def test_error_bars_along_x_end_inside_the_frame():
    bars = Trace("data", "data", [1.0, 2.0], [1.0, 2.0], x_error=[0.5, np.nan])
    described = describe_panel(panel(bars))
    assert described.x.low < 0.5
    assert described.x.high > 2.0


def test_data_under_other_data_show_around_them():
    x, y = line(200)
    described = describe_panel(panel(*(Trace(name, "data", x, y) for name in ("cooling", "warming"))))
    under, over = layers(described, "data")
    assert under.size > over.size


def test_resistivities_and_their_residuals_are_in_micro_ohm_centimetres():
    x, y = line()
    traces = (Trace("data", "data", x, 1e-7 * y), Trace("residual", "residual", x, np.full(50, 3e-10)))
    described = describe_panel(panel(*traces, y="Resistivity (ohm m)"))
    assert (described.y.label, described.strip.label) == ("Resistivity (µΩ cm)", "Residual (µΩ cm)")
    np.testing.assert_allclose(layers(described, "data")[0].y, 10.0 * y, rtol=1e-14)
    np.testing.assert_allclose(described.strip_layers[0].y, 0.03, rtol=1e-14)


def test_an_extrapolated_fit_is_shown_whole():
    x = np.linspace(80.0, 100.0, 20)
    fit = np.linspace(0.0, 100.0, 50)
    described = describe_panel(panel(Trace("data", "data", x, 100.0 - x), Trace("model", "fit", fit, 100.0 - fit)))
    assert described.x.low <= 0.0
    assert described.y.high >= 100.0


@pytest.mark.parametrize("kind", ["data", "outlier"])
def test_a_wild_outlier_is_marked_at_the_edge_and_told(kind):
    x, y = (np.array(v) for v in line())
    y[10] = 1e6
    traces = [Trace("data", "data", x, y)]
    if kind == "outlier":
        traces.append(Trace("outliers", "outlier", x[[10]], y[[10]]))
        described = describe_panel(panel(*traces))
        assert described.y.high < 5.0
        beyond = [layer for layer in described.layers if layer.look.marker == "beyond"]
        assert [layer.x.tolist() for layer in beyond] == [[x[10]]]
        assert described.remarks == ("1 point beyond the frame, marked by arrows at its edge",)
    else:
        described = describe_panel(panel(*traces))
        assert described.y.high * (1e3 if "k" in described.y.label else 1e6) > 1e6
        assert not described.remarks


def test_wild_residuals_are_marked_at_the_edge_of_the_strip():
    x, y = line(200)
    residual = 1e-3 * np.sin(np.arange(200.0))
    residual[50] = 3.0
    described = describe_panel(panel(Trace("data", "data", x, y), Trace("residual", "residual", x, residual)))
    assert described.strip.label == "Residual (mΩ)"
    assert described.strip.high < 20.0
    assert described.strip.low == -described.strip.high
    beyond = [layer for layer in described.strip_layers if layer.look.marker == "beyond"]
    assert [layer.x.tolist() for layer in beyond] == [[x[50]]]


def test_thousands_of_points_are_thinned_and_outliers_never():
    rng = np.random.default_rng(0)
    x = np.linspace(0.0, 300.0, 20_000)
    y = rng.normal(0.0, 1.0, x.size)
    y[::2000] += 9.0
    wild = slice(None, None, 2000)
    described = describe_panel(
        panel(
            Trace("data", "data", x, y),
            Trace("outliers", "outlier", x[wild], y[wild]),
            Trace("residual", "residual", x, y),
        )
    )
    drawn = sum(layer.x.size for layer in (*layers(described, "data"), *described.strip_layers))
    assert drawn <= 1.2 * MOST_POINTS
    rings = [layer for layer in layers(described, "outlier") if layer.look.marker != "beyond"]
    assert sum(layer.x.size for layer in rings) == 10
    assert any("of 20,000 points drawn" in remark for remark in described.remarks)


def test_points_without_a_number_are_left_out_and_the_rest_drawn():
    x, y = (np.array(v) for v in line())
    y[3], x[4] = np.nan, np.inf
    described = describe_panel(panel(Trace("data", "data", x, y)))
    (drawn,) = layers(described, "data")
    assert drawn.x.size == 48
    assert np.isfinite([described.x.low, described.x.high, described.y.low, described.y.high]).all()


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [5.0], [5.0, 5.0], [0.0]])
def test_degenerate_data_have_usable_limits(values):
    described = describe_panel(panel(Trace("data", "data", values, values)))
    assert described.x.low < described.x.high
    assert described.y.low < described.y.high


def test_what_belongs_together_looks_alike(made_up):
    described = describe(made_up.transition_result()).panels[0]
    colour = {layer.look.series: layer.look.colour for layer in layers(described, "data")}
    assert len(set(colour.values())) == 2
    assert {layer.look.series: layer.look.colour for layer in described.strip_layers} == colour
    assert len({layer.look.dash for layer in layers(described, "fit")}) == 1


def test_fits_over_one_curve_differ_in_colour_and_dash():
    x, y = line()
    fits = [Trace(name, "fit", x, y) for name in ("saturated", "not saturated")]
    band = Trace("saturated: 1σ", "band", x, low=y - 1, high=y + 1)
    described = describe_panel(panel(Trace("data", "data", x, y), *fits, band))
    one, two = (layer.look for layer in layers(described, "fit"))
    assert one.colour != two.colour
    assert one.dash != two.dash
    (area,) = layers(described, "band")
    assert area.look.colour == one.colour


def test_legend_tells_each_thing_once_and_no_residuals(made_up):
    described = describe(made_up.transition_result()).panels[0]
    assert [entry.text for entry in described.legend] == [
        "cooling",
        "warming",
        "normal state",
        "normal state, 1σ band",
        "steepest line",
        "outliers",
        "normal-state window",
    ]


def test_criteria_are_named_on_the_curve_once_for_both_sweeps_when_close(made_up):
    described = describe(made_up.transition_result()).panels[0]
    assert sorted(label.text for label in described.labels) == ["T10", "T50", "T90", "onset", "zero"]
    far = made_up.transition_result()
    apart = describe(far).panels[1]
    assert len(apart.labels) >= 5


def test_same_window_of_two_sweeps_is_drawn_once(made_up):
    described = describe(made_up.transition_result()).panels[0]
    assert len(layers(described, "window")) == 1
    assert len(layers(describe(made_up.transition_result()).panels[1], "window")) == 2


@pytest.mark.parametrize(
    ("simulated", "digitised", "badge"),
    [
        (True, False, "SIMULATED DATA"),
        (False, True, "DIGITISED DATA"),
        (False, False, ""),
        (True, True, "SIMULATED DATA · DIGITISED DATA"),
    ],
)
def test_made_up_and_digitised_data_are_badged(simulated, digitised, badge):
    x, y = line()
    described = describe_panel(panel(Trace("data", "data", x, y)), simulated=simulated, digitised=digitised)
    assert described.badge == badge


def test_hidden_error_bars_are_told():
    x, y = line()
    small = describe_panel(panel(Trace("data", "data", x, y, y_error=np.full(50, 1e-6))))
    assert small.remarks == ("error bars smaller than the symbols are not drawn",)
    large = describe_panel(panel(Trace("data", "data", x, y, y_error=np.full(50, 0.3))))
    assert not large.remarks


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        (Trace("a", "fit", [1.0]), "has no y"),
        (Trace("a", "band", [1.0], low=[1.0]), "has no high"),
        (Trace("a", "data", [1.0, 2.0], [1.0]), "y has shape"),
        (Trace("a", "data", [1.0], [1.0], x_error=[1.0, 2.0]), "x_error has shape"),
    ],
)
def test_malformed_traces_are_refused_by_name(trace, words):
    with pytest.raises(DataError, match=words) as caught:
        describe_panel(panel(trace))
    assert "'a'" in str(caught.value)
    assert "'A title'" in str(caught.value)


def test_many_curves_run_over_an_ordered_scale():
    x, y = line()
    described = describe_panel(panel(*(Trace(f"{t} K", "data", x, y + t) for t in range(12))))
    colours = [layer.look.colour for layer in layers(described, "data")]
    assert len(set(colours)) == 12
    lightness = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in colours]
    assert lightness == sorted(lightness)


def named_panel() -> Panel:
    x = np.array([10.0, 20.0, 30.0])
    return Panel(
        "named",
        "Pressure (GPa)",
        "Critical temperature (K)",
        (
            Trace("line", "guide", np.linspace(0.0, 60.0, 61), np.linspace(0.0, 600.0, 61), words=("S = 10",)),
            Trace("points", "data", x, np.array([100.0, 250.0, 150.0]), words=("first", "", "third")),
        ),
    )


def test_points_bear_their_words_and_those_without_stay_bare():
    figure = describe_panel(named_panel())
    labels = {label.text: label for label in figure.labels}
    assert set(labels) == {"S = 10", "first", "third"}
    assert (labels["first"].anchor_x, labels["first"].anchor_y) == pytest.approx((10.0, 100.0))
    assert (labels["third"].anchor_x, labels["third"].anchor_y) == pytest.approx((30.0, 150.0))
    assert {entry.text for entry in figure.legend} == {"line", "points"}


def test_a_line_is_named_where_it_leaves_the_frame_without_a_leader():
    figure = describe_panel(named_panel())
    (label,) = [label for label in figure.labels if label.text == "S = 10"]
    assert label.leader is None
    assert label.anchor_y == pytest.approx(10.0 * label.anchor_x)
    assert figure.y.high - 25.0 < label.anchor_y < figure.y.high
    assert figure.x.low < label.anchor_x < figure.x.high


def test_a_line_outside_the_frame_has_no_name():
    x = np.array([10.0, 20.0])
    far = Trace("far", "guide", x, np.array([900.0, 900.0]), words=("far",))
    figure = describe_panel(Panel("p", "x (K)", "y (K)", (Trace("points", "data", x, x), far)))
    assert figure.labels == ()


@pytest.mark.parametrize(("style", "words", "wanted"), [("data", ("one",), 2), ("guide", ("one", "two"), 1)])
def test_a_wrong_number_of_words_is_refused(style, words, wanted):
    x = np.array([1.0, 2.0])
    with pytest.raises(DataError, match=f"has {len(words)} words; give it {wanted}"):
        describe_panel(Panel("p", "x (K)", "y (K)", (Trace("t", style, x, x, words=words),)))
