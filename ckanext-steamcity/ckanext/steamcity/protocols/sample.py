"""Sample data of a protocol: invented from its template, the same every time, and marked so. Pure.

Nothing here knows a protocol by name: a new template gets its sample, its example chart and its schema from this.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

from .check import check_file
from .clean import CleanTable
from .loader import load
from .model import Column, Protocol
from .tableschema import header, spoken_value
from .values import plain

Row = dict[str, Any]
ROWS = 60
MOST_ROWS = 600
_SERIES_DAYS = 2
_DAY_MINUTES = 1440
_SHORT_TRIAL = 240  # rows of a series with a row every minute or less
_MOST_GROUPS = 24
_MARGIN = 25  # so that most answers are given by enough people to be told
_CHOICES = 4


def sample_csv(protocol: Protocol, language: str = "en", note: str = "") -> bytes:
    """The sample as a class would hand it in; ``note`` says in a first line that it is invented."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if note:
        out.write(f"# {note}\n")
    writer.writerow([header(column, language) for column in protocol.columns])
    for row in sample_rows(protocol):
        writer.writerow([_written(column, row[column.name], language) for column in protocol.columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def sample_table(protocol: Protocol) -> CleanTable:
    """What would be published of the sample: checked, in groups where people answered, without exact places."""
    return _table(protocol.slug, protocol.digest)


@cache
def _table(slug: str, _digest: str) -> CleanTable:
    protocol = load(slug)
    report = check_file(sample_csv(protocol), protocol, hints={"date_order": "ymd", "timezone": "UTC"})
    if report.clean is None:
        raise ValueError(f"the sample of {slug} is not accepted: {[finding.code for finding in report.findings]}")
    return report.clean


def sample_rows(protocol: Protocol) -> list[Row]:
    """Rows keyed by the template's columns."""
    rng = random.Random(f"steamcity sample {protocol.slug}")  # noqa: S311  invented data, no secret
    groups = _groups(protocol)
    count = _count(protocol, len(groups))
    # a series measures one thing after the other, all else takes turns
    turns = [i * len(groups) // count if protocol.shape == "time_series" else i % len(groups) for i in range(count)]
    rows = [dict(groups[turn]) for turn in turns]
    for column in protocol.columns:
        if column.name not in groups[0]:
            for row, value in zip(rows, _values(protocol, column, rows, rng), strict=True):
                row[column.name] = value
    for check in protocol.checks:
        _respect(protocol, check, rows)
    return rows


def _count(protocol: Protocol, groups: int) -> int:
    if protocol.aggregate:
        return groups * (protocol.aggregate.minimum_group + _MARGIN)
    if protocol.shape != "time_series":
        return max(ROWS, protocol.minimum_rows)
    if not protocol.interval_minutes:
        return ROWS * 2
    if protocol.interval_minutes <= 1:
        return _SHORT_TRIAL
    return int(min(MOST_ROWS, max(ROWS, _SERIES_DAYS * _DAY_MINUTES / protocol.interval_minutes)))


def _groups(protocol: Protocol) -> list[Row]:
    """Every combination of what rows are compared by, at most so many."""
    if protocol.aggregate:
        names = list(protocol.aggregate.group_by)
    else:
        names = [column.name for column in protocol.columns if column.role == "group" and column.choices][:2]
    if not names:
        return [{}]
    most = _CHOICES if len(names) > 1 else _CHOICES * 2
    choices = [[choice.value for choice in protocol.by_name[name].choices][:most] for name in names]
    return [dict(zip(names, values, strict=True)) for values in product(*choices)][:_MOST_GROUPS]


def _values(protocol: Protocol, column: Column, rows: list[Row], rng: random.Random) -> list[Any]:
    if column.type in ("datetime", "date"):
        return _times(protocol, column, len(rows))
    if column.choices:
        usual = [choice.value for choice in column.choices][:_CHOICES]
        return [rng.choice(usual) for _row in rows]
    if column.type == "boolean":
        return [rng.random() < _part(rows[i]) for i in range(len(rows))]
    if column.numeric:
        return _numbers(protocol, column, rows, rng)
    if column.type == "media":
        return [""] * len(rows)  # invented data have no pictures
    texts = column.examples or ("",)
    return [texts[i % len(texts)] for i in range(len(rows))]


def _times(protocol: Protocol, column: Column, count: int) -> list[Any]:
    first = str(column.examples[0])
    if column.type == "date":
        return [date.fromisoformat(first[:10]) + timedelta(days=i // 5) for i in range(count)]
    begin = datetime.fromisoformat(first).astimezone(UTC)
    minutes = protocol.interval_minutes or (1 if protocol.shape == "time_series" else 10)
    return [begin + timedelta(minutes=minutes * i) for i in range(count)]


def _numbers(protocol: Protocol, column: Column, rows: list[Row], rng: random.Random) -> list[float]:
    low, high = _range(column)
    middle, reach = (low + high) / 2, (high - low) / 2
    daily, drift, found = protocol.shape == "time_series", 0.0, []
    for i, row in enumerate(rows):
        moment = next((value for value in row.values() if isinstance(value, datetime)), None)
        hours = moment.hour + moment.minute / 60 if moment else 0.0
        drift = 0.9 * drift + 0.1 * rng.gauss(0, 1)
        swing = math.cos((hours - 14) / 24 * 2 * math.pi) * 0.6 if daily and moment else 0.0
        spread = drift if daily else rng.gauss(0, 0.35)
        value = middle + reach * (swing + spread * 0.6 + (_part(row) - 0.5) * 0.6)
        if column.role == "place":
            value = middle + reach * 2 * math.sin(
                i / len(rows) * 2 * math.pi + (column.name == "longitude") * math.pi / 2
            )
        found.append(_rounded(column, min(high + reach, max(low - reach, value))))
    return found


def _range(column: Column) -> tuple[float, float]:
    """Where values usually lie: around the examples, inside what is usual and possible."""
    examples = [float(value) for value in column.examples if value is not None]
    low, high = min(examples, default=0.0), max(examples, default=1.0)
    room = max(high - low, abs(high) * 0.1, (column.precision or 0) * 4, 0.001 if column.role == "place" else 0)
    for floor in (column.minimum, column.typical_minimum):
        low = max(low - room / 2, floor) if floor is not None else low - room / 2
    for ceiling in (column.maximum, column.typical_maximum):
        high = min(high + room / 2, ceiling) if ceiling is not None else high + room / 2
    return (low, high) if low < high else (low, low + room)


def _rounded(column: Column, value: float) -> float:
    for limit, choose in (
        (column.minimum, max),
        (column.typical_minimum, max),
        (column.maximum, min),
        (column.typical_maximum, min),
    ):
        if limit is not None:
            value = choose(value, limit)
    if column.type == "integer":
        return round(value)
    return round(value, 5 if column.role == "place" else max(0, math.ceil(-math.log10(column.precision or 0.01))))


def _part(row: Row) -> float:
    """Between 0 and 1, the same for the same group: groups of a sample differ."""
    named = [f"{name}={value}" for name, value in row.items() if isinstance(value, str)][:2]
    return random.Random(" ".join(named)).random() if named else 0.5  # noqa: S311


def _respect(protocol: Protocol, check: dict[str, Any], rows: list[Row]) -> None:
    """Make the rows hold a check across columns."""
    names = check["columns"]
    if check["kind"] == "unique":
        counters = [name for name in names if protocol.by_name[name].type == "integer"]
        seen: Counter[tuple[Any, ...]] = Counter()
        for row in rows if counters else ():
            key = tuple(row[name] for name in names if name not in counters)
            seen[key] += 1
            row |= dict.fromkeys(counters, 1) | {counters[-1]: seen[key]}
    for row in rows:
        if check["kind"] == "order":
            row |= dict(zip(names, sorted(row[name] for name in names), strict=True))
        elif check["kind"] == "sum" and isinstance(check["equals"], str):
            row[check["equals"]] = round(sum(row[name] for name in names), 4)


def _written(column: Column, value: Any, language: str) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if column.numeric:
        return plain(value)  # 649, not 649.0, where the instrument gives whole numbers
    return str(spoken_value(column, value, language))
