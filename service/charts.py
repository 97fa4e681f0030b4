"""Charts as SVG: Vega-Lite specifications drawn by the server itself, so that no page loads anything from outside.

A chart says what the table beside it says, no more. The drawing engine takes some time when a process uses it first and
draws one picture at a time; pictures are remembered, since the same figures are looked at by many.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import vl_convert

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
BRAND, BEFORE, INK, GRID = "#12497b", "#8a97a5", "#1c2733", "#dde3e9"
ROW_HEIGHT = 30
WIDTH = 560
REMEMBERED = 256
MOST_LABELS = 14
"""Up to so many points of a line carry their value in words."""

_DRAWING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Bar:
    """One part's value; None where there is nothing to divide by."""

    name: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """A value in one period, and in the one that it is set against."""

    name: str
    value: float | None
    before: float | None = None


def bars(rows: Sequence[Bar], *, percent: bool) -> str:
    """The parts of a figure as lying bars, in their order."""
    data = [{"name": row.name, "value": row.value or 0, "shown": _shown(row.value, percent) or "—"} for row in rows]
    axis = {"format": ".0%" if percent else "~s", "title": None, "tickCount": 6, "tickMinStep": 0 if percent else 1}
    y = {"field": "name", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 180}}
    x = {"field": "value", "type": "quantitative", "axis": axis}
    return _drawn(
        {
            "width": WIDTH,
            "height": max(1, len(data)) * ROW_HEIGHT,
            "data": {"values": data},
            "encoding": {"y": y, "x": x},
            "layer": [
                {"mark": {"type": "bar", "color": BRAND, "height": {"band": 0.62}}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 13},
                    "encoding": {"text": {"field": "shown"}},
                },
            ],
        }
    )


def line(points: Sequence[Point], *, percent: bool, now: str, before: str) -> str:
    """A figure from period to period, and the dashed line that it is set against; `now`, `before` name the two."""
    series = [
        {"name": one.name, "which": now, "value": one.value, "shown": _shown(one.value, percent)} for one in points
    ]
    if any(one.before is not None for one in points):
        series += [{"name": one.name, "which": before, "value": one.before, "shown": ""} for one in points]
    axis = {"format": ".0%" if percent else "~s", "title": None, "tickCount": 6, "tickMinStep": 0 if percent else 1}
    scale = {"domain": [now, before], "range": [BRAND, BEFORE]}
    dash = {"domain": [now, before], "range": [[1, 0], [6, 4]]}
    legend = {"title": None, "orient": "top", "symbolType": "stroke"} if len(series) > len(points) else None
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "point": True, "strokeWidth": 2.5},
            "encoding": {
                "color": {"field": "which", "type": "nominal", "scale": scale, "legend": legend},
                "strokeDash": {"field": "which", "type": "nominal", "scale": dash, "legend": legend},
            },
        }
    ]
    if len(points) <= MOST_LABELS:
        layers.append(
            {
                "mark": {"type": "text", "dy": -11, "color": INK, "fontSize": 12},
                "encoding": {"text": {"field": "shown"}},
            }
        )
    return _drawn(
        {
            "width": WIDTH,
            "height": 240,
            "data": {"values": series},
            "encoding": {
                "x": {"field": "name", "type": "ordinal", "sort": None, "axis": {"title": None, "labelAngle": -40}},
                "y": {"field": "value", "type": "quantitative", "axis": axis},
            },
            "layer": layers,
        }
    )


def _shown(value: float | None, percent: bool) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if percent else f"{value:g}" if value == int(value) else f"{value:.1f}"


LOOK: Mapping[str, Any] = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {"labelFontSize": 13, "labelColor": INK, "gridColor": GRID, "domainColor": GRID, "tickColor": GRID},
    "legend": {"labelFontSize": 13, "labelColor": INK},
}


def _drawn(spec: Mapping[str, Any]) -> str:
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "padding": 8, "config": LOOK, **spec}
    return _picture(json.dumps(whole, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=REMEMBERED)
def _picture(spec: str) -> str:
    """The picture of a specification. Nothing may be fetched: the data stands in it."""
    with _DRAWING:
        svg: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return svg
