"""What a device or a source that means harm sends: it costs that value, never the feed, the clock or a name."""

from __future__ import annotations

import csv
import json
import time
from datetime import UTC, date, datetime

import pytest
from ckanext.steamcity.harvesters.feeds import FeedError, Home, Source, adapter, quantities
from ckanext.steamcity.harvesters.feeds.base import FeedFile, FileReport
from ckanext.steamcity.harvesters.feeds.listing import names
from ckanext.steamcity.harvesters.feeds.opensensemap import OpenSenseMap
from ckanext.steamcity.harvesters.feeds.push import Room, unpack
from ckanext.steamcity.harvesters.feeds.sensor_community import SensorCommunity

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def sent(profile, body, room=None, **options):
    chosen = {name: check(options.get(name)) for name, check in adapter("push").options.items()}
    source = Source("https://x/", lambda *_: b"", options=chosen | {"profile": profile}, secret="key", now=NOW)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return unpack(source, data, home=Home(43.529, 5.447), room=room)


@pytest.mark.parametrize("value", [10**400, -(10**13), 1e308, "1e300", "9" * 15 + "e30"])
def test_a_value_that_cannot_be_squared_is_none(value):
    """One of them in the tables would make every later batch of its feed break."""
    with pytest.raises(ValueError, match="too large"):
        quantities.number(value)


def test_the_largest_value_can_be_squared_in_every_unit():
    for observed, unit in quantities.known().items():
        measured = quantities.quantity((observed,), (unit,))
        assert measured
        assert measured.convert(quantities.LARGEST) ** 2 < 1e300


def test_the_archive_has_no_such_value_either():
    line = "5331;SDS011;3001;43.529;5.447;2026-03-03T07:05:00;1e300;;;7;;"
    data = ("sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2\n" + line).encode()
    report = FileReport()
    file = FeedFile(date(2026, 3, 3), "x.csv", "5331", "SDS011")
    found = list(SensorCommunity().readings(file, data, report))
    assert 1e300 not in [reading.result for reading in found]
    assert report.refused["value"] == 1


@pytest.mark.parametrize("body", [
    b'[{"bn": "\\ud800", "n": "temperature", "u": "Cel", "v": 1}]',
    b'[{"n": "temperature", "u": "Cel", "v": ' + b"9" * 10_000 + b"}]",
    b"[" * 100_000, '[{"n": "\\ud83d"}]'.encode("utf-16"), b"\x00" * 100, b"",
])  # fmt: skip
def test_a_body_that_is_no_json_is_refused_as_a_whole(body):
    with pytest.raises(FeedError):
        sent("senml", body)


def test_a_whole_letter_in_two_halves_is_a_letter():
    assert sent("senml", b'[{"bn": "\\ud83d\\ude00", "n": "temperature", "u": "Cel", "v": 1}]').accepted == 1


@pytest.fixture
def usual_csv():
    """The limit of Python's csv is one for all of a process, and frictionless lifts it."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_csv")
def test_the_ends_of_the_calendar_and_cells_without_end_are_refused():
    row = {"sensor_id": "x", "sensorType": "CO2", "unit": "ppm", "value": 1}
    edges = [row | {"timestamp": moment} for moment in ("0001-01-01T00:00:00", "9999-12-31T23:59:59")]
    for zone in ("Europe/Berlin", "America/New_York"):
        assert sent("steamcity", edges, timezone=zone).accepted == 0
    endless = b'a,"' + b"x" * 200_000
    with pytest.raises(FeedError):
        sent("opensensemap", endless, mapping={"a": {"property": "co2", "unit": "ppm"}})
    with pytest.raises(FeedError):
        list(OpenSenseMap().readings(FeedFile(NOW.date(), "x", "1", "x"), b"createdAt,value\n" + endless, FileReport()))


@pytest.mark.parametrize(("base", "name"), [("ANNA", "CO2"), ("JO", "CO2"), ("0", "CO2"), ("LENA", "TEMP")])
def test_a_childs_name_before_a_quantity_is_no_name_of_a_sensor(base, name):
    """Large letters and figures are names too."""
    parcel = sent("senml", [{"bn": base, "n": name, "u": "ppm" if name == "CO2" else "Cel", "v": 400}])
    assert parcel.accepted == 1
    assert base + name not in repr(parcel)


def test_types_and_quantities_keep_their_names():
    airrohr = {"esp8266id": "1", "sensordatavalues": [{"value_type": "BME280_temperature", "value": "21"}]}
    assert [reading.sensor for reading in sent("airrohr", airrohr).readings] == ["BME280"]
    one = {"sensor_id": "s", "sensorType": "CO2", "value": 652, "unit": "ppm"}
    assert [reading.sensor for reading in sent("steamcity", [one]).readings] == ["CO2"]


def test_a_feed_has_room_for_so_many_devices():
    """A token that was lost makes no stations without end; those that are there go on."""
    body = [{"bn": f"box{n}:", "n": "temperature", "u": "Cel", "v": n} for n in range(5)]
    codes = [station.source_id for station, _since in sent("senml", body).stations]
    parcel = sent("senml", body, Room(frozenset(codes[3:]), 3))
    assert {station.source_id for station, _since in parcel.stations} == {codes[0], codes[3], codes[4]}
    assert parcel.rejected == {"devices": 2}


@pytest.mark.parametrize("part", [b"<!--", b"<a ", b"<a href='", b"<a href=", b"<![CDATA[", b"<?"])
def test_a_listing_of_megabytes_is_read_in_a_moment(part):
    started = time.monotonic()
    names(part * 500_000)
    assert time.monotonic() - started < 3
