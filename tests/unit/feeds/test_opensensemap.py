"""The openSenseMap adapter on answers written by hand in both shapes the service has."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from ckanext.steamcity.harvesters.feeds import FeedFile, FileReport, Known, Unreachable, adapter, opensensemap, streams
from ckanext.steamcity.harvesters.feeds.reader import read
from feed_web import NOW, Web, harvest, source

BOX = "5386e44d5f0822040000a001"
WARM = "5386e44d5f0822040000b001"
DUST = "5386e44d5f0822040000b002"
NAME = "Balkon von Jeanne-Marguerite"


def box(**changes):
    described = {
        "_id": BOX,
        "createdAt": "2026-03-01T00:00:00.000Z",
        "name": NAME,
        "description": NAME,
        "exposure": "outdoor",
        "grouptag": ["steamcity"],
        "currentLocation": {
            "type": "Point",
            "coordinates": [7.645683, 51.962372],
            "timestamp": "2026-03-01T00:00:00.000Z",
        },
        "sensors": [
            {"_id": WARM, "title": "Temperatur", "unit": "°C", "sensorType": "HDC1008"},
            {"_id": DUST, "title": "PM2.5", "unit": "μg/m³", "sensorType": "SDS 011"},
            {"_id": "5386e44d5f0822040000b003", "title": f"Schritte {NAME}", "unit": "Stück", "sensorType": NAME},
        ],
    }
    return described | changes


def measurements(times, shape="old"):
    if shape == "old":
        rows = [{"location": [7, 52], "createdAt": f"{t:%Y-%m-%dT%H:%M:%S}.000Z", "value": "6.38"} for t in times]
    else:
        rows = [{"sensor_id": WARM, "time": f"{t:%Y-%m-%d %H:%M:%S}.189+00", "value": 6.38} for t in times]
    return json.dumps(list(reversed(rows))).encode()


def service(times, shape="old", inclusive=True, full=10_000):
    """A service over one series: the newest rows of a window, its edges in or out."""

    def answer(path):
        query = parse_qs(urlsplit(path).query)
        begin, end = (datetime.fromisoformat(query[name][0]) for name in ("from-date", "to-date"))
        inside = [t for t in times if (begin <= t <= end if inclusive else begin < t < end)]
        return measurements(inside[-full:], shape)

    return answer


def web(times=(), described=None, **options):
    return Web(
        {
            f"boxes/{BOX}?format=json": json.dumps(described or box()).encode(),
            f"boxes/{BOX}/data/{WARM}?*": service(times, **options),
            f"boxes/{BOX}/data/{DUST}?*": b"[]",
        }
    )


def series(count, step=timedelta(minutes=10), start=datetime(2026, 3, 1, tzinfo=UTC)):
    return [start + number * step for number in range(count)]


def test_a_box_becomes_a_station_under_a_code_with_what_is_understood_of_it():
    survey = adapter("opensensemap").survey(source(web(), "opensensemap", boxes=[BOX]))
    (station,) = survey.stations
    assert (station.source_id, station.code, station.exposure) == (BOX, "OSM-00a001", "outdoor")
    assert (station.latitude, station.longitude) == (51.962, 7.646)
    assert [(s.sensor, s.property, s.unit, s.sensor_type) for s in station.datastreams] == [
        (WARM, "air_temperature", "Cel", "HDC1008"),
        (DUST, "pm25", "ug/m3", "SDS011"),
    ]
    assert "Jeanne" not in repr(survey)


@pytest.mark.parametrize(("shape", "stamp"), [("old", 0), ("new", 189_000)])
@pytest.mark.parametrize("inclusive", [True, False])
def test_every_reading_comes_whatever_the_shape_and_the_rule_about_edges(shape, stamp, inclusive):
    # On the hour for nine days: readings lie exactly on the edges of the windows.
    times = series(9 * 24, timedelta(hours=1))
    readings, _pieces = harvest(web(times, shape=shape, inclusive=inclusive), "opensensemap", boxes=[BOX])
    assert {r.time for r in readings} == {t.replace(microsecond=stamp) for t in times}
    assert {r.result for r in readings} == {6.38}


def test_a_full_answer_is_asked_again_in_halves_until_nothing_is_cut_off(monkeypatch):
    monkeypatch.setattr(opensensemap, "FULL", 100)
    times = series(900)
    readings, pieces = harvest(web(times, full=100), "opensensemap", boxes=[BOX])
    assert {r.time for r in readings} == set(times)
    assert sum(piece.report.refused["truncated"] for piece in pieces) == 0


def test_a_run_goes_on_twelve_hours_before_the_newest():
    times = series(1000)
    asked = web(times)
    readings, _pieces = harvest(asked, "opensensemap", Known({WARM: times[-1]}, now=NOW), boxes=[BOX])
    assert min(r.time for r in readings) >= times[-1] - timedelta(hours=12, seconds=1)
    assert len({r.time for r in readings}) == 73


def test_a_newest_reading_of_2028_does_not_stop_the_feed():
    times = series(1000, start=NOW - timedelta(hours=3), step=timedelta(seconds=5))
    future = Known({WARM: datetime(2028, 1, 1, tzinfo=UTC)}, now=NOW)
    readings, _pieces = harvest(web(times), "opensensemap", future, boxes=[BOX])
    assert {r.time for r in readings} == set(times)


def test_dead_clocks_are_refused_and_counted():
    rows = [{"createdAt": f"{year}-01-01T00:00:00Z", "value": "1"} for year in (1970, 2000, 2028)] + [
        {"createdAt": "2026-03-09T10:00:00Z", "value": "2"}
    ]
    pages = web()
    pages.pages[f"boxes/{BOX}/data/{WARM}?*"] = json.dumps(rows).encode()
    readings, pieces = harvest(pages, "opensensemap", boxes=[BOX])
    assert {r.result for r in readings} == {2.0}
    assert pieces[0].report.refused == {"future": 1, "past": 2}


def test_an_edited_unit_is_another_datastream_and_edited_back_the_former():
    def channel(unit):
        changed = box(sensors=[{"_id": WARM, "title": "Temperatur", "unit": unit, "sensorType": "x"}])
        readings, _ = harvest(web(series(3), changed), "opensensemap", boxes=[BOX])
        return {(r.channel, r.result) for r in readings}

    assert channel("°C") == {("air_temperature", 6.38)}
    assert channel("°F") == {("air_temperature:[degF]", -14.233333)}
    assert channel("ºC") == channel("°C")


def readings_of(notes, known, title="Temperatur", unit="°C", kind="HDC1008", times=()):
    """What a run reads of a sensor that is called so, given the notes of the run before (which it goes on with)."""
    pages = web(times, box(sensors=[{"_id": WARM, "title": title, "unit": unit, "sensorType": kind}]))
    feed, asked = adapter("opensensemap"), source(pages, "opensensemap", boxes=[BOX], notes=notes)
    (station,) = feed.survey(asked).stations
    found = [r for piece in read(feed, asked, feed.files(asked, Known(known, now=NOW))) for r in piece.readings]
    had = {one[-1] for one in notes["streams"][WARM]["had"]}
    assert {r.channel for r in found} <= had
    assert {s.channel for s in station.datastreams} <= had
    assert len({r.time for r in found}) == len(found)
    return {r.time: r.channel for r in found}


@pytest.mark.parametrize(
    ("edit", "channel"),
    [
        ({"unit": "°F"}, "air_temperature:[degF]"),
        ({"title": "Lufttemperatur"}, "air_temperature~lufttemperatur"),
        ({"title": "Lufttemperatur", "unit": "°F"}, "air_temperature:[degF]"),
        ({"title": "rel. Luftfeuchte", "unit": "%"}, "relative_humidity"),
        ({"kind": "BME280"}, "air_temperature~temperatur"),
    ],
)
def test_what_is_edited_opens_a_datastream_that_begins_where_the_former_ended(edit, channel):
    times, notes = series(1000), {}
    former = readings_of(notes, {}, times=times[:900])
    assert (set(former), set(former.values())) == (set(times[:900]), {"air_temperature"})
    notes = json.loads(json.dumps(notes))  # as they are kept

    def told(first, *spans):
        """Twelve hours before the newest are asked for again, of each datastream what is its own."""
        return {times[n]: name for begin, end, name in spans for n in range(max(begin, first + 1), end)}

    plain = "air_temperature"
    after = readings_of(notes, {WARM: times[899]}, times=times[:910], **edit)
    assert after == told(899 - 72, (0, 900, plain), (900, 910, channel))
    again = readings_of(notes, {WARM: times[909]}, times=times[:920], **edit)
    assert again == told(909 - 72, (0, 900, plain), (900, 920, channel))
    # Edited back, the former goes on, after the newest again.
    back = readings_of(notes, {WARM: times[919]}, times=times[:930])
    assert back == told(919 - 72, (0, 900, plain), (900, 920, channel), (920, 930, plain))
    # And when the hours have passed nothing more is asked of it.
    later = readings_of(notes, {WARM: times[999]}, times=times)
    assert later == told(999 - 73, (927, 1000, plain))
    assert "former" not in notes["streams"][WARM]
    assert "Temperatur" not in json.dumps(notes)


def test_what_comes_late_from_before_an_edit_is_the_formers_in_its_unit():
    """Readings of the hours before a unit was edited, which the source had not got yet."""
    times, notes = series(900), {}
    readings_of(notes, {}, times=times[:700:2])
    late = readings_of(notes, {WARM: times[698]}, unit="°F", times=times[:720])
    assert {late[times[n]] for n in range(630, 699)} == {"air_temperature"}
    assert {late[times[n]] for n in range(699, 720)} == {"air_temperature:[degF]"}


def test_sensors_that_are_named_no_more_are_forgotten_one_day():
    notes, times = {}, series(100)

    def run(known, sensor=WARM, unit="°C", days=0):
        pages = web(times, box(sensors=[{"_id": sensor, "title": "Temperatur", "unit": unit, "sensorType": "x"}]))
        pages.pages[f"boxes/{BOX}/data/{DUST}?*"] = service(times)
        feed, asked = adapter("opensensemap"), source(pages, "opensensemap", boxes=[BOX], notes=notes)
        now = NOW + timedelta(days=days)
        found = [r for piece in read(feed, asked, feed.files(asked, Known(known, now=now))) for r in piece.readings]
        return {r.time: r.channel for r in found}

    run({})
    assert set(notes["streams"]) == {WARM}
    stored = {WARM: times[50]}
    run(stored, DUST)
    run(stored, DUST, days=80)
    assert set(notes["streams"]) == {WARM, DUST}
    run(stored, DUST, days=100)
    assert set(notes["streams"]) == {DUST}
    # Nothing was stored of the other one; what comes back from far away has nothing twice, in whatever unit.
    assert run(stored, unit="°F", days=100) == dict.fromkeys(times[51:], "air_temperature:[degF]")
    assert set(notes["streams"]) == {WARM}
    # Who was edited is remembered.
    run(stored, unit="°C", days=101)
    run(stored, DUST, days=102)
    run(stored, DUST, days=900)
    assert [one[-1] for one in notes["streams"][WARM]["had"]] == ["air_temperature:[degF]", "air_temperature"]


def test_nobody_is_forgotten_while_the_source_does_not_answer_for_all():
    notes = {}
    feed, asked = adapter("opensensemap"), source(web(series(3)), "opensensemap", boxes=[BOX, "5386e44d"], notes=notes)
    list(feed.files(asked, Known(now=NOW)))
    assert set(notes["streams"]) == {WARM, DUST}
    asked = source(web(series(3)), "opensensemap", boxes=["5386e44d"], notes=notes)  # 404
    list(feed.files(asked, Known(now=NOW)))
    assert set(notes["streams"]) == {WARM, DUST}


def test_three_titles_and_a_type_are_four_datastreams():
    notes = {}
    called = [("Temperatur", "HDC1008"), ("Lufttemperatur", "HDC1008"), ("temp", "x1"), ("Temperatur", "BME280")]
    channels = []
    for n, (title, kind) in enumerate(called):
        newest = {WARM: series(1000)[n]} if n else {}
        found = readings_of(notes, newest, title=title, kind=kind, times=series(1000))
        channels.append(found[max(found)])  # what comes late is the formers'
    assert channels == [
        "air_temperature", "air_temperature~lufttemperatur", "air_temperature~temp", "air_temperature~temperatur",
    ]  # fmt: skip


def test_a_feed_from_before_anything_was_noted_goes_on_in_its_datastream():
    times = series(1000)
    assert readings_of({}, {WARM: times[900]}, times=times)[times[890]] == "air_temperature"
    # "SDS 011" was no type then; the datastream of the one that is known begins after what is stored.
    assert min(readings_of({streams.OLDER: True}, {WARM: times[900]}, kind="SDS 011", times=times)) == times[901]
    assert readings_of({streams.OLDER: True}, {WARM: times[900]}, times=times)[times[890]] == "air_temperature"


def test_an_edited_sensor_with_a_reading_from_the_future_goes_on_now():
    notes, times = {}, series(1000)
    readings_of(notes, {}, times=times)
    future = {WARM: NOW + timedelta(hours=20)}
    readings_of(notes, future, unit="°F", times=times)
    assert datetime.fromisoformat(notes["streams"][WARM]["after"]) == NOW


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Jeanne2", "unknown"), ("Lena-7", "unknown"), ("BME280 of Jeanne", "unknown"), ("", "unknown"),
        ("HDC1080", "HDC1080"), ("SDS 011", "SDS011"), ("sds-011", "SDS011"), ("TSL45315", "TSL45315"),
        ("SB-041", "SB-041"), ("ltr308", "LTR-308"),
    ],
)  # fmt: skip
def test_only_types_that_are_in_the_list_are_kept(written, kind):
    described = box(sensors=[{"_id": WARM, "title": "Temperatur", "unit": "°C", "sensorType": written}])
    (station,) = adapter("opensensemap").survey(source(web((), described), "opensensemap", boxes=[BOX])).stations
    assert station.datastreams[0].sensor_type == kind


def test_days_the_archive_does_not_have_come_from_the_service():
    times = series(9 * 24, timedelta(hours=1))
    one = box(sensors=box()["sensors"][:1])
    readings, pieces = harvest(web(times, one), "opensensemap", boxes=[BOX], archive="https://archive.example")
    assert {r.time for r in readings} == set(times)
    assert {piece.trouble for piece in pieces} == {None}


def test_a_full_day_of_the_service_in_the_archives_place_is_asked_in_halves(monkeypatch):
    monkeypatch.setattr(opensensemap, "FULL", 100)
    times = series(8 * 300, timedelta(minutes=4.8))
    pages = web(times, box(sensors=box()["sensors"][:1]), full=100)
    readings, _pieces = harvest(pages, "opensensemap", boxes=[BOX], archive="https://archive.example")
    assert {r.time for r in readings} == set(times)


def test_an_archive_that_answers_nobody_is_left_alone_and_the_service_asked():
    times, asked = series(9 * 24, timedelta(hours=1)), []

    def down(path):
        asked.append(path)
        raise Unreachable("The archive answered 403.", "refused")

    pages = web(times, box(sensors=box()["sensors"][:1]))
    pages.pages["https://archive.example/*"] = down
    readings, _pieces = harvest(pages, "opensensemap", boxes=[BOX], archive="https://archive.example")
    assert {r.time for r in readings} == set(times)
    assert len(asked) == 5


def test_a_sensor_that_has_fallen_silent_is_not_asked_for_all_the_time_since():
    quiet = dict(box()["sensors"][0], lastMeasurement={"createdAt": "2025-06-01T00:00:00.000Z", "value": "1"})
    pages = web((), box(sensors=[quiet]))
    newest = datetime(2025, 6, 1, tzinfo=UTC)
    harvest(pages, "opensensemap", Known({WARM: newest}, now=NOW), boxes=[BOX], archive="https://archive.example")
    assert len([path for path in pages.asked if "archive" in path or "/data/" in path]) <= 6


def test_a_sensor_whose_newest_reading_the_source_says_wrongly_is_asked_for_everything():
    times = series(9 * 24, timedelta(hours=1))
    wrong = dict(box()["sensors"][0], lastMeasurement={"createdAt": "1970-01-01T00:00:00.000Z", "value": "1"})
    readings, _pieces = harvest(web(times, box(sensors=[wrong])), "opensensemap", boxes=[BOX])
    assert {r.time for r in readings} == set(times)


def test_unknown_units_titles_and_mobile_boxes_are_not_read():
    odd = box(sensors=[{"_id": WARM, "title": "Temperatur", "unit": "Grad im Schatten", "sensorType": "x"}])
    assert harvest(web(series(3), odd), "opensensemap", boxes=[BOX]) == ([], [])
    assert harvest(web(series(3), box(exposure="mobile")), "opensensemap", boxes=[BOX]) == ([], [])


def test_csv_is_read_like_json():
    file = next(
        piece.file for piece in harvest(web(series(3)), "opensensemap", boxes=[BOX])[1] if piece.file.sensor == WARM
    )
    report = FileReport()
    data = b"createdAt,value\n2026-03-03T08:06:13.254Z,6.38\n2026-03-03T08:06:12.312Z,null\nnonsense,1\n"
    readings = list(adapter("opensensemap").readings(file, data, report))
    assert [r.result for r in readings] == [6.38, None]
    assert report.refused == {"time": 1}


def test_the_archive_is_read_for_what_is_old_and_a_renamed_box_is_found():
    day = "2026-03-0{}"
    pages = {
        f"boxes/{BOX}?format=json": json.dumps(box(sensors=box()["sensors"][:1])).encode(),
        f"boxes/{BOX}/data/{WARM}?*": service([datetime(2026, 3, 9, 5, tzinfo=UTC)]),
    }
    for number, name in ((1, "Old_name"), (2, "Jeanne")):
        folder = f"https://archive.example/{day.format(number)}/"
        pages[folder] = f'<a href="{BOX}-{name}/">x</a><a href="5386e44d5f0822040000a002-Other/">x</a>'.encode()
        pages[f"{folder}{BOX}-{name}/{WARM}-{day.format(number)}.csv"] = (
            f"createdAt,value\n{day.format(number)}T10:00:00.000Z,{number}\n".encode()
        )
    asked = Web(pages)
    readings, pieces = harvest(asked, "opensensemap", boxes=[BOX], archive="https://archive.example")
    assert [(r.time.day, r.result) for r in readings] == [(1, 1.0), (2, 2.0), (9, 6.38)]
    # What nobody has of the last seven days may still come.
    assert [(p.file.day.day, p.trouble) for p in pieces if p.trouble] == [
        (3, "gone"),
        *((d, "unread") for d in range(4, 9)),
    ]
    assert "Jeanne" not in repr([piece.file for piece in pieces])


def test_groups_and_rectangles_are_asked_for():
    pages = Web({"boxes?*": json.dumps([box()]).encode()})
    survey = adapter("opensensemap").survey(source(pages, "opensensemap", grouptag="steamcity", bbox=[7, 51, 8, 52]))
    assert len(survey.stations) == 1
    assert pages.asked == ["boxes?grouptag=steamcity&full=true", "boxes?bbox=7.0,51.0,8.0,52.0&full=true"]


@pytest.mark.parametrize(
    "options",
    [{"boxes": "all"}, {"boxes": ["../x"]}, {"bbox": [8, 51, 7, 52]}, {"grouptag": "a&b=c"}, {"archive": "x"}],
)
def test_wrong_options_are_refused(options):
    with pytest.raises((ValueError, TypeError)):
        source(Web({}), "opensensemap", **options)


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'[{"createdAt": "2026-', b'{"message": "Jeanne"}', b"\x00\xff", b"[" * 100_000],
    ids=["html", "cut", "object", "binary", "deep"],
)
def test_an_answer_in_another_shape_is_kept_for_later(body):
    pages = web()
    pages.pages[f"boxes/{BOX}/data/{WARM}?*"] = body
    readings, pieces = harvest(pages, "opensensemap", boxes=[BOX])
    assert readings == []
    assert pieces[0].trouble == "unread"
    assert "Jeanne" not in str(pieces[0].reason)


SAMPLES = Path(os.environ.get("STEAMCITY_SAMPLES", "")) / "feeds" / "opensensemap"


@pytest.mark.skipif(not os.environ.get("STEAMCITY_SAMPLES"), reason="STEAMCITY_SAMPLES names no folder")
def test_authentic_answers_are_read():
    described = json.loads((SAMPLES / "box_57000b8745fd40c8196ad04c.json").read_text())
    pages = Web({"boxes/*": json.dumps(described).encode()})
    (station,) = adapter("opensensemap").survey(source(pages, "opensensemap", boxes=[described["_id"]])).stations
    assert {"air_pressure", "relative_humidity", "air_temperature"} <= {s.property for s in station.datastreams}
    about = {"station": station.source_id, "property": "air_temperature", "unit": "Cel", "source_unit": "Cel"}
    about |= {"factor": "1.0", "offset": "0.0", "latitude": "51.9", "longitude": "7.6", "exposure": "outdoor"}
    file = FeedFile(date(2026, 3, 3), "x", "1", "x", about | {"since": "2016-01-01T00:00:00+00:00"})
    for name, count, newest in (
        ("sensor_data.json", 2, datetime(2023, 9, 29, 8, 6, 13, 254000, UTC)),
        ("sensor_data.csv", 6, datetime(2023, 9, 29, 8, 6, 13, 254000, UTC)),
        ("new_api_sensor_data.json", 2, datetime(2025, 11, 6, 23, 59, 57, 189000, UTC)),
    ):
        report = FileReport()
        readings = list(adapter("opensensemap").readings(file, (SAMPLES / name).read_bytes(), report))
        assert (len(readings), readings[0].time, report.refused) == (count, newest, {})


def test_what_is_left_out_is_counted_by_reason():
    """For the person who looks before adding a feed."""
    boxes = [
        box(),
        box(_id="5386e44d5f0822040000a002", exposure="mobile"),
        box(_id="5386e44d5f0822040000a003", currentLocation={"coordinates": []}),
    ]
    page = Web({"boxes?bbox=7.0,51.0,8.0,53.0&full=true": json.dumps(boxes).encode()})
    survey = adapter("opensensemap").survey(source(page, "opensensemap", bbox=[7, 51, 8, 53]))
    assert len(survey.stations) == 1
    assert dict(survey.dropped) == {"mobile": 1, "place": 1, "quantity": 1}


def test_a_third_datastream_of_one_title_is_numbered():
    notes: dict = {}
    channels: list[str] = []
    for n, kind in enumerate(("HDC1008", "BME280", "SHT31")):
        newest = {WARM: series(1000)[n]} if n else {}
        found = readings_of(notes, newest, title="Temperatur", kind=kind, times=series(1000))
        channels.append(found[max(found)])  # what comes late is the formers'
    assert channels == ["air_temperature", "air_temperature~temperatur", "air_temperature~temperatur~2"]


def silent_archive(pages):
    def refuse(path):
        raise Unreachable("The archive answered 403.", "refused")

    pages.pages["https://archive.example/*"] = refuse
    return harvest(pages, "opensensemap", boxes=[BOX], archive="https://archive.example")


def test_days_a_silent_archive_was_never_asked_for_are_not_gone():
    start = datetime(2026, 2, 10, tzinfo=UTC)
    times = [start + n * timedelta(hours=1) for n in range(5 * 24)]
    pages = web(times, box(createdAt="2026-02-10T00:00:00.000Z", sensors=box()["sensors"][:1]))
    _readings, pieces = silent_archive(pages)
    assert {one.trouble for one in pieces if one.trouble} == {"unread"}


def test_a_silent_archive_and_a_service_without_its_days_are_no_answer():
    with pytest.raises(Unreachable):
        silent_archive(web((), box(sensors=box()["sensors"][:1])))
