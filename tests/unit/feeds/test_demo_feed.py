"""The demo's archive: the same bytes each time, and in the shape the adapter reads."""

from __future__ import annotations

import re

from ckanext.steamcity.demo import feed as demo
from ckanext.steamcity.harvesters.feeds import FeedFile, FileReport, adapter
from feed_web import archive, source


def test_two_archives_are_the_same_bytes(tmp_path):
    first = demo.write_archive(tmp_path / "a", days=3)
    second = demo.write_archive(tmp_path / "b", days=3)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert len(first) == 3 * 4 * 2


def test_the_adapter_reads_every_row_of_it(tmp_path):
    reader = adapter("sensor_community")
    readings, missing, pairs = 0, 0, []
    for path in demo.write_archive(tmp_path, days=10):
        match = re.fullmatch(r"(.{10})_(\w+)_sensor_(\d+)\.csv", path.name)
        assert match
        file = FeedFile(demo.date.fromisoformat(match[1]), f"{match[1]}/{path.name}", match[3], match[2].upper())
        report = FileReport()
        readings += len(list(reader.readings(file, path.read_bytes(), report)))
        missing += report.missing
        assert report.refused == {}
        pairs.append((file, path.read_bytes()))
    # 584 rows a day; PM has two quantities, climate three; less five hours of Aix, plus a doubled row for each PM
    # sensor.
    assert 114_000 < readings < 118_000
    # Eight empty values in the doubled rows, and one hour (24 or 25 rows) of "nan" in Sofia.
    assert missing in (8 + 24, 8 + 25)
    stations = reader.survey(source(archive(pairs), "sensor_community")).stations
    assert [station.code for station in stations] == [f"SC-{station.location}" for station in demo.STATIONS]
    assert all(len(station.datastreams) == 5 for station in stations)
