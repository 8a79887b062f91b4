"""Station data as the table of a protocol, for a class that publishes a window of them (only `sensors/` imports this).

One row for each moment at which the sensor of the protocol's first quantity measured; what the station's other sensors
measured within seconds of it stands in the same row, because a device sends its sensors one after the other. What the
station's own tests said goes along: each row has the worst flag of its values, and the check of a file keeps it.
"""

from __future__ import annotations

import bisect
import csv
import io
from datetime import datetime
from typing import Any

from ckanext.steamcity import quality
from ckanext.steamcity.stamps import stamp

_FLAG = "quality_flag"
#: Flags of single values, the better ones first; a row carries the worst.
_BETTER_FIRST = (quality.GOOD, quality.NOT_EVALUATED, quality.MISSING, quality.SUSPECT, quality.FAIL)
#: A device sends all its sensors within this many seconds.
TOGETHER = 30.0


def table(protocol: Any, streams: list[dict[str, Any]], observations: list[dict[str, Any]]) -> tuple[str, int]:
    """The CSV text in the protocol's columns with the flag, and the number of its rows.

    Nothing is rounded, and nothing left out because of its quality.
    """
    by_stream: dict[int, list[tuple[datetime, float, int]]] = {}
    for observation in observations:
        if observation["result"] is not None:
            moment = datetime.fromisoformat(observation["time"])
            by_stream.setdefault(observation["datastream"], []).append(
                (moment, observation["result"], observation["quality"])
            )
    sources = {column.name: stream_for(column, streams) for column in protocol.columns}
    time_column = next(column.name for column in protocol.columns if column.role == "time")
    measured = [column.name for column in protocol.columns if sources[column.name] in by_stream]
    if not measured:
        return "", 0
    required = [column.name for column in protocol.columns if column.required and column.name in measured]
    anchor = by_stream[sources[(required or measured)[0]]]  # type: ignore[index]  # measured columns have a stream
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([time_column, *measured, _FLAG])
    for moment, _value, _code in anchor:
        cells = [_near(by_stream[sources[name]], moment) for name in measured]  # type: ignore[index]
        values = ["" if cell is None else repr(cell[0]) for cell in cells]
        worst = max((cell[1] for cell in cells if cell is not None), key=_BETTER_FIRST.index)
        writer.writerow([stamp(moment), *values, worst])
    return buffer.getvalue(), len(anchor)


def stream_for(column: Any, streams: list[dict[str, Any]]) -> int | None:
    """The datastream that fills a column: same property, same unit; of several, the one that measured last."""
    fitting = [
        stream
        for stream in streams
        if column.property and stream["property"] == column.property and stream["unit"] == column.unit
    ]
    fitting.sort(key=lambda stream: (stream["latest"] or {}).get("time") or "")
    return fitting[-1]["id"] if fitting else None


def instruments(protocol: Any, streams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sensors of a known type that fill the protocol's columns, with the properties each measures."""
    by_id = {stream["id"]: stream for stream in streams}
    found: dict[str, list[str]] = {}
    for column in protocol.columns:
        stream = by_id.get(stream_for(column, streams) or 0)
        if stream is not None and stream["sensor_type"] not in ("", None, "unknown"):  # else nobody said which it is
            found.setdefault(stream["sensor_type"], []).append(column.property)
    return [{"name": name, "properties": properties} for name, properties in found.items()]


def fits(protocol: Any, streams: list[dict[str, Any]]) -> bool:
    """Whether the station measures what the protocol asks for: every required quantity, and at least one."""
    wanted = [column for column in protocol.columns if column.property]
    filled = {column.name for column in wanted if stream_for(column, streams) is not None}
    return (
        bool(filled)
        and protocol.shape == "time_series"
        and all(column.name in filled for column in protocol.columns if column.required and column.role != "time")
    )


def _near(series: list[tuple[datetime, float, int]], moment: datetime) -> tuple[float, int] | None:
    """The value (and its flag) nearest to a moment, if the device sent it together with the row's."""
    index = bisect.bisect_left(series, moment, key=lambda entry: entry[0])
    nearby = series[max(index - 1, 0) : index + 1]
    if not nearby:
        return None
    time, value, code = min(nearby, key=lambda entry: abs((entry[0] - moment).total_seconds()))
    return (value, code) if abs((time - moment).total_seconds()) <= TOGETHER else None
