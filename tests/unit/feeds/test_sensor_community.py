"""The Sensor.Community adapter on files written by hand in the archive's shape, and on authentic ones if present."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from ckanext.steamcity.harvesters.feeds import FeedError, FeedFile, FileReport, Known, adapter, daily, reader
from feed_web import NOW, archive, source

DAY = date(2026, 3, 3)
PARTICLES = FeedFile(DAY, "2026-03-03/2026-03-03_sds011_sensor_71.csv", "71", "SDS011")
CLIMATE = FeedFile(DAY, "2026-03-03/2026-03-03_bme280_sensor_72.csv", "72", "BME280")
PARTICLES_CSV = b"""sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2
71;SDS011;900;43.52912;5.44748;2026-03-03T07:00:10;12.50;;;4.25;;
71;SDS011;900;43.52912;5.44748;2026-03-03T07:02:38;nan;;;;;
71;SDS011;900;43.52912;5.44748;2026-03-03T07:05:06;13.00;;;4.75;;
"""
CLIMATE_CSV = b"""\
sensor_id;sensor_type;location;lat;lon;timestamp;pressure;altitude;pressure_sealevel;temperature;humidity
72;BME280;900;43.529;5.447;2026-03-03T07:00:12;101325.50;;;11.20;64.30
"""


def read(file, data):
    report = FileReport()
    return list(adapter("sensor_community").readings(file, data, report)), report


def stations(*files):
    """What a survey says of an archive that holds these."""
    return adapter("sensor_community").survey(source(archive(files), "sensor_community")).stations


def pieces(*files, stored=frozenset()):
    """What a run reads of an archive that holds these."""
    feed, asked = adapter("sensor_community"), source(archive(files), "sensor_community")
    return list(reader.read(feed, asked, feed.files(asked, Known(now=NOW)), stored))


def test_p1_is_pm10_and_p2_is_pm25():
    readings, report = read(PARTICLES, PARTICLES_CSV)
    assert {(stream.channel, stream.property, stream.unit) for stream in report.datastreams} == {
        ("P1", "pm10", "ug/m3"),
        ("P2", "pm25", "ug/m3"),
    }
    assert readings[0] == ("900", "71", "P1", datetime(2026, 3, 3, 7, 0, 10, tzinfo=UTC), 12.5)
    assert readings[1].result == 4.25


def test_nan_and_empty_are_missing_not_zero_and_not_lost():
    readings, report = read(PARTICLES, PARTICLES_CSV)
    assert [reading.result for reading in readings] == [12.5, 4.25, None, None, 13.0, 4.75]
    assert (report.rows, report.readings, report.missing, report.refused) == (3, 6, 2, {})


def test_pressure_comes_in_pascals_and_leaves_in_hectopascals():
    readings, _report = read(CLIMATE, CLIMATE_CSV)
    assert {reading.channel: reading.result for reading in readings} == {
        "pressure": 1013.255,
        "temperature": 11.2,
        "humidity": 64.3,
    }


def test_a_station_is_the_sensors_at_one_location_at_three_decimals_under_a_code():
    (station,) = stations((CLIMATE, CLIMATE_CSV), (PARTICLES, PARTICLES_CSV))
    assert (station.source_id, station.code, station.exposure) == ("900", "SC-900", "outdoor")
    assert (station.latitude, station.longitude) == (43.529, 5.447)
    assert [stream.channel for stream in station.datastreams] == ["P1", "P2", "humidity", "pressure", "temperature"]


def test_the_description_has_a_digest_that_changes_with_it():
    (before,) = stations((PARTICLES, PARTICLES_CSV))
    (again,) = stations((PARTICLES, PARTICLES_CSV.replace(b"12.50", b"99.00")))
    (moved,) = stations((PARTICLES, PARTICLES_CSV.replace(b"43.52912", b"43.53312")))
    assert before.digest == again.digest != moved.digest


def test_a_sensor_that_moved_belongs_to_its_last_location():
    old = FeedFile(date(2026, 3, 2), "2026-03-02/2026-03-02_sds011_sensor_71.csv", "71", "SDS011")
    data = PARTICLES_CSV.replace(b";900;", b";800;").replace(b"2026-03-03T", b"2026-03-02T")
    assert [station.source_id for station in stations((PARTICLES, PARTICLES_CSV), (old, data))] == ["900"]


def test_a_sensor_that_moved_within_the_day_belongs_where_it_stood_last():
    moved = PARTICLES_CSV + b"71;SDS011;901;43.6;5.5;2026-03-03T07:07:34;13.00;;;4.75;;\nbroken\n"
    (station,) = stations((PARTICLES, moved))
    assert (station.source_id, station.latitude) == ("901", 43.6)


def test_the_index_gives_days_and_files_of_known_outdoor_types():
    feed = adapter("sensor_community")
    index = b"".join(b'<a href="%s/">x</a>' % day for day in (b"2026-03-04", b"2026-03-03", b"2026-13-40", b"csv"))
    assert daily.day_folders(index) == [
        (DAY, "2026-03-03/"),
        (date(2026, 3, 4), "2026-03-04/"),
    ]
    listing = b"".join(
        b'<a href="%s">x</a>' % name
        for name in (
            b"2026-03-03_sds011_sensor_71.csv",
            b"2026-03-03_bme280_sensor_72.csv",
            b"2026-03-03_ppd42ns_sensor_73.csv",
            b"2026-03-03_sds011_sensor_74_indoor.csv",
            b"2026-03-02_sds011_sensor_71.csv",
            b"notes.txt",
        )
    )
    assert feed.listed(DAY, "2026-03-03/", listing) == [CLIMATE, PARTICLES]  # by path


@pytest.mark.parametrize(
    "data",
    [b"", b"<html><body>502 Bad Gateway</body></html>", b"\x00" * 5000, b"%PDF-1.7\n", b"x" * 3_000_000, b'{"id": 1}'],
)
def test_something_else_than_the_archive_is_one_clear_error(data):
    with pytest.raises(FeedError) as caught:
        read(PARTICLES, data)
    assert caught.value.message.params == {"file": PARTICLES.path}


def hostile(*rows):
    header = PARTICLES_CSV.splitlines()[0]
    return read(PARTICLES, b"\n".join((header, *rows)) + b"\n")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"71;SDS011;900;43.5;5.4;1970-01-01T00:00:00;1;;;1;;", "time"),
        (b"71;SDS011;900;43.5;5.4;2028-01-01T00:00:00;1;;;1;;", "time"),
        (b"71;SDS011;900;43.5;5.4;0001-01-01T00:00:00+14:00;1;;;1;;", "time"),
        (b"71;SDS011;900;43.5;5.4;yesterday;1;;;1;;", "time"),
        (b"71;SDS011;900;0.0;0.0;2026-03-03T07:00:00;1;;;1;;", "place"),
        (b"71;SDS011;900;91;5.4;2026-03-03T07:00:00;1;;;1;;", "place"),
        (b"71;SDS011;Jeanne;43.5;5.4;2026-03-03T07:00:00;1;;;1;;", "place"),
        (b"99;SDS011;900;43.5;5.4;2026-03-03T07:00:00;1;;;1;;", "other_sensor"),
        (b"71;DHT22;900;43.5;5.4;2026-03-03T07:00:00;1;;;1;;", "other_sensor"),
        (b"71;SDS011;900;43.5;5.4;2026-03-03T07:00:00;1;;", "columns"),
        (b"71;SDS011;900;43.5;5.4;2026-03-03T07:00:00;1;" + b"x" * 5000, "columns"),
        (b"71;SDS011;900;43.5;5.4;2026-03-03T07:00:00;\x00;;;1;;", "columns"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_reason(row, reason):
    readings, report = hostile(row)
    assert readings == []
    assert report.refused == {reason: 1}


@pytest.mark.parametrize("value", [b"=1+1", b"1_000", b"12,5", "١٢".encode(), b"1" * 40, b"Jeanne"])
def test_a_value_that_is_no_number_is_refused_and_its_neighbour_kept(value):
    readings, report = hostile(b"71;SDS011;900;43.5;5.4;2026-03-03T07:00:00;" + value + b";;;4.5;;")
    assert [(reading.channel, reading.result) for reading in readings] == [("P2", 4.5)]
    assert report.refused == {"value": 1}


@pytest.mark.parametrize("value", [b"inf", b"-inf", b"1e999", b"NaN", b"None", b"unknown"])
def test_a_number_that_is_none_is_missing(value):
    readings, _report = hostile(b"71;SDS011;900;43.5;5.4;2026-03-03T07:00:00;" + value + b";;;4.5;;")
    assert [reading.result for reading in readings] == [None, 4.5]


def test_columns_outside_the_list_are_never_read():
    data = PARTICLES_CSV.replace(b"durP1", b"student")
    _readings, report = read(PARTICLES, data)
    assert "student" not in repr(report)
    assert {stream.channel for stream in report.datastreams} == {"P1", "P2"}


def test_no_place_finer_than_three_decimals_leaves_the_adapter():
    _readings, report = read(PARTICLES, PARTICLES_CSV)
    for site in report.sites.values():
        assert (round(site.latitude, 3), round(site.longitude, 3)) == (site.latitude, site.longitude)


SAMPLES = os.environ.get("STEAMCITY_SAMPLES", "")


@pytest.mark.skipif(not SAMPLES, reason="STEAMCITY_SAMPLES names no folder with authentic feed samples")
@pytest.mark.parametrize(
    ("name", "sensor", "kind", "rows", "missing"),
    [
        ("archive_2017-08-30_sds011_sensor_5331.csv", "5331", "SDS011", 79, 2),
        ("archive_2017-08-30_dht22_sensor_5332.csv", "5332", "DHT22", 79, 0),
        ("archive_2018-07-07_bme280_sensor_15093.csv", "15093", "BME280", 59, 0),
    ],
)
def test_authentic_files_are_read_whole(name, sensor, kind, rows, missing):
    data = (Path(SAMPLES) / "feeds" / "sensor-community" / name).read_bytes()
    file = FeedFile(date.fromisoformat(name[8:18]), name, sensor, kind)
    readings, report = read(file, data)
    assert (report.rows, report.missing, report.refused) == (rows, missing, {})
    assert len(readings) == rows * len(report.datastreams)


def test_an_answer_that_is_stored_is_not_read_again_unless_it_says_something_else():
    other = FeedFile(DAY, "2026-03-03/2026-03-03_sds011_sensor_73.csv", "73", "SDS011")
    first = {piece.file: piece for piece in pieces((PARTICLES, PARTICLES_CSV), (CLIMATE, CLIMATE_CSV))}
    stored = {piece.digest for piece in first.values()}
    assert all(piece.readings and piece.digest and not piece.unchanged for piece in first.values())
    again = {
        piece.file: piece
        for piece in pieces(
            (PARTICLES, PARTICLES_CSV), (CLIMATE, CLIMATE_CSV + b"\n"), (other, PARTICLES_CSV), stored=stored
        )
    }
    assert (again[PARTICLES].unchanged, again[PARTICLES].readings) == (True, [])
    assert again[PARTICLES].digest == first[PARTICLES].digest  # so that the run after this one knows it, too
    assert not again[CLIMATE].unchanged
    assert again[CLIMATE].readings == first[CLIMATE].readings
    assert not again[other].unchanged


def test_an_answer_with_readings_from_the_future_is_looked_at_again():
    file = FeedFile(date(2026, 3, 13), "2026-03-13/2026-03-13_sds011_sensor_71.csv", "71", "SDS011")
    (piece,) = pieces((file, PARTICLES_CSV.replace(b"2026-03-03T", b"2026-03-13T")))
    assert piece.report.refused["future"] == 6
    assert piece.digest == ""
