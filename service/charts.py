"""Charts from figures: Vega-Lite specifications drawn without a browser and without a network, as PNG or SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, WenQuanYi Micro Hei, SimHei, sans-serif"
"""Fonts with Chinese characters that systems have; the first that is installed is taken."""
COLOURS = ("#1f5fa8", "#b7c9dd", "#c8792b", "#5a9367")
CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "grid": False, "domainColor": "#999", "tickColor": "#999"},
    "legend": {"labelFontSize": 11, "title": None, "orient": "top"},
    "range": {"category": list(COLOURS)},
}
NO_NETWORK: dict[str, Any] = {"allowed_base_urls": []}
SHARPNESS = 2.0

Values = Mapping[str, Sequence[float | None]]
"""Series by name, each as long as there are labels."""


def bars(
    labels: Sequence[str], series: Values, *, axis: str, width: int = 460, percent: bool = False
) -> dict[str, Any]:
    """Horizontal bars, those of one label beside each other, with their numbers."""
    across: dict[str, Any] = {"field": "value", "type": "quantitative", "title": axis, "axis": _scale(percent)}
    down: dict[str, Any] = {
        "field": "label",
        "type": "nominal",
        "sort": list(labels),
        "title": None,
        "axis": {"labelLimit": 180, "ticks": False},
    }
    shared = {"x": across, "y": down, "yOffset": {"field": "series", "sort": list(series)}}
    return _chart(
        labels,
        series,
        width=width,
        height={"step": 14 if len(series) > 1 else 20},
        layer=[
            {"mark": "bar", "encoding": {**shared, "color": _colour(series)}},
            {
                "mark": {"type": "text", "align": "left", "dx": 3, "fontSize": 10, "color": "#333"},
                "encoding": {**shared, "text": {"field": "value", "type": "quantitative", **_number(percent)}},
            },
        ],
    )


def lines(
    labels: Sequence[str], series: Values, *, axis: str, width: int = 520, height: int = 180, percent: bool = False
) -> dict[str, Any]:
    """Lines over labels in their order, with a point at each value; nothing where there is none."""
    return _chart(
        labels,
        series,
        width=width,
        height=height,
        mark={"type": "line", "point": True},
        encoding={
            "x": {
                "field": "label",
                "type": "ordinal",
                "sort": list(labels),
                "title": None,
                "axis": {"labelAngle": -40},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": axis,
                "axis": {"grid": True, "titleAngle": 0, **_scale(percent)},
            },
            "color": _colour(series),
        },
    )


def _scale(percent: bool) -> dict[str, Any]:
    """An axis of parts of a hundred, or of whole numbers."""
    return _number(percent) or {"tickMinStep": 1}


def _number(percent: bool) -> dict[str, Any]:
    return {"format": ".0%"} if percent else {}


def _colour(series: Values) -> dict[str, Any]:
    """A colour for each series; one alone needs no legend."""
    shown: dict[str, Any] = {} if len(series) > 1 else {"legend": None}
    return {"field": "series", "type": "nominal", "sort": list(series), **shown}


def _chart(labels: Sequence[str], series: Values, **rest: Any) -> dict[str, Any]:
    rows = [
        {"label": label, "series": name, "value": value}
        for name, values in series.items()
        for label, value in zip(labels, values, strict=True)
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "config": CONFIG,
        **rest,
    }


def png(chart: Mapping[str, Any]) -> bytes:
    """The chart as a picture of twice the size that it is shown in."""
    import vl_convert  # takes a second to load, and only who draws needs it

    return bytes(vl_convert.vegalite_to_png(dict(chart), scale=SHARPNESS, **NO_NETWORK))


def svg(chart: Mapping[str, Any]) -> str:
    """The chart as SVG; whoever shows it brings the font."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(dict(chart), **NO_NETWORK))


@cache
def has_chinese() -> bool:
    """Whether pictures show Chinese: without a font that has it every character is the same empty box."""
    one, other = (png(lines([word], {"": [1]}, axis="", width=40, height=20)) for word in ("民", "情"))
    return one != other
