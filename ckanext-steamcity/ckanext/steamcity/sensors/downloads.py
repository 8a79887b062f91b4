"""Files of a station's observations, made while they are sent (only `sensors/` imports this).

Datastream by datastream, in order of time: so each page is one walk along an index, and what is held in memory is one
page, whatever the file's size. No transaction stays open between pages, however slowly somebody reads.
"""

from __future__ import annotations

import bisect
import csv
import io
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import arro3.core as arrow
from arro3.io import write_parquet
from ckan import model
from ckanext.steamcity import quality

from . import query

#: Rows of a row group: a reader that wants one column of one month need not read more.
ROW_GROUP = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PARTS_WAITING = 16


@dataclass(frozen=True)
class Wanted:
    """What goes into the file."""

    station: dict[str, Any]
    streams: list[dict[str, Any]]
    begin: datetime
    end: datetime
    resolution: str = "raw"
    worst: int = quality.MISSING

    @property
    def name(self) -> str:
        return f"{self.station['code']}_{self.begin:%Y-%m-%d}_{self.end:%Y-%m-%d}_{self.resolution}"

    @property
    def columns(self) -> dict[str, str]:
        """Names and kinds of the columns."""
        figures = {"result": "number", "quality": "integer", "tests": "text"}
        if self.resolution != "raw":
            numbers = dict.fromkeys(("result", "minimum", "maximum", "l10", "l50", "l90"), "number")
            figures = numbers | dict.fromkeys(("count", "valid", "doubtful"), "integer")
        return (
            {"station": "text", "datastream": "integer", "property": "text", "unit": "text", "time": "time"}
            | figures
            | {"latitude": "number", "longitude": "number"}
        )


def csv_parts(wanted: Wanted) -> Iterator[bytes]:
    """A table as CSV: UTF-8, commas, decimal points, times in UTC."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(wanted.columns), lineterminator="\n")
    writer.writeheader()
    yield buffer.getvalue().encode()
    for page in _pages(wanted):
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(page)
        yield buffer.getvalue().encode()


def parquet_parts(wanted: Wanted) -> Iterator[bytes]:
    """The same as Parquet. The library writes into a file: here into a pipe, from a thread of its own."""
    pipe = _Pipe()
    thread = threading.Thread(target=_write_parquet, args=(wanted, pipe), daemon=True)
    thread.start()
    try:
        while (part := pipe.take()) is not None:
            yield part
    finally:  # also when the reader has gone
        pipe.leave()
        thread.join(60)


def _pages(wanted: Wanted) -> Iterator[list[dict[str, Any]]]:
    """Rows of the file, page by page; each page has a connection of its own for the moment it takes."""
    since = [datetime.fromisoformat(place["since"]) for place in reversed(wanted.station["deployments"])]
    places = list(reversed(wanted.station["deployments"]))
    for stream in wanted.streams:
        after, same = None, {name: stream[name] for name in ("property", "unit")}
        same["station"] = wanted.station["code"]
        while True:
            with model.meta.engine.connect() as connection:  # type: ignore[union-attr]  # there by now
                page = query.observations(
                    connection,  # type: ignore[arg-type]  # executes as a session does
                    [stream],
                    wanted.begin,
                    wanted.end,
                    resolution=wanted.resolution,
                    after=after,
                    quality_at_most=wanted.worst,
                )
            if not page:
                break
            after = (datetime.fromisoformat(page[-1]["time"]), stream["id"])
            for row in page:
                at = max(bisect.bisect_right(since, datetime.fromisoformat(row["time"])) - 1, 0)
                row |= same | ({name: places[at][name] for name in ("latitude", "longitude")} if places else {})
                if "tests" in row:
                    row["tests"] = " ".join(row["tests"])
            yield page
            if len(page) < query.PAGE:
                break


_TYPES = {
    "text": arrow.DataType.utf8,
    "integer": arrow.DataType.int32,
    "number": arrow.DataType.float64,
}


def _schema(wanted: Wanted) -> arrow.Schema:
    moment = arrow.DataType.timestamp("us", tz="UTC")
    return arrow.Schema(
        [arrow.Field(name, moment if kind == "time" else _TYPES[kind]()) for name, kind in wanted.columns.items()]
    )


def _batches(wanted: Wanted, schema: arrow.Schema) -> Iterator[arrow.RecordBatch]:
    for page in _pages(wanted):
        arrays = []
        for name, kind in wanted.columns.items():
            cells: list[Any] = [row.get(name) for row in page]
            if kind == "time":
                numbers = [(datetime.fromisoformat(cell) - _EPOCH) // _MICROSECOND for cell in cells]
                whole = arrow.Array(numbers, arrow.DataType.int64())
                arrays.append(whole.cast(arrow.DataType.timestamp("us", tz="UTC")))
            else:
                arrays.append(arrow.Array(cells, _TYPES[kind]()))
        yield arrow.RecordBatch.from_arrays(arrays, schema=schema)


def _write_parquet(wanted: Wanted, pipe: _Pipe) -> None:
    schema = _schema(wanted)
    about = {name: str(wanted.station[name]) for name in ("license_id", "attribution", "code", "synthetic")}
    try:
        reader = arrow.RecordBatchReader.from_batches(schema, _batches(wanted, schema))
        write_parquet(
            reader,
            pipe,  # type: ignore[arg-type]  # it only writes
            max_row_group_size=ROW_GROUP,
            compression="zstd(3)",
            key_value_metadata=about,
        )
    except BaseException as error:  # noqa: BLE001  handed on to whoever reads the pipe
        pipe.end(error)
    else:
        pipe.end(None)


class _Pipe(io.RawIOBase):
    """A file for one who writes, parts for one who reads; who writes waits while enough is there to be read."""

    def __init__(self) -> None:
        self._parts: queue.Queue[bytes | BaseException | None] = queue.Queue(_PARTS_WAITING)
        self._left = threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._put(part)
        return len(part)

    def end(self, error: BaseException | None) -> None:
        try:
            self._put(error)
        except BrokenPipeError:
            return

    def take(self) -> bytes | None:
        """The next part, None at the end; raises what stopped the writing."""
        part = self._parts.get()
        if isinstance(part, BaseException):
            raise part
        return part

    def leave(self) -> None:
        self._left.set()

    def _put(self, part: bytes | BaseException | None) -> None:
        while not self._left.is_set():
            try:
                self._parts.put(part, timeout=1)
            except queue.Full:
                continue
            return
        raise BrokenPipeError
