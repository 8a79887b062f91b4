"""Readings of a batch as PostgreSQL's COPY takes them (pure). For the frame and every feature.

Packed beside the database's work on the batch before (`harvesters/ahead.py`). When their turn has come, one field of
each row is left: while another thread is busy, every further step of numpy would wait for the interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

Key = tuple[str, str, str]
Array = np.ndarray[Any, Any]

#: Rows of a part of what COPY reads.
_AT_ONCE = 50_000
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: A row of COPY's binary format: how many fields, then each with its length; a missing one has the length -1
#: (PostgreSQL's manual, COPY, "File Formats").
_KEY = [
    ("fields", ">i2"),
    ("number_length", ">i4"), ("number", ">i8"),
    ("stream_length", ">i4"), ("stream", ">i4"),
    ("moment_length", ">i4"), ("moment", ">i8"),
    ("result_length", ">i4"),
]  # fmt: skip
_WITH_RESULT, _WITHOUT_RESULT = np.dtype([*_KEY, ("result", ">f8")]), np.dtype(_KEY)


@dataclass(frozen=True)
class Readings:
    """``keys``: the different (station, sensor, channel); ``tables``: rows with a result, and rows without one, in
    COPY's binary format, each with the index of its key where the id of its datastream will be; ``months``: the first
    moments (UTC) of the months they are of."""

    keys: list[Key]
    tables: tuple[Array, ...]
    months: list[datetime]

    @classmethod
    def of(cls, readings: Readings | Sequence[tuple[str, str, str, datetime, float | None]]) -> Readings:
        """From (station, sensor, channel, time, result), times with their zone."""
        if isinstance(readings, Readings):
            return readings
        if not readings:
            return cls([], (), [])
        stations, sensors, channels, times, results = zip(*readings, strict=True)
        index: dict[Key, int] = {}
        keys = (index.setdefault(key, len(index)) for key in zip(stations, sensors, channels, strict=True))
        columns: dict[str, Array] = {
            "stream": np.fromiter(keys, "i4", len(times)),
            "moment": np.fromiter(_moments(times), "i8", len(times)),
            "number": np.arange(len(times)),
            "result": np.array(results, "f8"),  # None is no number, as is what was none
        }
        here = ~np.isnan(columns["result"])
        tables = (_packed(_WITH_RESULT, columns, here, 8), _packed(_WITHOUT_RESULT, columns, ~here, -1))
        return cls(list(index), tables, _months(columns["moment"]))

    def __len__(self) -> int:
        return sum(map(len, self.tables))

    def copy(self, streams: Mapping[Key, int]) -> Iterator[bytes]:
        """Rows of (number of the reading, id of its datastream, moment, result or nothing) in COPY's binary format,
        in parts none of which is empty. KeyError for a reading of no datastream."""
        ids = np.array([streams[key] for key in self.keys], "i4")
        yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
        for table in self.tables:
            for first in range(0, len(table), _AT_ONCE):
                part = table[first : first + _AT_ONCE].copy()
                part["stream"] = ids[part["stream"]]
                yield part.tobytes()
        yield b"\xff\xff"


def _packed(kind: np.dtype[Any], columns: Mapping[str, Array], which: Array, result_length: int) -> Array:
    table = np.empty(int(which.sum()), kind)
    table["fields"], table["number_length"], table["stream_length"], table["moment_length"] = 4, 8, 4, 8
    table["result_length"] = result_length
    for name, values in columns.items():
        if name in (kind.names or ()):
            table[name] = values[which]
    return table


def _months(moments: Array) -> list[datetime]:
    since_1970 = moments + (_EPOCH - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND
    found = np.unique(since_1970.astype("M8[us]").astype("M8[M]"))
    return [datetime(month.year, month.month, 1, tzinfo=UTC) for month in found.tolist()]


def _moments(times: Iterable[datetime]) -> Iterator[int]:
    last, moment = None, 0
    for time in times:
        if time is not last:  # a row of a file gives its moment to all its channels
            last, moment = time, (time - _EPOCH) // _MICROSECOND
        yield moment
