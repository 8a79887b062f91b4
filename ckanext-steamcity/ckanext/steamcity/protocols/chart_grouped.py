"""Charts of rows put together: bars by place or answer, bars of an aggregate table, heatmaps.

Pure; used by ``charts``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from .chart_parts import (
    INK,
    MAX_GROUPS,
    MAX_LABEL,
    SERIES,
    SHORT_LINE,
    Layers,
    Row,
    axis,
    label_of,
    named,
    number_of,
    value_title,
)
from .loader import terms
from .model import Chart, Protocol, words
from .tableschema import header


def bars(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """One bar for each x (and group): mean, sum, count or share of the rows."""
    totals: dict[tuple[Any, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.get(spec.x) is None:
            continue
        for name in spec.y:
            value = 1.0 if spec.summary == "count" else number_of(row.get(name))
            if value is not None:
                totals[row[spec.x], _series_of(protocol, spec, name, row, language)].append(value)
    whole: dict[Any, int] = defaultdict(int)
    for (place, _group), values in totals.items():
        whole[place] += len(values)
    found = {one: _summed(spec.summary, values, whole[one[0]]) for one, values in totals.items()}
    title = _measure(protocol, spec, language, share=spec.summary == "share")
    return _bar_layers(protocol, spec, found, title, language, share=spec.summary == "share")


def aggregate_bars(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """Bars of an aggregate table: its means, or its shares by answer; groups with the same x weigh by their size."""
    sums: dict[tuple[Any, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    share = False
    for name in spec.y if spec.summary != "count" else ():
        column = protocol.by_name[name]
        made = [(f"{name}_mean", column.titles, False), (f"{name}_share", column.titles, True)]
        made += [(f"{name}_share_{choice.value}", choice.titles, True) for choice in column.choices]
        for derived, titles, is_share in made:
            for row in rows:
                value = number_of(row.get(derived))
                if value is None:
                    continue
                share = share or is_share
                label = words(titles, language)
                if spec.group and not is_share:
                    label = label_of(protocol, spec.group, row.get(spec.group), language)
                total, size = sums[row.get(spec.x), label], float(row.get("n") or 1)
                total[0] += value * size
                total[1] += size
    found = {one: round(total / size, 4) for one, (total, size) in sums.items()}
    if spec.summary == "count":
        found = defaultdict(float)
        for row in rows:
            found[row.get(spec.x), "n"] += number_of(row.get("n")) or 0
    title = _measure(protocol, spec, language, share=share)
    return _bar_layers(protocol, spec, found, title, language, share=share)


def heatmap(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """x against group (or against the first y's own classes), the darker the more."""
    by = spec.group or spec.y[0]
    cells: dict[tuple[Any, Any], list[float]] = defaultdict(list)
    for row in rows:
        value = 1.0 if spec.summary == "count" else number_of(row.get(spec.y[0]))
        if value is not None and row.get(spec.x) is not None and row.get(by) is not None:
            cells[row[spec.x], row[by]].append(value)
    data = [
        {
            "x": label_of(protocol, spec.x, x, language),
            "g": label_of(protocol, by, g, language),
            "y": _summed(spec.summary, values, len(values)),
        }
        for (x, g), values in cells.items()
    ]
    across = _in_order(protocol, spec.x, [x for x, _g in cells], language)
    down = _in_order(protocol, by, [g for _x, g in cells], language)
    encoding = {
        "x": {
            "field": "x",
            "type": "nominal",
            "sort": across,
            "axis": {
                **axis(header(protocol.by_name[spec.x], language), SHORT_LINE),
                "labelOverlap": False,
                "labelLimit": MAX_LABEL,
            },
        },
        "y": {
            "field": "g",
            "type": "nominal",
            "sort": down,
            "axis": named(words(protocol.by_name[by].titles, language), down),
        },
        "color": {"field": "y", "type": "quantitative", "scale": {"range": ["#e8f1f6", INK]}},
    }
    return [{"height": 26 * len(down) + 240, "mark": "rect", "encoding": encoding}], data


def _series_of(protocol: Protocol, spec: Chart, name: str, row: Row, language: str) -> str:
    if spec.group:
        return label_of(protocol, spec.group, row.get(spec.group), language)
    return words(protocol.by_name[name].titles, language)


def _measure(protocol: Protocol, spec: Chart, language: str, *, share: bool) -> str:
    """What the bars are long in."""
    if spec.summary == "count" or share:
        return words(terms()["drawn"]["share" if share else "count"], language)
    return value_title(protocol, list(spec.y), language)


def _summed(summary: str, values: list[float], whole: int) -> float:
    if summary in ("sum", "count"):
        return round(sum(values), 4)
    if summary == "share":
        return round(len(values) / whole, 4) if whole else 0.0
    return round(fmean(values), 4)


def _in_order(protocol: Protocol, name: str, values: Iterable[Any], language: str) -> list[str]:
    """Labels in the template's order of answers; else sorted."""
    column = protocol.by_name.get(name)
    order = {choice.value: i for i, choice in enumerate(column.choices)} if column else {}
    found = sorted(
        dict.fromkeys(values),
        key=lambda v: (order.get(v, len(order)), v is None, v if isinstance(v, (int, float)) else 0, str(v)),
    )
    return [label_of(protocol, name, value, language) for value in found]


def _bar_layers(
    protocol: Protocol, spec: Chart, found: Mapping[tuple[Any, str], float], title: str, language: str, *, share: bool
) -> Layers:
    """Lying bars: the names of things stay readable on a telephone."""
    weight: dict[str, float] = defaultdict(float)
    for (_place, group), value in found.items():
        weight[group] += value
    largest = set(sorted(weight, key=lambda group: (-weight[group], group))[:MAX_GROUPS])
    groups = [group for group in weight if group in largest]
    data = [
        {"x": label_of(protocol, spec.x, place, language), "g": group, "y": value}
        for (place, group), value in found.items()
        if group in largest
    ]
    order = _in_order(protocol, spec.x, [place for place, _group in found], language)
    measure = {**axis(title, SHORT_LINE), **({"format": ".0%"} if share else {})}
    encoding: dict[str, Any] = {
        "y": {
            "field": "x",
            "type": "nominal",
            "sort": order,
            "axis": named(header(protocol.by_name[spec.x], language), order),
        },
        "x": {"field": "y", "type": "quantitative", "axis": measure, "stack": None},
        "color": {"value": INK},
    }
    if len(groups) > 1:
        colours = {"domain": groups, "range": SERIES[: len(groups)]}
        encoding["color"] = {"field": "g", "type": "nominal", "scale": colours}
        encoding["yOffset"] = {"field": "g", "type": "nominal", "sort": groups}
    layer = {"mark": {"type": "bar", "cornerRadiusEnd": 2}, "encoding": encoding}
    height = len(order) * max(24, 11 * len(groups)) + 110
    return [{"height": height, **layer}, *([] if share else _reference_rules(protocol, list(spec.y)))], data


def _reference_rules(protocol: Protocol, names: list[str]) -> list[dict[str, Any]]:
    """Rules across lying bars; their words stand under the title (``charts``)."""
    mark = {"type": "rule", "strokeDash": [5, 4], "color": "#1c1f22", "strokeWidth": 1.5}
    return [
        {
            "data": {"values": [{"v": line.value}]},
            "mark": mark,
            "encoding": {"x": {"field": "v", "type": "quantitative"}},
        }
        for line in protocol.references(names)
    ]
