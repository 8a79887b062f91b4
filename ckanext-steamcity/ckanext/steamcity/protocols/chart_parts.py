"""Parts that all charts share: axes, words, numbers, reference lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from . import units
from .model import Column, Protocol, words
from .tableschema import header

INK, GREY, PALE = "#0b5c8a", "#5b6570", "#9aa3ab"  # one colour and greys: readable in print and for every eye
# several lines: told apart by dash as well as by colour (Okabe and Ito)
SERIES = ["#0b5c8a", "#b34700", "#007a5a", "#8a4a7d", "#5b6570", "#7a6a00"]
MAX_GROUPS = 6

Row = Mapping[str, Any]
Layers = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def reference_layers(protocol: Protocol, names: list[str], language: str) -> list[dict[str, Any]]:
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
            "align": "right",
            "baseline": "bottom",
            "dx": -4,
            "dy": -2,
            "fontSize": 11,
            "color": GREY,
        }
        layers.append(
            {
                **inside,
                "mark": label,
                "encoding": {"y": vertical, "x": {"value": "width"}, "text": {"field": "t", "type": "nominal"}},
            }
        )
    return layers


def axis(title: str) -> dict[str, Any]:
    return {"title": title or None, "labelOverlap": True, "labelSeparation": 6}


def time_axis(title: str, language: str) -> dict[str, Any]:
    """Figures only, 24 hours: no month names of another language. Times are UTC, as in the file."""
    day = "%d.%m" if language == "bg" else "%d/%m"
    formats = {"minutes": "%H:%M", "hours": "%H:%M", "day": day, "date": day, "week": day, "month": "%m/%Y"}
    return {**axis(f"{title} (UTC)"), "tickCount": 8, "format": {**formats, "quarter": "%m/%Y", "year": "%Y"}}


def value_title(protocol: Protocol, names: list[str], language: str) -> str:
    columns: list[Column] = [protocol.by_name[name] for name in names if name in protocol.by_name]
    if len(columns) == 1:
        return header(columns[0], language)
    symbols = {units.symbol(column.unit) for column in columns}
    return symbols.pop() if len(symbols) == 1 else ""


def label_of(protocol: Protocol, name: str | None, value: Any, language: str) -> str:
    if value is None:
        return "–"
    column = protocol.by_name.get(name or "")
    if column:
        for choice in column.choices:
            if choice.value == value:
                return words(choice.titles, language)
    return str(value)[:60]


def number_of(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    try:
        return None if value is None or value == "" else float(value)
    except (TypeError, ValueError):
        return None


def place_of(value: Any) -> Any:
    """Milliseconds for a time (as objects or as ISO text), numbers and words as they are."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, date):
        return int((value - date(1970, 1, 1)).days) * 86_400_000
    if isinstance(value, str) and value[:4].isdigit() and len(value) >= 10 and value[4] == "-":  # noqa: PLR2004
        try:
            return place_of(datetime.fromisoformat(value if len(value) > 10 else value + "T00:00:00+00:00"))  # noqa: PLR2004
        except ValueError:
            return value
    return value


def number_format(language: str) -> dict[str, Any]:
    decimal, thousands = (".", ",") if language == "en" else (",", "\u00a0")
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}
