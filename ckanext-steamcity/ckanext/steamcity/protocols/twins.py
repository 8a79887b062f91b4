"""Twin experiments: the same protocol in several cities on one comparable chart. Pure.

A table is reduced once (``reduce``) to what comparing needs, so that a page never reads rows again: of a series the
spread of each hour of the day, of everything else sums by group. Tables of one city are put together, then ``compare``
draws the cities side by side, in the order of their names: this compares places, it does not rank schools.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..messages import N_, Message
from . import units
from .chart_parts import Row, label_of, number_of
from .model import FAIL, FLAG_COLUMN, SUSPECT, Chart, Protocol, words

LEAST_CITIES = 2
MOST_COLUMNS = 3
_GRID = 21  # points of a spread: 0 %, 5 % … 100 %
_WEEK = 7
_MUCH_DOUBT = 0.1


@dataclass(frozen=True)
class Spread:
    """How values lie, as quantiles at even steps, and how many they are."""

    count: int
    grid: tuple[float, ...]


@dataclass(frozen=True)
class Reduced:
    """What comparing needs of one table. ``above``: for each column the number of values above its reference lines."""

    rows: int
    doubtful: int
    spreads: dict[str, dict[int, Spread]] = field(default_factory=dict)
    above: dict[str, tuple[int, ...]] = field(default_factory=dict)
    groups: dict[tuple[Any, str], tuple[float, float]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One result in one city."""

    city: str
    school: str
    start: date | None
    end: date | None
    synthetic: bool
    table: Reduced


def is_series(protocol: Protocol) -> bool:
    """Whether cities are compared by the course of the day and the spread of values; else by group."""
    return protocol.shape == "time_series" and protocol.aggregate is None and protocol.charts[0].group is None


def compared(protocol: Protocol) -> list[str]:
    """The measured columns a series is compared by."""
    named = [name for chart in protocol.charts if chart.kind == "line" for name in chart.y]
    return [name for name in dict.fromkeys(named) if protocol.by_name[name].numeric][:MOST_COLUMNS]


def grouping(protocol: Protocol) -> Chart:
    """The chart whose groups are compared: the first bars of the template, else means by the first group."""
    for chart in protocol.charts:
        if chart.kind == "bar" and not _moment(protocol, chart.x):
            return chart
    group = next((c.name for c in protocol.columns if c.role == "group" and c.choices), protocol.charts[0].x)
    value = next((c.name for c in protocol.value_columns if c.numeric), protocol.columns[-1].name)
    return Chart("bar", group, (value,), protocol.by_name[value].titles)


def _moment(protocol: Protocol, name: str) -> bool:
    return protocol.by_name[name].type in ("datetime", "date")


def reduce(
    protocol: Protocol, rows: Sequence[Row], *, timezone: str = "UTC", written_in: Mapping[str, str] | None = None
) -> Reduced:
    """``written_in``: the unit of each column in this table where it says one; other units become the template's."""
    scales, left_out = _scales(protocol, written_in or {})
    doubtful = sum(1 for row in rows if row.get(FLAG_COLUMN) in (SUSPECT, FAIL))
    if is_series(protocol):
        spreads, above = _spreads(protocol, rows, ZoneInfo(timezone), scales)
        return Reduced(len(rows), doubtful, spreads=spreads, above=above, left_out=left_out)
    count = sum(int(number_of(row.get("n")) or 0) for row in rows) if protocol.aggregate else len(rows)
    return Reduced(count, doubtful, groups=_sums(protocol, rows, scales), left_out=left_out)


def _scales(
    protocol: Protocol, written_in: Mapping[str, str]
) -> tuple[dict[str, tuple[float, float]], tuple[str, ...]]:
    """Factor and offset of each column, and the columns whose unit cannot become the template's."""
    scales: dict[str, tuple[float, float]] = {}
    left_out = []
    for column in protocol.columns:
        code = written_in.get(column.name) or column.unit
        rule = units.conversion(code, column.unit) if code and column.unit else (1.0, 0.0)
        if rule is None:
            left_out.append(column.name)
        else:
            scales[column.name] = rule
    return scales, tuple(left_out)


def _spreads(
    protocol: Protocol, rows: Sequence[Row], zone: ZoneInfo, scales: Mapping[str, tuple[float, float]]
) -> tuple[dict[str, dict[int, Spread]], dict[str, tuple[int, ...]]]:
    time = protocol.time_column
    names = [name for name in compared(protocol) if name in scales]
    found: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name in names}
    for row in rows:
        if row.get(FLAG_COLUMN) == FAIL or time is None:
            continue
        hour = _hour(row.get(time.name), zone)
        for name in names:
            value = number_of(row.get(name))
            if value is not None and hour is not None:
                factor, offset = scales[name]
                found[name][hour].append(value * factor + offset)
    spreads = {
        name: {hour: _spread(values) for hour, values in sorted(hours.items())}
        for name, hours in found.items()
        if hours
    }
    above = {
        name: tuple(
            sum(1 for values in found[name].values() for value in values if value > line.value)
            for line in protocol.references([name])
        )
        for name in spreads
    }
    return spreads, above


def _hour(value: Any, zone: ZoneInfo) -> int | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value.astimezone(zone).hour if isinstance(value, datetime) else None


def _spread(values: list[float]) -> Spread:
    ordered = sorted(values)
    last = len(ordered) - 1
    return Spread(len(ordered), tuple(ordered[round(last * i / (_GRID - 1))] for i in range(_GRID)))


def quantiles(spreads: Iterable[Spread], shares: Sequence[float]) -> list[float]:
    """Quantiles of several spreads together; each counts as many values as it has."""
    weighed = sorted((value, spread.count / _GRID) for spread in spreads for value in spread.grid)
    total, found, passed, at = sum(weight for _value, weight in weighed), [], 0.0, 0
    for share in sorted(shares):
        while at < len(weighed) - 1 and passed + weighed[at][1] < share * total:
            passed += weighed[at][1]
            at += 1
        found.append(weighed[at][0])
    return found


def _sums(
    protocol: Protocol, rows: Sequence[Row], scales: Mapping[str, tuple[float, float]]
) -> dict[tuple[Any, str], tuple[float, float]]:
    """For each group and series: what is summed, and what it is divided by.

    Counts and shares are divided by all rows, so that a city with twice the rows has no bars twice as long.
    """
    chart = grouping(protocol)
    sums: dict[tuple[Any, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    whole: dict[Any, float] = defaultdict(float)
    for row in rows:
        place = row.get(chart.x)
        if place is None:
            continue
        size = float(number_of(row.get("n")) or 1) if protocol.aggregate else 1.0
        whole[None if chart.summary == "count" else place] += size
        for series, value in _measures(protocol, chart, row):
            if _of_all_rows(protocol, chart):
                sums[place, series][0] += value * size
                continue
            factor, offset = scales.get(chart.y[0], (1.0, 0.0))
            sums[place, series][0] += (value * factor + offset) * size
            sums[place, series][1] += size
    if _of_all_rows(protocol, chart):
        return {key: (pair[0], whole[None if chart.summary == "count" else key[0]]) for key, pair in sums.items()}
    return {key: (pair[0], pair[1]) for key, pair in sums.items()}


def _of_all_rows(protocol: Protocol, chart: Chart) -> bool:
    """Whether a bar is a part of all rows. Of groups of answers a share is published already, and may be left empty."""
    return chart.summary == "count" or (chart.summary == "share" and not protocol.aggregate)


def _measures(protocol: Protocol, chart: Chart, row: Row) -> Iterable[tuple[str, float]]:
    """(series, value) of a row: its group, its columns, or what was published of a group of answers."""
    group = str(row.get(chart.group) or "") if chart.group and chart.group != chart.x else ""
    if chart.summary == "count":
        yield group, 1.0
        return
    for name in chart.y:
        series = group or name
        suffixes = ("_mean", "_share") if protocol.aggregate else ("",)
        for suffix in suffixes:
            value = number_of(row.get(name + suffix))
            if value is not None:
                yield series, value


def cities(protocol: Protocol, parts: Sequence[Part]) -> dict[str, list[Part]]:
    """Results by city; those without a value that can be compared are left out."""
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if part.table.spreads if is_series(protocol) else part.table.groups:
            found[part.city].append(part)
    return dict(found)


def references(protocol: Protocol) -> list[dict[str, Any]]:
    """The reference lines that stand in the charts."""
    names = compared(protocol) if is_series(protocol) else list(grouping(protocol).y)
    return [
        {"column": line.column, "value": line.value, "titles": line.titles, "source": line.source}
        for line in protocol.references(names)
    ]


def group_values(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Of one city, the value of each group and series, and how many rows (or answers) stand behind it."""
    sums: dict[tuple[Any, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for part in parts:
        for key, (top, bottom) in part.table.groups.items():
            sums[key][0] += top
            sums[key][1] += bottom
    return [
        {"group": group, "series": series, "value": top / bottom, "weight": bottom}
        for (group, series), (top, bottom) in sums.items()
        if bottom
    ]


def facts(protocol: Protocol, parts: Sequence[Part]) -> dict[str, Any]:
    """What is said of one city beside the chart: JSON-safe."""
    rows = sum(part.table.rows for part in parts)
    days = {(part.start, part.end) for part in parts if part.start and part.end}
    values = []
    for name in compared(protocol) if is_series(protocol) else ():
        spreads = [spread for part in parts for spread in part.table.spreads.get(name, {}).values()]
        if not spreads:
            continue
        low, middle, high = quantiles(spreads, (0.1, 0.5, 0.9))
        count = sum(spread.count for spread in spreads)
        lines = protocol.references([name])
        above = [
            sum(part.table.above[name][i] for part in parts if name in part.table.above) for i in range(len(lines))
        ]
        values.append(
            {
                "column": name,
                "count": count,
                "low": low,
                "middle": middle,
                "high": high,
                "above": [
                    {"value": line.value, "titles": line.titles, "share": n / count}
                    for line, n in zip(lines, above, strict=True)
                ],
            }
        )
    return {
        "results": len(parts),
        "schools": len({part.school for part in parts}),
        "rows": rows,
        "doubtful": sum(part.table.doubtful for part in parts) / rows if rows else 0.0,
        "start": min((start for start, _end in days), default=None),
        "end": max((end for _start, end in days), default=None),
        "synthetic": any(part.synthetic for part in parts),
        "values": values,
        "groups": group_values(parts),
        "sure": [message.to_dict() for message in sure(parts)],
    }


def sure(parts: Sequence[Part]) -> list[Message]:
    """How much weight a city's figures carry, in words."""
    found = []
    if len(parts) == 1:
        found.append(Message(N_("One class measured here: a first look, not yet the city.")))
    else:
        found.append(
            Message(N_("{number} results together: still these places, not the whole city."), {"number": len(parts)})
        )
    days = sum((part.end - part.start).days + 1 for part in parts if part.start and part.end)
    if 0 < days < _WEEK:
        found.append(Message(N_("Less than a week of measuring: another week may look different.")))
    rows = sum(part.table.rows for part in parts)
    if rows and sum(part.table.doubtful for part in parts) / rows > _MUCH_DOUBT:
        found.append(Message(N_("More than a tenth of the rows is marked as doubtful.")))
    return found


def apart(parts: Mapping[str, Sequence[Part]]) -> list[Message]:
    """Why differences between cities may be something else than the cities: seasons, and sizes."""
    months = [
        {(day.month % 12) // 3 for part in some for day in (part.start, part.end) if day} for some in parts.values()
    ]
    found = []
    if months and not set.intersection(*months):
        found.append(Message(N_("The cities were measured in different seasons, which alone can make a difference.")))
    rows = [sum(part.table.rows for part in some) for some in parts.values()]
    if rows and max(rows) > 5 * min(rows):  # noqa: PLR2004
        found.append(Message(N_("Some cities have many more rows than others: their bars are surer.")))
    return found


def group_labels(protocol: Protocol, tables: Iterable[Reduced], language: str) -> dict[str, str]:
    """Names of the series of a grouped comparison."""
    chart = grouping(protocol)
    series = dict.fromkeys(key[1] for table in tables for key in table.groups)
    labels = {}
    for one in series:
        column = protocol.by_name.get(one)
        labels[one] = words(column.titles, language) if column else label_of(protocol, chart.group, one, language)
    return labels
