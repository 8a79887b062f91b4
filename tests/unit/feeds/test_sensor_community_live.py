"""Sensor.Community's live data, written by hand in the documented shape."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ckanext.steamcity.harvesters.feeds import adapter
from feed_web import Web, harvest, source

AREA = {"filter": "area=43.5,5.4,10"}


def row(sensor=71, kind="SDS011", location=900, values=(("P1", "12.5"), ("P2", "nan")), **place):
    return {
        "id": 1,
        "timestamp": "2026-03-10 11:58:12",
        "location": {"id": location, "latitude": "43.52912", "longitude": "5.44748", "indoor": 0, "country": "FR"}
        | place,
        "sensor": {"id": sensor, "pin": "1", "sensor_type": {"id": 14, "name": kind, "manufacturer": "Jeanne"}},
        "sensordatavalues": [{"id": 2, "value": value, "value_type": name} for name, value in values],
    }


def web(*rows):
    return Web({"airrohr/v1/filter/area=43.5,5.4,10": json.dumps(rows).encode()})


def test_pins_at_one_location_are_one_station_and_times_are_the_servers():
    climate = row(72, "BME280", values=(("pressure", "101325.5"), ("temperature", "11.2"), ("student", "Jeanne")))
    readings, pieces = harvest(web(row(), climate), "sensor_community_live", **AREA)
    assert [(r.station, r.sensor, r.channel, r.result) for r in readings] == [
        ("900", "71", "P1", 12.5),
        ("900", "71", "P2", None),
        ("900", "72", "pressure", 1013.255),
        ("900", "72", "temperature", 11.2),
    ]
    assert {r.time for r in readings} == {datetime(2026, 3, 10, 11, 58, 12, tzinfo=UTC)}
    (station,) = (
        adapter("sensor_community_live").survey(source(web(row(), climate), "sensor_community_live", **AREA)).stations
    )
    assert (station.code, station.latitude, len(station.datastreams)) == ("SC-900", 43.529, 4)
    assert adapter("sensor_community_live").time_source == "server"
    assert "Jeanne" not in repr((pieces, station))


def test_stations_of_one_page_keep_their_own_sensors():
    pages = web(row(), row(81, location=901))
    stations = adapter("sensor_community_live").survey(source(pages, "sensor_community_live", **AREA)).stations
    assert [{s.sensor for s in station.datastreams} for station in stations] == [{"71"}, {"81"}]


def test_indoor_and_unknown_sensors_are_left_out():
    pages = web(row(indoor=1), row(indoor="1"), row(kind="PPD42NS"), {"location": "Jeanne"})
    assert harvest(pages, "sensor_community_live", **AREA)[0] == []


@pytest.mark.parametrize("value", ["", None, "area=1&x=2", "../../etc", "area=1,2,3#"])
def test_a_wrong_filter_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        adapter("sensor_community_live").options["filter"](value)


@pytest.mark.skipif(not os.environ.get("STEAMCITY_SAMPLES"), reason="STEAMCITY_SAMPLES names no folder")
def test_authentic_data_are_read():
    data = (Path(os.environ["STEAMCITY_SAMPLES"]) / "feeds/sensor-community/live_v1_data_2019-04-25.json").read_bytes()
    pages = Web({"airrohr/v1/filter/*": data})
    readings, pieces = harvest(pages, "sensor_community_live", **AREA)
    assert len(readings) >= 4
    assert pieces[0].report.refused == {}
