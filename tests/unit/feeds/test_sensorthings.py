"""The SensorThings adapter on answers of a small server written by hand."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ckanext.steamcity.harvesters.feeds import FeedError, FeedFile, Known, adapter, sensorthings
from ckanext.steamcity.harvesters.feeds.moments import moment
from ckanext.steamcity.harvesters.feeds.reader import read
from feed_web import NOW, Web, harvest, source

BASE = "https://feed.example/"


def stream(identifier=7, name="temperature", symbol="°C", **unit):
    return {
        "@iot.id": identifier,
        "name": name,
        "unitOfMeasurement": {"symbol": symbol, **unit},
        "ObservedProperty": {"name": name, "definition": ""},
        "Sensor": {"name": "Jeanne's sensor"},
    }


def thing(*streams, identifier=1, **changes):
    described = {
        "@iot.id": identifier,
        "name": "Station of Jeanne",
        "description": "Jeanne",
        "properties": {"owner": "Jeanne", "exposure": "outdoor"},
        "Locations": [{"name": "Jeanne", "location": {"type": "Point", "coordinates": [10.00012, 53.55012]}}],
        "Datastreams": list(streams) or [stream()],
    }
    return described | changes


def page(rows, following=None):
    return json.dumps({"value": rows} | ({"@iot.nextLink": following} if following else {})).encode()


def observation(time, result=11.5):
    return {"phenomenonTime": time, "result": result, "resultTime": None}


def web(observations, *things):
    return Web({"Things?*": page(list(things) or [thing()]), "Datastreams(7)/Observations?*": observations})


def test_pages_are_followed_until_there_is_no_next_one_and_a_short_page_ends_nothing():
    moments = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(5)]
    rows = [observation(m.isoformat()) for m in moments]
    pages = web(page(rows[:1], BASE + "page2"))
    pages.pages |= {BASE + "page2": page([], BASE + "page3"), BASE + "page3": page(rows[1:])}
    readings, _pieces = harvest(pages, "sensorthings")
    assert [r.time for r in readings] == moments


@pytest.mark.parametrize("body", ["same address", "same page"])
def test_pages_that_go_in_a_circle_end(body):
    rows = [observation(f"2026-03-01T00:0{n}:00Z", n) for n in range(5)]
    pages = web(page(rows, BASE + "again?1"))
    count = iter(range(1000))
    following = (lambda _p: BASE + "again?1") if body == "same address" else (lambda _p: f"{BASE}again?{next(count)}")
    answer = page(rows, BASE + "again?x")
    pages.pages[BASE + "again?*"] = (lambda p: page(rows, following(p))) if body == "same address" else answer
    readings, pieces = harvest(pages, "sensorthings")
    assert {r.result for r in readings} == {0, 1, 2, 3, 4}
    assert pieces[-1].trouble == "unread"
    assert len(pages.asked) < 10


def test_pages_inside_an_expanded_list_are_followed():
    described = thing(stream(7)) | {"Datastreams@iot.nextLink": BASE + "more"}
    pages = web(page([]), described)
    pages.pages[BASE + "more"] = page([stream(8, "humidity", "%")], BASE + "more2")
    pages.pages[BASE + "more2"] = page([stream(9, "pressure", "hPa")])
    (station,) = adapter("sensorthings").survey(source(pages, "sensorthings")).stations
    assert {s.property for s in station.datastreams} == {"air_temperature", "relative_humidity", "air_pressure"}
    pages.pages[BASE + "more2"] = page([], BASE + "more2")
    with pytest.raises(FeedError):
        adapter("sensorthings").survey(source(pages, "sensorthings"))


def test_data_arrays_intervals_texts_and_missing_times_are_read():
    rows = [
        {"components": ["phenomenonTime", "result", "resultTime"], "dataArray": [["2026-03-01T00:00:00Z", 1, None]]},
        observation("2026-03-01T01:00:00.000Z/2026-03-01T02:00:00.000Z", 2),
        observation("2026-03-01T02:00:00Z", "3.5"),
        {"phenomenonTime": None, "resultTime": "2026-03-01T03:00:00Z", "result": 4},
        observation("2010-12-23T10:20:00-0700Z", 5),
        observation("2026-03-01T05:00:00Z", "Jeanne"),
        observation("2026-03-01T06:00:00Z", None),
        observation(None, 7),
    ]
    readings, pieces = harvest(web(page(rows)), "sensorthings")
    assert [(r.time.hour, r.result) for r in readings] == [(0, 1), (1, 2), (2, 3.5), (3, 4), (17, 5), (6, None)]
    assert pieces[0].report.refused == {"value": 1, "time": 1}
    assert "Jeanne" not in repr(pieces)


@pytest.mark.parametrize(
    ("unit", "channel"),
    [
        ({"symbol": "C"}, "air_temperature"),
        ({"symbol": "", "name": "degree Celsius", "definition": "ucum:Cel"}, "air_temperature"),
        ({"symbol": "", "definition": "http://qudt.org/vocab/unit/DEG_C"}, "air_temperature"),
        ({"symbol": "°F"}, "air_temperature:[degF]"),
        ({"symbol": "K"}, "air_temperature:K"),
        ({"symbol": "bananas"}, None),
        ({}, None),
    ],
)
def test_odd_units_are_understood_through_the_aliases_or_not_at_all(unit, channel):
    described = stream() | {"unitOfMeasurement": unit}
    readings, _ = harvest(web(page([observation("2026-03-01T00:00:00Z")]), thing(described)), "sensorthings")
    assert [r.channel for r in readings] == ([channel] if channel else [])


def test_ids_that_are_texts_become_codes_and_names_are_never_read():
    described = thing(stream("jeanne's stream"), identifier="box-of-jeanne")
    pages = Web(
        {
            "Things?*": page([described]),
            "Datastreams('jeanne''s stream')/Observations?*": page([observation("2026-03-01")]),
        }
    )
    readings, pieces = harvest(pages, "sensorthings")
    survey = adapter("sensorthings").survey(source(pages, "sensorthings"))
    assert len(readings) == 1
    assert readings[0].station == survey.stations[0].source_id
    kept = repr((readings, survey, [(piece.report, piece.file.to_dict()) for piece in pieces])).casefold()
    assert "jeanne" not in kept
    assert (survey.stations[0].latitude, survey.stations[0].longitude) == (53.55, 10.0)


def test_no_address_of_a_next_page_is_kept_and_what_waits_is_asked_from_its_beginning():
    described = thing(stream("jeanne's stream"), identifier="box-of-jeanne")
    rows = [observation(f"2026-03-0{n}T00:00:00Z", n) for n in range(1, 7)]
    first = "Datastreams('jeanne''s stream')/Observations?*"
    pages = Web({"Things?*": page([described]), first: page(rows[:2], BASE + "next?of=jeanne")})
    pages.pages[BASE + "next?of=jeanne"] = b"<html>"
    readings, pieces = harvest(pages, "sensorthings")
    assert ([r.result for r in readings], pieces[-1].trouble) == ([1, 2], "unread")
    left = pieces[-1].file.to_dict()
    assert "jeanne" not in json.dumps(left)
    # The next run is another process: it knows what was kept, and the Things.
    pages.pages[BASE + "next?of=jeanne"] = page(rows[2:])
    feed, asked = adapter("sensorthings"), source(pages, "sensorthings")
    list(feed.files(asked, Known(now=NOW)))
    again = feed.joined([FeedFile.from_dict(json.loads(json.dumps(left))) for _twice in range(2)])
    assert [r.result for piece in read(feed, asked, again) for r in piece.readings] == [1, 2, 3, 4, 5, 6]
    assert len(again) == 1


def test_what_was_kept_before_addresses_were_codes_is_asked_for_by_code():
    described = thing(stream("jeanne's stream"))
    first = "Datastreams('jeanne''s stream')/Observations?*"
    pages = Web({"Things?*": page([described]), first: page([observation("2026-03-01T00:00:00Z")])})
    feed, asked = adapter("sensorthings"), source(pages, "sensorthings")
    (now,) = feed.files(asked, Known(now=NOW))
    about = {name: value for name, value in now.about.items() if name not in ("channel", "filter")}
    old = FeedFile(now.day, "Datastreams('jeanne''s stream')/Observations?$top=1000", now.sensor, "unknown", about)
    (again,) = feed.joined([old])
    assert "jeanne" not in repr(again)
    assert [r.channel for piece in read(feed, asked, [again]) for r in piece.readings] == ["air_temperature"]


def test_an_edited_unit_opens_a_datastream_after_what_is_stored():
    rows = [observation(f"2026-03-09T{n:02}:00:00Z", n) for n in range(24)]
    notes: dict = {}

    def run(symbol, newest):
        pages = web(page(rows), thing(stream(symbol=symbol)))
        feed, asked = adapter("sensorthings"), source(pages, "sensorthings", notes=notes)
        feed.survey(asked)
        files = feed.files(asked, Known(newest, now=NOW))
        return [(r.time.hour, r.channel) for piece in read(feed, asked, files) for r in piece.readings], pages.asked

    assert len(run("°C", {})[0]) == 24
    found, addresses = run("°F", {"7": datetime(2026, 3, 9, 20, tzinfo=UTC)})
    late = [(hour, "air_temperature") for hour in range(9, 21)]  # what came late before the edit is the former's
    assert found == late + [(hour, "air_temperature:[degF]") for hour in (21, 22, 23)]
    assert "phenomenonTime gt 2026-03-09T08:00:00.000Z and phenomenonTime le 2026-03-09T20:00:00.000Z" in addresses[-2]
    assert "phenomenonTime ge 2026-03-09T20:00:00.000Z" in addresses[-1]


def test_what_a_server_has_without_a_place_or_on_wheels_is_named_and_left_out():
    wheels = thing(identifier=2, properties={"exposure": "mobile"})
    found = adapter("sensorthings").survey(
        source(
            web(b"", thing(), wheels, thing(identifier=3, Locations=[]), thing(identifier=4, Datastreams=[])),
            "sensorthings",
        )
    )
    assert [station.source_id for station in found.stations] == ["1"]
    assert found.named == {"1", "2", "3", "4"}


def test_more_things_than_are_read_are_told(monkeypatch):
    monkeypatch.setattr(sensorthings, "_MOST_THINGS", 3)
    for count, troubles in ((3, 0), (4, 1)):
        pages = web(b"", *(thing(identifier=n + 1) for n in range(count)))
        found = adapter("sensorthings").survey(source(pages, "sensorthings"))
        assert (len(found.stations), len(found.troubles)) == (3, troubles)


def test_a_run_asks_from_twelve_hours_before_the_newest():
    pages = web(page([]))
    newest = datetime(2026, 3, 9, 12, tzinfo=UTC)
    harvest(pages, "sensorthings", Known({"7": newest}, now=NOW))
    assert "phenomenonTime ge 2026-03-09T00:00:00.000Z" in pages.asked[-1]


@pytest.mark.parametrize("body", [b"<html>", b'{"value": [', b"[]", b'{"value": {}}', b'{"code": 500}'])
def test_an_answer_in_another_shape_is_kept_for_later(body):
    _readings, pieces = harvest(web(body), "sensorthings")
    assert [piece.trouble for piece in pieces] == ["unread"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", None, 5, "9" * 100, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_none(text):
    assert moment(text) is None


@pytest.mark.skipif(not os.environ.get("STEAMCITY_SAMPLES"), reason="STEAMCITY_SAMPLES names no folder")
def test_authentic_entities_are_walked_and_unknown_quantities_left_out():
    folder = Path(os.environ["STEAMCITY_SAMPLES"]) / "feeds" / "sensorthings"
    described = json.loads((folder / "frost_entitiesDefault_deep_insert.json").read_text()) | {"@iot.id": 1}
    assert adapter("sensorthings").survey(source(web(b"", described), "sensorthings")).stations == []
