"""Rows of a protocol → a Vega-Lite specification with the numbers inside. Pure: no network, no other data.

Lines break at gaps, doubtful rows are hollow points, reference lines carry their title. At most about 600 points are
drawn; each bucket keeps its lowest and its highest, so that no peak is lost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from .chart_grouped import aggregate_bars, bars, heatmap
from .chart_parts import (
    GREY,
    INK,
    MAX_GROUPS,
    PALE,
    SERIES,
    Layers,
    Row,
    axis,
    label_of,
    number_format,
    number_of,
    place_of,
    reference_layers,
    reference_words,
    time_axis,
    upright,
    value_title,
)
from .model import FAIL, FLAG_COLUMN, GOOD, SUSPECT, Chart, Protocol, words
from .tableschema import header

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MAX_POINTS = 600
#: An axis of whole numbers shows each of them, if there are no more.
MOST_TICKS = 20
WIDE = 480
_GAP = 1.5


def chart(
    protocol: Protocol, rows: Sequence[Row], language: str = "en", width: int | str = 640, index: int = 0
) -> dict[str, Any]:
    """The protocol's ``index``-th chart of these rows (of a clean table, or read back from JSON: times may be ISO
    texts)."""
    spec = (
        protocol.charts[index]
        if protocol.charts
        else Chart("points", protocol.columns[0].name, (protocol.columns[-1].name,), protocol.titles)
    )
    if protocol.aggregate:
        layers, data = aggregate_bars(protocol, spec, rows, language)
    elif spec.kind == "bar":
        layers, data = bars(protocol, spec, rows, language)
    elif spec.kind == "heatmap":
        layers, data = heatmap(protocol, spec, rows, language)
    else:
        layers, data = _series(protocol, spec, rows, language)
    wide = width == "container" or int(width) >= WIDE
    # drawings that know their own height (bars by their number) carry it in their first layer
    height = layers[0].pop("height", None) or (300 if wide else 240)
    columns = _columns(data, 720 if wide else 310)
    height += 18 * (len({row.get("g") for row in data}) // columns - 1)  # what the legend takes
    title: dict[str, Any] = {"text": words(spec.titles, language), "anchor": "start", "fontSize": 15, "fontWeight": 600}
    lines = reference_words(protocol, spec.y, language)
    if lines:
        title |= {"subtitle": ["- - -  " + line for line in lines], "subtitleColor": GREY, "subtitleFontSize": 12}
    # the numbers of reference lines stand in the right margin
    margin = max((8 * len(f"{line.value:,g}") for line in protocol.references(spec.y)), default=0)
    return {
        "$schema": SCHEMA,
        "title": title,
        "description": words(spec.titles, language),
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 5, "top": 5, "right": 5 + margin, "bottom": 5},
        "background": "transparent",
        "usermeta": {"lines": lines, "series": _bar_series(layers)},
        "data": {"values": data},
        "layer": layers,
        "config": config(language, legend_columns=columns, label_limit=200 if wide or spec.kind != "bar" else 125),
    }


def _bar_series(layers: list[dict[str, Any]]) -> list[str]:
    """What the colours of grouped bars mean, in the order of ``SERIES``; of lines the drawing's own legend shows the
    dashes as well."""
    first = layers[0]
    if not isinstance(first["mark"], dict) or first["mark"]["type"] != "bar":
        return []
    return list(first["encoding"]["color"].get("scale", {}).get("domain", []))


def _columns(data: Sequence[Row], width: int) -> int:
    """How many labels of a legend stand beside each other without being cut."""
    longest = max((len(str(row.get("g") or "")) for row in data), default=0)
    return max(1, min(3, width // (7 * longest + 48)))


def config(language: str, legend_columns: int, label_limit: int = 200) -> dict[str, Any]:
    """The look all charts share."""
    return {
        "aria": False,  # one picture with one name, which the page gives: its parts have none of their own
        "mark": {"aria": False},
        "font": "system-ui, sans-serif",
        "axis": {
            "labelColor": GREY,
            "titleColor": GREY,
            "gridColor": "#e5e8eb",
            "domainColor": PALE,
            "tickColor": PALE,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 400,
        },
        "locale": {"number": number_format(language)},
        "view": {"stroke": None},
        "legend": {
            "orient": "bottom",
            "title": None,
            "labelFontSize": 12,
            "labelLimit": label_limit,
            "columns": legend_columns,
            # The reader's letters may be wider than those the drawing was measured with.
            "columnPadding": 24,
        },
    }


def _series(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """Lines over time, or points over anything."""
    x, names = protocol.by_name[spec.x], [name for name in spec.y if name in protocol.by_name]
    data: list[dict[str, Any]] = []
    labels: list[str] = []
    for label, points in _lines(protocol, spec, rows, names, language):
        labels.append(label)
        thin = decimate(points, MAX_POINTS // max(1, len(labels) and min(MAX_GROUPS, _line_count(spec, rows, names))))
        data.extend(_drawn(thin, points, label, line=spec.kind == "line" and x.type in ("datetime", "date")))
    moment = x.type in ("datetime", "date")
    horizontal = {
        "field": "x",
        "type": "temporal" if moment else "quantitative" if x.numeric else "nominal",
        "axis": time_axis(header(x, language), language) if moment else axis(header(x, language)),
    }
    if moment:
        horizontal["scale"] = {"type": "utc"}
    if x.type == "integer":
        horizontal["axis"] |= _whole([point["x"] for point in data if point["x"] is not None])
    vertical = {
        "field": "y",
        "type": "quantitative",
        "axis": upright(value_title(protocol, names, language)),
        "scale": {"zero": False, "nice": True},
    }
    colour: dict[str, Any] = {"value": INK}
    if len(labels) > 1:
        colour = {"field": "g", "type": "nominal", "scale": {"domain": labels, "range": SERIES[: len(labels)]}}
    encoding = {"x": horizontal, "y": vertical, "color": colour}
    layers = _line_layers(encoding, len(labels)) if spec.kind == "line" else _point_layers(encoding)
    return layers + reference_layers(protocol, names, language), data


def _whole(values: list[int]) -> dict[str, Any]:
    """Each number on an axis of few whole ones: there is no version one and a half."""
    if not values or max(values) - min(values) > MOST_TICKS:
        return {}
    return {"values": list(range(min(values), max(values) + 1)), "format": "d"}


def _line_layers(encoding: dict[str, Any], lines: int) -> list[dict[str, Any]]:
    """Lines that break at gaps; a row between two gaps is a point, and doubtful rows are hollow ones."""
    dash = {"strokeDash": {"field": "g", "type": "nominal", "legend": None}} if lines > 1 else {}
    return [
        {
            "mark": {"type": "line", "strokeWidth": 1.6, "interpolate": "linear"},
            "encoding": {**encoding, **dash, "detail": {"field": "s"}},
        },
        {
            "transform": [{"filter": "datum.alone && datum.f == 1"}],
            "mark": {"type": "point", "filled": True, "size": 20},
            "encoding": encoding,
        },
        {
            "transform": [{"filter": "datum.f != 1"}],
            "mark": {"type": "point", "filled": False, "size": 28, "strokeWidth": 1.2},
            "encoding": encoding,
        },
    ]


def _point_layers(encoding: dict[str, Any]) -> list[dict[str, Any]]:
    """Full points, and hollow ones for doubtful rows."""
    return [
        {
            "transform": [{"filter": "datum.f == 1"}],
            "mark": {"type": "point", "filled": True, "size": 30, "opacity": 0.7},
            "encoding": encoding,
        },
        {
            "transform": [{"filter": "datum.f != 1"}],
            "mark": {"type": "point", "filled": False, "size": 30},
            "encoding": encoding,
        },
    ]


def _line_count(spec: Chart, rows: Sequence[Row], names: list[str]) -> int:
    groups = len({row.get(spec.group) for row in rows}) if spec.group else 1
    return max(1, groups * len(names))


def _lines(
    protocol: Protocol, spec: Chart, rows: Sequence[Row], names: list[str], language: str
) -> Iterable[tuple[str, list[tuple[Any, float, int]]]]:
    """(label, points) of each line: one for each y, or for each group."""
    for name in names:
        apart: dict[Any, list[tuple[Any, float, int]]] = defaultdict(list)
        for row in rows:
            value, place = number_of(row.get(name)), row.get(spec.x)
            if value is not None and place is not None:
                apart[row.get(spec.group) if spec.group else None].append(
                    (place_of(place), value, int(row.get(FLAG_COLUMN) or GOOD))
                )
        largest = sorted(apart, key=lambda group: (-len(apart[group]), str(group)))[:MAX_GROUPS]
        for group in sorted(largest, key=str):
            label = (
                label_of(protocol, spec.group, group, language)
                if spec.group
                else words(protocol.by_name[name].titles, language)
            )
            points = apart[group]
            if points and isinstance(points[0][0], (int, float)):
                points.sort(key=lambda point: point[0])
            yield label, points


def decimate(points: list[tuple[Any, float, int]], limit: int) -> list[tuple[Any, float, int]]:
    """At most about ``limit`` points: of each bucket the lowest and the highest, in their order; doubtful ones
    count as themselves."""
    if len(points) <= limit:
        return points
    size = len(points) * 2 / limit
    kept: list[tuple[Any, float, int]] = []
    start = 0.0
    while start < len(points):
        bucket = range(int(start), min(len(points), max(int(start) + 1, int(start + size))))
        low = min(bucket, key=lambda i: points[i][1])
        high = max(bucket, key=lambda i: points[i][1])
        kept.extend(points[i] for i in sorted({low, high}))
        start += size
    return kept


def _drawn(
    thin: list[tuple[Any, float, int]], full: list[tuple[Any, float, int]], label: str, *, line: bool
) -> list[dict[str, Any]]:
    """Data rows. ``s`` numbers the unbroken stretches: where rows are missing the line stops."""
    breaks: list[float] = []
    if line and len(full) > 2:  # noqa: PLR2004
        usual = median(b[0] - a[0] for a, b in zip(full, full[1:], strict=False))
        breaks = [b[0] for a, b in zip(full, full[1:], strict=False) if usual > 0 and b[0] - a[0] > usual * _GAP]
    out, stretch = [], 0
    for place, value, flag in thin:
        while stretch < len(breaks) and place >= breaks[stretch]:
            stretch += 1
        out.append(
            {
                "x": place,
                "y": value,
                "g": label,
                "s": f"{label} {stretch}",
                "f": 1 if flag not in (SUSPECT, FAIL) else flag,
            }
        )
    beside = Counter(point["s"] for point in out)
    return [{**point, "alone": beside[point["s"]] == 1} for point in out] if line else out
