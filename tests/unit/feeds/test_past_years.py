"""Sensor.Community's past years: packed files in folders of years; and the gaps a run reports."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from ckanext.steamcity.harvesters.feeds import Known, Reading, adapter
from ckanext.steamcity.harvesters.feeds.gaps import Gaps
from feed_web import NOW, Web, harvest, source

HEADER = "sensor_id;sensor_type;location;lat;lon;timestamp;P1;durP1;ratioP1;P2;durP2;ratioP2\n"


def day(text):
    return (HEADER + f"71;SDS011;900;43.529;5.447;{text}T07:00:10;12.50;;;4.25;;\n").encode()


def listing(*names):
    return "".join(f'<a href="{name}">x</a>' for name in names).encode()


def archive():
    return Web(
        {
            "": listing("2024/", "2026-03-08/", "csv_per_month/"),
            "2024/": listing("2024-03-03/"),
            "2024/2024-03-03/": listing(
                "2024-03-03_sds011_sensor_71.csv.gz", "2024-03-03_bme280_sensor_72_indoor.csv.gz"
            ),
            "2024/2024-03-03/2024-03-03_sds011_sensor_71.csv.gz": gzip.compress(day("2024-03-03")),
            "2026-03-08/": listing("2026-03-08_sds011_sensor_71.csv", "2026-03-08_sds011_sensor_71.csv.gz"),
            "2026-03-08/2026-03-08_sds011_sensor_71.csv": day("2026-03-08"),
        }
    )


def test_packed_files_of_past_years_are_read_and_nothing_twice():
    readings, pieces = harvest(archive(), "sensor_community")
    assert [r.time.year for r in readings] == [2024, 2024, 2026, 2026]
    assert [piece.trouble for piece in pieces] == [None, None]


def test_past_years_are_not_asked_for_when_they_are_known():
    pages = archive()
    newest = datetime(2026, 3, 8, 7, tzinfo=UTC)
    harvest(pages, "sensor_community", Known({"71": newest}, now=NOW))
    assert not any(path.startswith("2024") for path in pages.asked)


def test_the_newest_file_describes_the_station():
    (station,) = adapter("sensor_community").survey(source(archive(), "sensor_community", sensors=("71",))).stations
    assert (station.code, station.latitude) == ("SC-900", 43.529)


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(day("2024-03-03"))[:-12], gzip.compress(b"0" * 30_000_000)])
def test_what_cannot_be_unpacked_or_unpacks_without_end_is_kept_for_later(body):
    pages = archive()
    pages.pages["2024/2024-03-03/2024-03-03_sds011_sensor_71.csv.gz"] = body
    readings, pieces = harvest(pages, "sensor_community")
    assert [piece.trouble for piece in pieces] == ["unread", None]
    assert {r.time.year for r in readings} == {2026}


def test_gaps_are_told_against_each_sensors_own_rhythm():
    def every(minutes, count, start=0):
        begin = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=start)
        return [Reading("s", str(minutes), "x", begin + n * timedelta(minutes=minutes), 1.0) for n in range(count)]

    gaps = Gaps()
    gaps.add([*every(10, 12), *every(120, 12)])
    assert gaps.counts() == {"moments_expected": 24, "moments": 24, "gaps": 0}
    gaps.add(every(10, 12, start=600))  # silent from minute 110 to minute 600
    assert gaps.counts()["gaps"] == 1
    assert (gaps.found[0]["sensor"], gaps.found[0]["from"][11:16], gaps.found[0]["to"][11:16]) == (
        "10",
        "01:50",
        "10:00",
    )


def spoken(sensor, *minutes):
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    return [Reading("s", sensor, "x", begin + timedelta(minutes=one), 1.0) for one in minutes]


def test_a_gap_is_seen_however_few_readings_a_page_has():
    gaps = Gaps()
    gaps.add(spoken("1", 0, 10, 20))
    gaps.add(spoken("1", 4340, 4350, 4360))  # three days later
    gaps.add(spoken("1", 4370))
    assert (gaps.count, gaps.expected, gaps.got) == (1, 7, 7)
    one_a_day = Gaps()
    for day in (0, 1, 2, 3, 4, 9, 10):
        one_a_day.add(spoken("1", 1440 * day))
    assert one_a_day.count == 0  # five days are not yet more than five of its steps
    one_a_day.add(spoken("1", 1440 * 16))
    assert one_a_day.count == 1


def test_a_silence_without_a_rhythm_is_judged_at_the_end():
    gaps = Gaps()
    gaps.add(spoken("1", 0))
    gaps.add(spoken("1", 3 * 1440))
    gaps.add(spoken("2", 0))
    gaps.add(spoken("2", 1440))
    assert gaps.count == 0
    gaps.end()
    assert [gap["sensor"] for gap in gaps.found] == ["1"]


def test_a_sensor_that_is_silent_up_to_now_is_told_also_by_a_run_that_read_nothing_of_it():
    gaps = Gaps()
    gaps.add(spoken("1", *range(0, 600, 10)) + spoken("2", *range(0, 600, 120)) + spoken("3", 590))
    until = datetime(2026, 3, 1, 12, tzinfo=UTC)
    newest = {"1": datetime(2026, 2, 1, tzinfo=UTC), "4": datetime(2026, 2, 26, tzinfo=UTC)}
    assert [(one["sensor"], one["from"][5:16]) for one in gaps.silent(until, newest)] == [
        ("4", "02-26T00:00"), ("1", "03-01T09:50"),
    ]  # fmt: skip
    later = Gaps(gaps.rhythms)
    newest |= {sensor: datetime(2026, 3, 1, 9, 50, tzinfo=UTC) for sensor in ("1", "2", "3")}
    assert later.silent(until, newest)[1] == {"station": "s", "sensor": "1", "from": "2026-03-01T09:50:00+00:00"}
    assert [one["sensor"] for one in later.silent(until, newest)] == ["4", "1"]
    later.add(spoken("1", 700))
    assert [one["sensor"] for one in later.silent(until, newest)] == ["4"]
    assert Gaps(later.rhythms).rhythms == gaps.rhythms


@pytest.mark.parametrize("text", ["-999", "-999.0", "-99.99", "-9999"])
def test_what_a_device_without_a_sensor_sends_is_missing_in_the_archive_as_in_live_data(text):
    pages = archive()
    path = "2026-03-08/2026-03-08_sds011_sensor_71.csv"
    pages.pages[path] = pages.pages[path].replace(b"12.50", text.encode())
    readings, _pieces = harvest(pages, "sensor_community")
    assert [r.result for r in readings if r.time.year == 2026] == [None, 4.25]
