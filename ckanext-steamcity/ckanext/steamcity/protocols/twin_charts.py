"""Cities side by side: one small chart for each, all on the same scale, in the order of their names. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .chart_parts import GREY, INK, MAX_GROUPS, SERIES, axis, label_of, value_title
from .charts import SCHEMA, config
from .model import Protocol, words
from .tableschema import header
from .twins import Part, compared, group_labels, group_values, grouping, is_series, quantiles

WIDE = 480
_WHOLE_DAY = 20  # hours that have values, so that a day's course can be drawn
_LABELS = 150  # pixels, as in other charts


def charts(
    protocol: Protocol, cities: Mapping[str, Sequence[Part]], names: Mapping[str, str], language: str, width: int,
    hours: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Specifications with a title each. ``names``: of the cities; ``hours``: what the axis of hours is called."""
    order = sorted(cities, key=lambda city: names[city])
    if not is_series(protocol):
        return [_bars(protocol, cities, order, names, language, width)]
    found = []
    for column in compared(protocol):
        if sum(any(column in part.table.spreads for part in cities[city]) for city in order) < 2:  # noqa: PLR2004
            continue
        courses = {city: _course(cities[city], column) for city in order}
        if all(len(course) >= _WHOLE_DAY for course in courses.values() if course):
            found.append(_days(protocol, column, courses, order, names, language, width, hours))
        found.append(_ranges(protocol, cities, column, order, names, language, width))
    return found


def _course(parts: Sequence[Part], column: str) -> list[dict[str, Any]]:
    """Hour of the day → middle value, and the span that holds eight of ten values."""
    hours = sorted({hour for part in parts for hour in part.table.spreads.get(column, {})})
    found = []
    for hour in hours:
        spreads = [part.table.spreads[column][hour] for part in parts if hour in part.table.spreads.get(column, {})]
        low, middle, high = quantiles(spreads, (0.1, 0.5, 0.9))
        found.append({"x": hour, "low": low, "y": middle, "high": high})
    return found


def _days(
    protocol: Protocol, column: str, courses: Mapping[str, list[dict[str, Any]]], order: Sequence[str],
    names: Mapping[str, str], language: str, width: int, hours: str,
) -> dict[str, Any]:  # fmt: skip
    data = [{"city": names[city], **point} for city in order for point in courses[city]]
    horizontal = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, 23], "nice": False},
        "axis": {**axis(hours), "values": [0, 6, 12, 18], "format": "d"},
    }
    vertical = {
        "type": "quantitative",
        "axis": axis(value_title(protocol, [column], language)),
        "scale": {"zero": False},
    }
    layers = [
        {
            "mark": {"type": "area", "color": INK, "opacity": 0.18},
            "encoding": {"x": horizontal, "y": {**vertical, "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "line", "color": INK, "strokeWidth": 2},
            "encoding": {"x": horizontal, "y": {**vertical, "field": "y"}},
        },
        *_rules(protocol, column, "y"),
    ]
    return _side_by_side(protocol, data, layers, order, names, language, width, height=170, kind="day", column=column)


def _ranges(
    protocol: Protocol, cities: Mapping[str, Sequence[Part]], column: str, order: Sequence[str],
    names: Mapping[str, str], language: str, width: int,
) -> dict[str, Any]:  # fmt: skip
    """A line for each city: where eight of ten values lie, and the middle one."""
    data = []
    for city in order:
        spreads = [spread for part in cities[city] for spread in part.table.spreads.get(column, {}).values()]
        if spreads:
            low, middle, high = quantiles(spreads, (0.1, 0.5, 0.9))
            data.append({"city": names[city], "low": low, "y": middle, "high": high})
    sort = [names[city] for city in order]
    down = {"field": "city", "type": "nominal", "sort": sort, "axis": _names(sort)}
    across = {"type": "quantitative", "axis": axis(value_title(protocol, [column], language)), "scale": {"zero": False}}
    layers = [
        {
            "mark": {"type": "bar", "color": INK, "opacity": 0.3, "height": 10, "cornerRadius": 5},
            "encoding": {"y": down, "x": {**across, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "color": INK, "size": 90, "opacity": 1},
            "encoding": {"y": down, "x": {**across, "field": "y"}},
        },
        *_rules(protocol, column, "x"),
    ]
    return {
        **_frame(protocol, language, width, "range", column),
        "width": width,
        "height": 40 * len(data) + 30,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": data},
        "layer": layers,
    }


def _bars(
    protocol: Protocol, cities: Mapping[str, Sequence[Part]], order: Sequence[str], names: Mapping[str, str],
    language: str, width: int,
) -> dict[str, Any]:  # fmt: skip
    chart = grouping(protocol)
    labels = group_labels(protocol, [part.table for parts in cities.values() for part in parts], language)
    found = [{"city": names[city], **one} for city in order for one in group_values(cities[city])]
    weight = {label: sum(one["value"] for one in found if one["series"] == label) for label in labels}
    largest = sorted(labels, key=lambda one: -weight[one])[:MAX_GROUPS]
    shown = [one for one in labels if one in largest]
    data = [
        {
            "city": one["city"],
            "x": label_of(protocol, chart.x, one["group"], language),
            "g": labels[one["series"]],
            "y": round(one["value"], 4),
        }
        for one in found
        if one["series"] in largest
    ]
    share = chart.summary in ("count", "share") or bool(protocol.aggregate and not protocol.by_name[chart.y[0]].numeric)
    title = "" if share else value_title(protocol, list(chart.y), language)
    choices = [words(choice.titles, language) for choice in protocol.by_name[chart.x].choices]
    present = {point["x"] for point in data}
    down = [one for one in choices if one in present] or sorted(present)
    encoding: dict[str, Any] = {
        "y": {
            "field": "x", "type": "nominal", "sort": down,
            "axis": _names(down),
        },
        "x": {
            "field": "y", "type": "quantitative", "stack": None,
            "axis": {**axis(title), **({"format": ".0%"} if share else {})},
        },
        "color": {"value": INK},
    }  # fmt: skip
    if len(shown) > 1:
        domain = [labels[one] for one in shown]
        encoding["color"] = {
            "field": "g",
            "type": "nominal",
            "scale": {"domain": domain, "range": SERIES[: len(domain)]},
        }
        encoding["yOffset"] = {"field": "g", "type": "nominal", "sort": domain}
    layers = [{"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": encoding}]
    if not share:
        layers += [rule for name in chart.y for rule in _rules(protocol, name, "x")]
    height = len(down) * max(22, 9 * len(shown))
    return _side_by_side(
        protocol, data, layers, order, names, language, width, height=height, kind="group", room=_LABELS, share=share
    )


def _names(labels: Sequence[str]) -> dict[str, Any]:
    """An axis of words. Letters are measured with the server's font and shown in the reader's: they get more room."""
    room = min(_LABELS, 8 * max((len(label) for label in labels), default=0))
    return {**axis(""), "labelOverlap": False, "labelLimit": _LABELS, "minExtent": room}


def _rules(protocol: Protocol, column: str, channel: str) -> list[dict[str, Any]]:
    """Reference lines; their words stand in the page."""
    return [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "strokeDash": [5, 4], "color": GREY, "strokeWidth": 1.5},
            "encoding": {channel: {"datum": line.value, "type": "quantitative"}},
        }
        for line in protocol.references([column])
    ]


def _side_by_side(
    protocol: Protocol, data: list[dict[str, Any]], layers: list[dict[str, Any]], order: Sequence[str],
    names: Mapping[str, str], language: str, width: int, *, height: int, kind: str, column: str = "", room: int = 50,
    share: bool = False,
) -> dict[str, Any]:  # fmt: skip
    columns = 1 if width < WIDE else 2 if len(order) in (2, 4) else 3
    sort = [names[city] for city in order]
    head = {"title": None, "labelFontSize": 13, "labelFontWeight": 650, "labelColor": "#1c1f22", "labelAnchor": "start"}
    return {
        **_frame(protocol, language, width, kind, column, share=share),
        "data": {"values": data},
        "columns": columns,
        "facet": {"field": "city", "type": "nominal", "sort": sort, "header": head},
        "spec": {"width": max(80, (width - room) // columns - 24), "height": height, "layer": layers},
        "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }


def _frame(
    protocol: Protocol, language: str, width: int, kind: str, column: str, *, share: bool = False
) -> dict[str, Any]:
    chart = grouping(protocol)
    title = header(protocol.by_name[column], language) if column else words(chart.titles, language)
    return {
        "$schema": SCHEMA,
        "title": title,
        "background": "transparent",
        "usermeta": {"kind": kind, "column": column, "share": share},
        "config": config(language, legend_columns=3 if width >= WIDE else 1),
    }
