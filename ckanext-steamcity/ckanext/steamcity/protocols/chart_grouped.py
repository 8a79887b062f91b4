"""Charts of rows put together: bars by place or answer, bars of an aggregate table, heatmaps. Pure; used by ``charts``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from .chart_parts import INK, MAX_GROUPS, SERIES, Layers, Row, axis, label_of, number_of, reference_layers, value_title
from .model import Chart, Protocol, words
from .tableschema import header


def bars(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """One bar for each x (and group): mean, sum, count or share of the rows."""
    totals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.get(spec.x) is None:
            continue
        place = label_of(protocol, spec.x, row[spec.x], language)
        for name in spec.y:
            value = 1.0 if spec.summary in ("count",) else number_of(row.get(name))
            if value is not None:
                group = (
                    label_of(protocol, spec.group, row.get(spec.group), language)
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
    title = value_title(protocol, list(spec.y), language) if spec.summary != "count" else ""
    return [
        _bar_layer(protocol, spec, data, title, language),
        *reference_layers(protocol, list(spec.y), language),
    ], data


def _summed(summary: str, values: list[float], whole: int) -> float:
    if summary in ("sum", "count"):
        return round(sum(values), 4)
    if summary == "share":
        return round(len(values) / whole, 4) if whole else 0.0
    return round(fmean(values), 4)


def _bar_layer(
    protocol: Protocol, spec: Chart, data: list[dict[str, Any]], title: str, language: str, *, share: bool = False
) -> dict[str, Any]:
    groups = list(dict.fromkeys(row["g"] for row in data))[:MAX_GROUPS]
    measure = axis(title)
    if share or spec.summary == "share":
        measure["format"] = ".0%"
    encoding: dict[str, Any] = {
        "x": {
            "field": "x",
            "type": "nominal",
            "sort": None,
            "axis": {**axis(header(protocol.by_name[spec.x], language)), "labelAngle": -30},
        },
        "y": {"field": "y", "type": "quantitative", "axis": measure},
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


def aggregate_bars(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
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
                if (value := number_of(row.get(derived))) is not None:
                    share = share or derived != f"{name}_mean"
                    data.append(
                        {
                            "x": label_of(protocol, spec.x, row.get(spec.x), language),
                            "g": words(titles, language),
                            "y": value,
                        }
                    )
        names.append(name)
    if spec.summary == "count":
        data = [
            {"x": label_of(protocol, spec.x, row.get(spec.x), language), "g": "n", "y": row.get("n") or 0}
            for row in rows
        ]
    title = value_title(protocol, names, language)
    return [
        _bar_layer(protocol, spec, data, title, language, share=share),
        *([] if share else reference_layers(protocol, names, language)),
    ], data


def heatmap(protocol: Protocol, spec: Chart, rows: Sequence[Row], language: str) -> Layers:
    """x against group (or against the first y's own classes), the darker the more."""
    by = spec.group or spec.y[0]
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        value = 1.0 if spec.summary == "count" else number_of(row.get(spec.y[0]))
        if value is not None and row.get(spec.x) is not None and row.get(by) is not None:
            cells[label_of(protocol, spec.x, row[spec.x], language), label_of(protocol, by, row[by], language)].append(
                value
            )
    data = [{"x": x, "g": g, "y": _summed(spec.summary, values, len(values))} for (x, g), values in cells.items()]
    encoding = {
        "x": {"field": "x", "type": "nominal", "sort": None, "axis": axis(header(protocol.by_name[spec.x], language))},
        "y": {
            "field": "g",
            "type": "nominal",
            "sort": None,
            "axis": axis(words(protocol.by_name[by].titles, language)),
        },
        "color": {"field": "y", "type": "quantitative", "scale": {"range": ["#e8f1f6", INK]}},
    }
    return [{"mark": "rect", "encoding": encoding}], data
