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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import arro3.core as arrow
import sqlalchemy as sa
from arro3.io import write_parquet
from ckan import model
from ckanext.steamcity import quality
from ckanext.steamcity.stamps import stamp

from . import query

#: Rows of a row group: a reader that wants one column of one month need not read more.
ROW_GROUP = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PARTS_WAITING = 16
#: Where the time stands among the columns.
_TIME = 4


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
        """Names and kinds of the columns. The terms stand in every row: they must not be lost where rows are put
        together with others."""
        figures = {"result": "number", "quality": "integer", "tests": "text"}
        if self.resolution != "raw":
            numbers = dict.fromkeys(("result", "minimum", "maximum", "l10", "l50", "l90"), "number")
            figures = numbers | dict.fromkeys(("count", "valid", "doubtful"), "integer")
        return (
            {"station": "text", "datastream": "integer", "property": "text", "unit": "text", "time": "time"}
            | figures
            | {"latitude": "number", "longitude": "number"}
            | {"license_id": "text", "attribution": "text", "synthetic": "truth"}
        )


def csv_parts(wanted: Wanted) -> Iterator[bytes]:
    """A table as CSV: UTF-8, commas, decimal points, times in UTC."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(wanted.columns)
    yield buffer.getvalue().encode()
    for page in _pages(wanted):
        buffer.seek(0)
        buffer.truncate()
        # The last is the one truth value, which CSV writes as the API does.
        writer.writerows(
            (*row[:_TIME], stamp(row[_TIME]), *row[_TIME + 1 : -1], "true" if row[-1] else "false") for row in page
        )
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


def _pages(wanted: Wanted) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the file in the order of its columns, page by page; each page has a connection of its own for the moment
    it takes."""
    place_at = _places(wanted.station["deployments"])
    terms = tuple(wanted.station[name] for name in ("license_id", "attribution", "synthetic"))
    text = sa.text(_statement(wanted.resolution, wanted.worst))
    for stream in wanted.streams:
        same = (wanted.station["code"], stream["id"], stream["property"], stream["unit"])
        asked = {"id": stream["id"], "begin": wanted.begin, "end": wanted.end, "worst": wanted.worst}
        asked |= {"limit": query.PAGE, "after": datetime.min.replace(tzinfo=UTC)}
        while True:
            with model.meta.engine.connect() as connection:  # type: ignore[union-attr]  # there by now
                found = connection.execute(text, asked).all()
            if wanted.resolution == "raw":
                page = [
                    (*same, at, result, code, " ".join(quality.test_names(tests)), *place_at(at), *terms)
                    for at, result, code, tests in found
                ]
            else:
                page = [(*same, *row, *place_at(row[0]), *terms) for row in found]
            if page:
                yield page
                asked["after"] = page[-1][_TIME]
            if len(page) < query.PAGE:
                break


def _statement(resolution: str, worst: int) -> str:
    if resolution == "raw":
        columns, time = "phenomenon_time, result, quality, tests", "phenomenon_time"
        first, kept = ":begin", "" if worst >= quality.MISSING else " and quality <= :worst"
    else:
        time, kept = resolution, ""
        columns = f"{time}, mean, minimum, maximum, l10, l50, l90, count, valid, suspect + failed"
        first = f"date_trunc('{time}', cast(:begin as timestamptz), 'UTC')"
    table = "observation" if resolution == "raw" else resolution
    return (
        f"select {columns} from steamcity_sensors_{table} where datastream_id = :id and {time} >= {first}"  # noqa: S608
        f" and {time} < :end and {time} > :after{kept} order by {time} limit :limit"
    )


def _places(deployments: list[dict[str, Any]]) -> Callable[[datetime], tuple[float | None, float | None]]:
    """Where the station stood at a moment; what is older than its first known place belongs to that."""
    known = [(one["latitude"], one["longitude"]) for one in reversed(deployments)] or [(None, None)]
    since = [datetime.fromisoformat(one["since"]) for one in reversed(deployments)]
    if len(known) == 1:
        return lambda _at: known[0]
    return lambda at: known[max(bisect.bisect_right(since, at) - 1, 0)]


_TYPES = {
    "text": arrow.DataType.utf8,
    "integer": arrow.DataType.int32,
    "number": arrow.DataType.float64,
    "truth": arrow.DataType.bool,
}


def _schema(wanted: Wanted) -> arrow.Schema:
    moment = arrow.DataType.timestamp("us", tz="UTC")
    return arrow.Schema(
        [arrow.Field(name, moment if kind == "time" else _TYPES[kind]()) for name, kind in wanted.columns.items()]
    )


def _batches(wanted: Wanted, schema: arrow.Schema) -> Iterator[arrow.RecordBatch]:
    kinds = list(wanted.columns.values())
    for page in _pages(wanted):
        arrays = []
        for kind, cells in zip(kinds, zip(*page, strict=True), strict=True):
            if kind == "time":
                whole = arrow.Array([(cell - _EPOCH) // _MICROSECOND for cell in cells], arrow.DataType.int64())
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
