"""Parts that all charts share: axes, words, numbers, reference lines. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from . import units
from .model import Column, Protocol, words
from .tableschema import header

INK, GREY, PALE = "#0b5c8a", "#5b6570", "#9aa3ab"  # one colour and greys: readable in print and for every eye
# several lines: told apart by dash as well as by colour (Okabe and Ito)
SERIES = ["#0b5c8a", "#b34700", "#007a5a", "#8a4a7d", "#5b6570", "#7a6a00"]
MAX_GROUPS = 6
LINE, SHORT_LINE = 40, 20  # letters of a title that fit on a phone, and beside the names of bars
MAX_LABEL, LABEL_ROOM = 135, 165

Row = Mapping[str, Any]
Layers = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def reference_layers(protocol: Protocol, names: list[str], language: str) -> list[dict[str, Any]]:
    """Dashed lines, each with its number in the margin: a sentence would be cut on a phone and cross the curve. The
    words stand beside the drawing (``reference_words``)."""
    layers: list[dict[str, Any]] = []
    for line in protocol.references(names):
        inside = {"data": {"values": [{"v": line.value}]}}
        vertical = {"field": "v", "type": "quantitative"}
        layers.append(
            {**inside, "mark": {"type": "rule", "strokeDash": [5, 4], "color": GREY}, "encoding": {"y": vertical}}
        )
        label = {"type": "text", "align": "left", "baseline": "middle", "dx": 4, "fontSize": 12, "color": GREY}
        layers.append(
            {
                **inside,
                "mark": label,
                "encoding": {
                    "y": vertical,
                    "x": {"value": "width"},
                    "text": {"field": "v", "type": "quantitative", "format": ",~f"},
                },
            }
        )
    return layers


def reference_words(protocol: Protocol, names: Iterable[str], language: str) -> list[str]:
    """What each dashed line is."""
    return [words(line.titles, language) for line in protocol.references(names)]


def axis(title: str, line: int = LINE) -> dict[str, Any]:
    return {"title": wrapped(title, line), "labelOverlap": True, "labelSeparation": 12}


def upright(title: str, room: int = 36) -> dict[str, Any]:
    """The axis at the left. Its title lies above it: a long one is longer than the drawing is high. ``room``: how far
    the labels reach to the left."""
    lying = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleBaseline": "bottom"}
    return {**axis(title), **lying, "titleX": -room, "titleY": -10}


def wrapped(title: str, line: int = LINE) -> str | list[str] | None:
    """A title in lines that a phone can show."""
    lines = textwrap.wrap(title, line)
    return lines if len(lines) > 1 else title or None


def named(title: str, labels: Iterable[str]) -> dict[str, Any]:
    """An axis of words at the left: none is dropped. Letters are measured with the server's font and shown in the
    reader's: they get more room."""
    room = min(LABEL_ROOM, 7 * max((len(label) for label in labels), default=0) + 8)
    return {**upright(title, room), "labelOverlap": False, "labelLimit": MAX_LABEL, "minExtent": room}


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
