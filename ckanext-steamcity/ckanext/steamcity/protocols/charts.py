"""Rows of a protocol → a Vega-Lite specification with the numbers inside. Pure: no network, no other data.

Lines break at gaps, doubtful rows are hollow points, reference lines carry their title. At most about 600 points are drawn;
each bucket keeps its lowest and its highest, so that no peak is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from statistics import fmean, median
from typing import Any

from . import units
from .model import FAIL, FLAG_COLUMN, GOOD, SUSPECT, Chart, Column, Protocol, words
from .tableschema import header

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MAX_POINTS = 600
INK, GREY, PALE = "#0b5c8a", "#5b6570", "#9aa3ab"  # one colour and greys: readable in print and for every eye
# several lines: told apart by dash as well as by colour (Okabe and Ito)
SERIES = ["#0b5c8a", "#b34700", "#007a5a", "#8a4a7d", "#5b6570", "#7a6a00"]
_MAX_GROUPS = 6
_GAP = 1.5

Row = Mapping[str, Any]


def chart(
    protocol: Protocol, rows: Sequence[Row], language: str = "en", width: int | str = 640, index: int = 0
) -> dict[str, Any]:
    """The protocol's ``index``-th chart of these rows (of a clean table, or read back from JSON: times may be ISO texts)."""
    spec = (
        protocol.charts[index]
        if protocol.charts
        else Chart("points", protocol.columns[0].name, (protocol.columns[-1].name,), protocol.titles)
    )
    if protocol.aggregate:
        layers, data = _groups(protocol, spec, rows, language)
    elif spec.kind == "bar":
        layers, data = _bars(protocol, spec, rows, language)
    elif spec.kind == "heatmap":
        layers, data = _heatmap(protocol, spec, rows, language)
    else:
        layers, data = _series(protocol, spec, rows, language)
    return {
        "$schema": SCHEMA,
        "title": {"text": words(spec.titles, language), "anchor": "start", "fontSize": 15, "fontWeight": 600},
        "description": words(spec.titles, language),
        "width": width,
        "height": 280 if width == "container" or int(width) >= 480 else 220,  # noqa: PLR2004
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "transparent",
        "data": {"values": data},
        "layer": layers,
        "config": {
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
            "locale": {"number": _number_format(language)},
            "view": {"stroke": None},
            "legend": {"orient": "bottom", "title": None, "labelFontSize": 12},
        },
    }


def _number_format(language: str) -> dict[str, Any]:
    decimal, thousands = (".", ",") if language == "en" else (",", "\u00a0")
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}


def _series(
    protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines over time, or points over anything."""
    x, names = protocol.by_name[spec.x], [name for name in spec.y if name in protocol.by_name]
    data: list[dict[str, Any]] = []
    labels: list[str] = []
    for label, points in _lines(protocol, spec, rows, names, language):
        labels.append(label)
        thin = decimate(points, MAX_POINTS // max(1, len(labels) and min(_MAX_GROUPS, _line_count(spec, rows, names))))
        data.extend(_drawn(thin, points, label, line=spec.kind == "line" and x.type in ("datetime", "date")))
    moment = x.type in ("datetime", "date")
    horizontal = {
        "field": "x",
        "type": "temporal" if moment else "quantitative" if x.numeric else "nominal",
        "axis": _time_axis(header(x, language), language) if moment else _axis(header(x, language)),
    }
    if moment:
        horizontal["scale"] = {"type": "utc"}
    vertical = {
        "field": "y",
        "type": "quantitative",
        "axis": _axis(_y_title(protocol, names, language)),
        "scale": {"zero": False, "nice": True},
    }
    colour: dict[str, Any] = {"value": INK}
    if len(labels) > 1:
        colour = {"field": "g", "type": "nominal", "scale": {"domain": labels, "range": SERIES[: len(labels)]}}
    encoding = {"x": horizontal, "y": vertical, "color": colour}
    layers: list[dict[str, Any]] = []
    if spec.kind == "line":
        dash = {"strokeDash": {"field": "g", "type": "nominal", "legend": None}} if len(labels) > 1 else {}
        layers.append(
            {
                "mark": {"type": "line", "strokeWidth": 1.6, "interpolate": "linear"},
                "encoding": {**encoding, **dash, "detail": {"field": "s"}},
            }
        )
        layers.append(
            {
                "transform": [{"filter": "datum.f != 1"}],
                "mark": {"type": "point", "filled": False, "size": 28, "strokeWidth": 1.2},
                "encoding": encoding,
            }
        )
    else:
        layers.append(
            {
                "transform": [{"filter": "datum.f == 1"}],
                "mark": {"type": "point", "filled": True, "size": 30, "opacity": 0.7},
                "encoding": encoding,
            }
        )
        layers.append(
            {
                "transform": [{"filter": "datum.f != 1"}],
                "mark": {"type": "point", "filled": False, "size": 30},
                "encoding": encoding,
            }
        )
    return layers + _references(protocol, names, language), data


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
            value, place = _number(row.get(name)), row.get(spec.x)
            if value is not None and place is not None:
                apart[row.get(spec.group) if spec.group else None].append(
                    (_place(place), value, int(row.get(FLAG_COLUMN) or GOOD))
                )
        largest = sorted(apart, key=lambda group: (-len(apart[group]), str(group)))[:_MAX_GROUPS]
        for group in sorted(largest, key=str):
            label = (
                _label(protocol, spec.group, group, language)
                if spec.group
                else words(protocol.by_name[name].titles, language)
            )
            points = apart[group]
            if points and isinstance(points[0][0], (int, float)):
                points.sort(key=lambda point: point[0])
            yield label, points


def decimate(points: list[tuple[Any, float, int]], limit: int) -> list[tuple[Any, float, int]]:
    """At most about ``limit`` points: of each bucket the lowest and the highest, in their order; doubtful ones count as themselves."""
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
    return out


def _bars(
    protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One bar for each x (and group): mean, sum, count or share of the rows."""
    totals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.get(spec.x) is None:
            continue
        place = _label(protocol, spec.x, row[spec.x], language)
        for name in spec.y:
            value = 1.0 if spec.summary in ("count",) else _number(row.get(name))
            if value is not None:
                group = (
                    _label(protocol, spec.group, row.get(spec.group), language)
                    if spec.group
                    else words(protocol.by_name[name].titles, language)
                )
                totals[place, group].append(value)
    whole: dict[str, int] = defaultdict(int)
    for (place, _group), values in totals.items():
        whole[place] += len(values)
    data = [
        {"x": place, "g": group, "y": _summed(spec.summary, values, whole[place])}
        for (place, group), values in totals.items()
    ]
    title = _y_title(protocol, list(spec.y), language) if spec.summary != "count" else ""
    return [_bar_layer(protocol, spec, data, title, language), *_references(protocol, list(spec.y), language)], data


def _summed(summary: str, values: list[float], whole: int) -> float:
    if summary in ("sum", "count"):
        return round(sum(values), 4)
    if summary == "share":
        return round(len(values) / whole, 4) if whole else 0.0
    return round(fmean(values), 4)


def _bar_layer(
    protocol: Protocol, spec: Chart, data: list[dict[str, Any]], title: str, language: str, *, share: bool = False
) -> dict[str, Any]:
    groups = list(dict.fromkeys(row["g"] for row in data))[:_MAX_GROUPS]
    axis = _axis(title)
    if share or spec.summary == "share":
        axis["format"] = ".0%"
    encoding: dict[str, Any] = {
        "x": {
            "field": "x",
            "type": "nominal",
            "sort": None,
            "axis": {**_axis(header(protocol.by_name[spec.x], language)), "labelAngle": -30},
        },
        "y": {"field": "y", "type": "quantitative", "axis": axis},
        "color": {"value": INK},
    }
    if len(groups) > 1:
        encoding["color"] = {
            "field": "g",
            "type": "nominal",
            "scale": {"domain": groups, "range": SERIES[: len(groups)]},
        }
        encoding["xOffset"] = {"field": "g", "type": "nominal"}
        encoding["y"]["stack"] = None
    return {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": encoding}


def _groups(
    protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bars of an aggregate table: its means, or its shares by answer."""
    data: list[dict[str, Any]] = []
    names: list[str] = []
    share = False
    for name in spec.y:
        column = protocol.by_name[name]
        made = [
            (f"{name}_mean", column.titles),
            (f"{name}_share", column.titles),
            *((f"{name}_share_{c.value}", c.titles) for c in column.choices),
        ]
        for derived, titles in made:
            for row in rows:
                if (value := _number(row.get(derived))) is not None:
                    share = share or derived != f"{name}_mean"
                    data.append(
                        {
                            "x": _label(protocol, spec.x, row.get(spec.x), language),
                            "g": words(titles, language),
                            "y": value,
                        }
                    )
        names.append(name)
    if spec.summary == "count":
        data = [
            {"x": _label(protocol, spec.x, row.get(spec.x), language), "g": "n", "y": row.get("n") or 0} for row in rows
        ]
    title = _y_title(protocol, names, language)
    return [
        _bar_layer(protocol, spec, data, title, language, share=share),
        *([] if share else _references(protocol, names, language)),
    ], data


def _heatmap(
    protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """x against group (or against the first y's own classes), the darker the more."""
    by = spec.group or spec.y[0]
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        value = 1.0 if spec.summary == "count" else _number(row.get(spec.y[0]))
        if value is not None and row.get(spec.x) is not None and row.get(by) is not None:
            cells[_label(protocol, spec.x, row[spec.x], language), _label(protocol, by, row[by], language)].append(
                value
            )
    data = [{"x": x, "g": g, "y": _summed(spec.summary, values, len(values))} for (x, g), values in cells.items()]
    encoding = {
        "x": {"field": "x", "type": "nominal", "sort": None, "axis": _axis(header(protocol.by_name[spec.x], language))},
        "y": {
            "field": "g",
            "type": "nominal",
            "sort": None,
            "axis": _axis(words(protocol.by_name[by].titles, language)),
        },
        "color": {"field": "y", "type": "quantitative", "scale": {"range": ["#e8f1f6", INK]}},
    }
    return [{"mark": "rect", "encoding": encoding}], data


def _references(protocol: Protocol, names: list[str], language: str) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = []
    for line in protocol.reference_lines:
        if line.column not in names:
            continue
        inside = {"data": {"values": [{"v": line.value, "t": words(line.titles, language)}]}}
        vertical = {"field": "v", "type": "quantitative"}
        layers.append(
            {**inside, "mark": {"type": "rule", "strokeDash": [5, 4], "color": GREY}, "encoding": {"y": vertical}}
        )
        label = {
            "type": "text",
            "align": "left",
            "baseline": "bottom",
            "dx": 4,
            "dy": -2,
            "fontSize": 11,
            "color": GREY,
        }
        layers.append(
            {
                **inside,
                "mark": label,
                "encoding": {"y": vertical, "x": {"value": 0}, "text": {"field": "t", "type": "nominal"}},
            }
        )
    return layers


def _axis(title: str) -> dict[str, Any]:
    return {"title": title or None, "labelOverlap": True}


def _time_axis(title: str, language: str) -> dict[str, Any]:
    """Figures only, 24 hours: no month names of another language. Times are UTC, as in the file."""
    day = "%d.%m" if language == "bg" else "%d/%m"
    formats = {"minutes": "%H:%M", "hours": "%H:%M", "day": day, "date": day, "week": day, "month": "%m/%Y"}
    return {**_axis(f"{title} (UTC)"), "tickCount": 8, "format": {**formats, "quarter": "%m/%Y", "year": "%Y"}}


def _y_title(protocol: Protocol, names: list[str], language: str) -> str:
    columns: list[Column] = [protocol.by_name[name] for name in names if name in protocol.by_name]
    if len(columns) == 1:
        return header(columns[0], language)
    symbols = {units.symbol(column.unit) for column in columns}
    return symbols.pop() if len(symbols) == 1 else ""


def _label(protocol: Protocol, name: str | None, value: Any, language: str) -> str:
    if value is None:
        return "–"
    column = protocol.by_name.get(name or "")
    if column:
        for choice in column.choices:
            if choice.value == value:
                return words(choice.titles, language)
    return str(value)[:60]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    try:
        return None if value is None or value == "" else float(value)
    except (TypeError, ValueError):
        return None


def _place(value: Any) -> Any:
    """Milliseconds for a time (as objects or as ISO text), numbers and words as they are."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, date):
        return int((value - date(1970, 1, 1)).days) * 86_400_000
    if isinstance(value, str) and value[:4].isdigit() and len(value) >= 10 and value[4] == "-":  # noqa: PLR2004
        try:
            return _place(datetime.fromisoformat(value if len(value) > 10 else value + "T00:00:00+00:00"))  # noqa: PLR2004
        except ValueError:
            return value
    return value
