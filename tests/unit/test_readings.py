"""Readings packed for PostgreSQL, taken apart again by what its manual says of COPY's binary format."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from ckanext.steamcity.readings import Readings
from hypothesis import given
from hypothesis import strategies as st

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
WEST = timezone(timedelta(hours=-5))
STREAMS = {("a", "1", "temperature"): 7, ("a", "1", "humidity"): 2_000_000_000, ("ü", "", ""): 3}
SAID = st.lists(
    st.tuples(
        st.sampled_from(sorted(STREAMS)),
        st.timedeltas(timedelta(days=-11_000), timedelta(days=36_000)).map(
            lambda since: (EPOCH + since).astimezone(WEST)
        ),
        st.one_of(st.none(), st.floats()),
    ),
    max_size=60,
)


def unpacked(data: bytes) -> list[tuple[int, int, datetime, float | None]]:
    assert data.startswith(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    assert data.endswith(b"\xff\xff")
    rows, at, end = [], 19, len(data) - 2
    while at < end:
        (fields,) = struct.unpack_from(">h", data, at)
        at += 2
        cells = []
        for _field in range(fields):
            (length,) = struct.unpack_from(">i", data, at)
            at += 4
            cells.append(data[at : at + length] if length >= 0 else None)
            at += max(length, 0)
        number, stream, moment = (int.from_bytes(cell, "big", signed=True) for cell in cells[:3])
        result = None if cells[3] is None else struct.unpack(">d", cells[3])[0]
        rows.append((number, stream, EPOCH + timedelta(microseconds=moment), result))
    assert at == end
    return sorted(rows, key=lambda row: row[0])


@given(SAID)
def test_what_is_packed_is_what_was_read(said):
    readings = Readings.of([(*key, time, result) for key, time, result in said])
    assert (len(readings), bool(readings)) == (len(said), bool(said))
    expected = [
        (n, STREAMS[key], time, None if result is None or math.isnan(result) else result)
        for n, (key, time, result) in enumerate(said)
    ]
    assert unpacked(b"".join(readings.copy(STREAMS))) == expected
    assert readings.months == sorted(
        {time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) for _key, time, _result in said}
    )
    assert Readings.of(readings) is readings
    assert all(readings.copy(STREAMS)), "an empty part would end the file"


def test_a_reading_of_nothing_known_is_refused():
    with pytest.raises(KeyError):
        list(Readings.of([("b", "", "", EPOCH, 1.0)]).copy(STREAMS))
