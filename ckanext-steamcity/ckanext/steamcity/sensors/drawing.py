"""Vega-Lite specifications of a station's quantities (only `sensors/` imports this)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from ckanext.steamcity.protocols.chart_parts import upright

_INK, _GREY, _PALE = "#0b5c8a", "#5b6570", "#9aa3ab"
_HOUR = timedelta(hours=1)


def course(
    hours: list[dict[str, Any]], value_title: str, time_title: str, language: str, *, narrow: bool = False
) -> dict[str, Any]:
    """Hourly means as a line that breaks where hours are missing; an hour between two such breaks is a point, and hours
    with doubtful values are hollow ones.

    `narrow`: for a phone, where a wide drawing would be too small to read.
    """
    data = _points(hours)
    day = "%d.%m" if language == "bg" else "%d/%m"
    formats = {"hours": "%H:%M", "day": day, "date": day, "week": day, "month": "%m/%Y", "year": "%Y"}
    axis = {"labelColor": _GREY, "titleColor": _GREY, "gridColor": "#e5e8eb", "domainColor": _PALE, "tickColor": _PALE}
    encoding = {
        "x": {
            "field": "x",
            "type": "temporal",
            "scale": {"type": "utc"},
            "axis": {"title": time_title, "tickCount": 4 if narrow else 8, "format": formats, "labelOverlap": True},
        },
        "y": {"field": "y", "type": "quantitative", "scale": {"zero": False}, "axis": upright(value_title)},
        "color": {"value": _INK},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": value_title,
        "width": 310 if narrow else 640,
        "height": 220 if narrow else 200,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "transparent",
        "data": {"values": data},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.6}, "encoding": {**encoding, "detail": {"field": "part"}}},
            {
                "transform": [{"filter": "datum.alone && !datum.doubtful"}],
                "mark": {"type": "point", "filled": True, "size": 14},
                "encoding": encoding,
            },
            {
                "transform": [{"filter": "datum.doubtful"}],
                "mark": {"type": "point", "filled": False, "size": 24, "strokeWidth": 1.2},
                "encoding": encoding,
            },
        ],
        "config": {"font": "system-ui, sans-serif", "axis": axis, "view": {"stroke": None}},
    }


def _points(hours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    points, part, before = [], 0, None
    for hour in hours:
        if hour["result"] is None:
            continue
        at = datetime.fromisoformat(hour["time"])
        if before is not None and at - before > _HOUR:
            part += 1
        before = at
        doubtful = hour["doubtful"] > 0
        y = round(hour["result"], 2)
        points.append({"x": int(at.timestamp() * 1000), "y": y, "part": part, "doubtful": doubtful})
    beside = Counter(point["part"] for point in points)
    return [{**point, "alone": beside[point["part"]] == 1} for point in points]
