"""Files of loggers and mappings of fields, from the page of a school to the tables."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.harvest.model import HarvestSource
from ckanext.steamcity.harvesters import choices, drafts, jobs
from sensor_world import as_user, call_action, headers
from werkzeug.datastructures import MultiDict

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

PAGE = "/school/demo-school-aix-a/feeds"
WARM = {"property": "air_temperature", "unit": "°C"}
MAPPING = {"Time": "time", "T": WARM}
LOG = {"Time (seconds)": "seconds", "temp": WARM}


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    monkeypatch.setattr(jobs, "enqueue_once", lambda _source_id: True)


def create(school, place, **more):
    given = {"provider": "file", "mapping": MAPPING, "place": place, "exposure": "outdoor", "title": "Loggers of ours",
             "license_id": "CC-BY-4.0", "attribution": "Demo school"} | more  # fmt: skip
    owner = school["organization"]["id"]
    return as_user(school["teacher"], "steamcity_feed_create", owner_org=owner, **given)["id"]


def upload(school, feed, text, **more):
    return as_user(school["teacher"], "steamcity_feed_upload", source_id=feed, text=text, **more)


def stored():
    rows = model.Session.execute(
        sa.text("select phenomenon_time, result from steamcity_sensors_observation order by 1, 2")
    )
    found = [(f"{time.astimezone(UTC):%m-%d %H:%M}", result) for time, result in rows]
    model.Session.rollback()
    return found


@pytest.mark.usefixtures("city")
def test_times_of_a_file_are_those_of_its_place_unless_somebody_says_otherwise(school, place):
    for more, hour in ({}, "07:00"), ({"timezone": "Europe/Sofia"}, "06:00"), ({"timezone": "UTC"}, "09:00"):
        feed = create(school, place, **more)
        tried = upload(school, feed, "Time,T\n2026-07-13 09:00,1\n", dry_run=True)
        assert tried["first"][0]["time"] == f"2026-07-13T{hour}:00Z"
    with pytest.raises(tk.ValidationError) as refused:
        create(school, place, timezone="Mars/North")
    assert "timezone" in refused.value.error_dict


@pytest.mark.usefixtures("city")
def test_the_start_of_a_logger_is_local_time(school, place):
    feed = create(school, place, mapping=LOG)
    text = "Time (minutes),temp\n0,20\n5,21\n"
    with pytest.raises(tk.ValidationError) as refused:
        upload(school, feed, text)
    assert "start_time" in refused.value.error_dict
    upload(school, feed, text, start_time="2026-07-13T09:00")
    assert stored() == [("07-13 07:00", 20), ("07-13 07:05", 21)]
    with pytest.raises(tk.ValidationError) as refused:
        upload(school, feed, text, start_time="yesterday")
    assert "start_time" in refused.value.error_dict


def test_both_hours_of_the_long_night_are_in_the_tables(school, place):
    feed = create(school, place, timezone="Europe/Paris")
    times = ("02:00", "02:30", "02:00", "02:30")
    text = "Time,T\n" + "".join(f"2025-10-26 {time},{n}\n" for n, time in enumerate(times))
    assert upload(school, feed, text)["new"] == 4
    assert [result for _time, result in stored()] == [0, 1, 2, 3]


def test_loggers_of_one_feed_never_hide_each_other(app, school, place):
    feed = create(school, place)
    upload(school, feed, "Time,T\n2026-07-13 09:00,1\n", device="roof")
    upload(school, feed, "Time,T\n2026-07-13 09:00,2\n", device="yard")
    assert [result for _time, result in stored()] == [1, 2]
    assert call_action("steamcity_station_list", feed=feed)["count"] == 2
    package = call_action("package_show", id=call_action("steamcity_feed_show", source_id=feed)["dataset_id"])
    assert int(package["station_count"]) == 2  # at once, not when the next run begins
    with pytest.raises(tk.ValidationError) as refused:
        upload(school, feed, "Time,T\n2026-07-13 09:00,2\n", device="logger of Mme Jeanne Dupont")
    assert "device" in refused.value.error_dict
    token = headers(school["teacher"])
    page = app.post(f"/feed/{feed}", data={"do": "upload", "device": "roof",
                    "upload": (io.BytesIO(b"Time,T\n2026-07-13 09:00,7\n"), "a.csv")}, headers=token)  # fmt: skip
    assert "1 value differs" in page.body


FIRST = "Time,T\n2026-07-13 09:00,1\n2026-07-13 09:10,2\n2026-07-13 09:20,3\n"
STRANGE = {
    "another value": ("2026-07-13 09:10,7\n2026-07-13 10:00,1\n", 2),
    "another value, nothing new": ("2026-07-13 09:10,7\n", 1),
    "between the others": ("2026-07-13 09:05,7\n2026-07-13 09:15,7\n", 1),
    "around the others": ("2026-07-13 08:55,7\n2026-07-13 09:25,7\n", 3),
}


@pytest.mark.parametrize("case", STRANGE)
def test_files_of_two_loggers_without_names_are_not_mixed(app, school, place, case):
    """Same columns, no name: what does not fit is refused whole, in words, and what was first stays."""
    text, count = STRANGE[case]
    feed, token = create(school, place), headers(school["teacher"])
    upload(school, feed, FIRST)
    before = stored()
    with pytest.raises(tk.ValidationError) as refused:
        upload(school, feed, "Time,T\n" + text)
    assert str(count) in refused.value.error_dict["device"][0]
    assert stored() == before
    file = (io.BytesIO(b"Time,T\n" + text.encode()), "a.csv")
    page = app.post(f"/feed/{feed}", data={"do": "upload", "upload": file}, headers=token)
    assert page.status_code == 422
    assert "Nothing was added" in page.body
    assert 'name="same_logger"' in page.body
    upload(school, feed, "Time,T\n" + text, device="yard")
    assert call_action("steamcity_station_list", feed=feed)["count"] == 2
    rows = text.count("\n")
    assert len(stored()) == len(before) + rows
    receipt = upload(school, feed, "Time,T\n" + text, same_logger=True)
    assert receipt["new"] + receipt["changed"] == rows


def test_the_next_files_of_one_logger_without_a_name_are_simply_added(school, place):
    feed = create(school, place)
    upload(school, feed, FIRST)
    assert upload(school, feed, FIRST)["duplicate"] == 3
    assert upload(school, feed, FIRST + "2026-07-13 09:30,4\n")["new"] == 1  # it has grown
    assert upload(school, feed, "Time,T\n2026-07-13 09:30,4\n2026-07-13 09:40,5\n")["new"] == 1
    assert upload(school, feed, "Time,T\n2026-07-12 09:00,4\n2026-07-12 09:40,5\n")["new"] == 2  # older ones
    assert upload(school, feed, "Time,T\n2026-07-12 18:00,4\n2026-07-12 18:40,5\n")["new"] == 2  # in a gap
    assert upload(school, feed, "Time,T\n2026-07-13 09:10,2\n")["duplicate"] == 1


def test_a_file_of_more_than_a_megabyte_is_no_push(school, place, monkeypatch):
    feed = create(school, place)
    begin = datetime(2026, 7, 1, tzinfo=UTC)
    rows = (f"{begin + timedelta(seconds=n):%Y-%m-%d %H:%M:%S},{n % 40},{'x' * 40}\n" for n in range(20_000))
    text = "Time,T,Note\n" + "".join(rows)
    assert len(text) > 1_200_000
    assert upload(school, feed, text)["new"] == 20_000
    monkeypatch.setitem(tk.config, "steamcity.feed.file_bytes", 1_000_000)
    with pytest.raises(tk.ValidationError) as refused:
        upload(school, feed, text)
    assert "larger than 1 MB" in str(refused.value.error_dict["upload"])


def test_a_run_of_pushes_carries_a_checksum_of_all_that_was_sent(school, place):
    feed, other = create(school, place), create(school, place, title="Other loggers")
    bodies = [f"Time,T\n2026-07-13 09:0{n},{n}\n" for n in range(3)]
    for body in bodies:
        upload(school, feed, body)
    for body in (*bodies[:2], bodies[2].replace(",2", ",3")):
        upload(school, other, body)

    def checksum(source):
        return call_action("steamcity_run_show", feed=source)["run"]["cursor"]["checksum"]

    assert re.fullmatch("[0-9a-f]{64}", checksum(feed))
    assert checksum(feed) != checksum(other)


def send(app, feed, body, query=""):
    token = call_action("steamcity_feed_token_create", source_id=feed)["token"]
    return app.post(f"/api/steamcity/push/{feed}{query}", data=json.dumps(body), headers={"X-Push-Token": token})


def test_times_of_a_device_without_a_clock_are_said_to_be_the_servers(app, school, place):
    feed = create(school, place, provider="push", profile="airrohr", mapping=None)
    send(app, feed, {"sensordatavalues": [{"value_type": "SDS_P1", "value": "4"}]})
    assert model.Session.scalars(sa.text("select time_source from steamcity_sensors_datastream")).all() == ["server"]


def test_a_push_can_be_tried(app, school, place):
    feed = create(school, place, provider="push", profile="airrohr", mapping=None)
    answer = send(app, feed, {"sensordatavalues": [{"value_type": "SDS_P1", "value": "4"}]}, "?dry_run=1")
    assert (answer.status_code, answer.json["readings"], stored()) == (200, 1, [])
    assert answer.json["first"][0]["result"] == 4


def answer_where(app, token, fields):
    return app.post(f"{PAGE}/new/where", data=MultiDict(fields), headers=token, follow_redirects=False)


def test_which_part_of_a_date_is_the_day_is_asked_on_the_page(app, school, place):
    token, user = headers(school["teacher"]), school["teacher"]
    draft = drafts.keep(user["id"], b"Date;Heure;T\n03/04/2026;09:00;1.013,5\n")
    page = app.get(f"{PAGE}/new/where", query_string={"provider": "file", "draft": draft}, headers=token)
    assert len(re.findall(r'value="(?:date|time)" selected', page.body)) == 2
    said = [("provider", "file"), ("draft", draft), ("place", place), ("exposure", "outdoor"), ("timezone", "UTC"),
            ("column", "Date"), ("means", "date"), ("column", "Heure"), ("means", "time"), ("column", "T"),
            ("means", "air_pressure|hPa")]  # fmt: skip
    asked = app.get(answer_where(app, token, said).headers["Location"], headers=token)
    assert asked.status_code == 422
    assert "Which day is 03/04/2026 09:00?" in asked.body
    assert 'name="date_order"' in asked.body
    page = app.get(answer_where(app, token, [*said, ("date_order", "dmy")]).headers["Location"], headers=token)
    assert page.status_code == 200
    assert "1,013.5" in page.body


def test_a_log_that_began_again_is_told_with_a_way_out(app, school, place):
    token, user = headers(school["teacher"]), school["teacher"]
    draft = drafts.keep(user["id"], b"Time (seconds),temp\n0,20\n10,21\n0,5\n")
    said = [("provider", "file"), ("draft", draft), ("place", place), ("exposure", "outdoor"), ("timezone", "UTC"),
            ("start_time", "2026-07-13T09:00"), ("column", "Time (seconds)"), ("means", "seconds"), ("column", "temp"),
            ("means", "air_temperature|Cel")]  # fmt: skip
    page = app.get(answer_where(app, token, said).headers["Location"], headers=token)
    assert "1 value after the logger was switched off" in page.body
    assert "a file of their own" in page.body


UPLINK = {
    "end_device_ids": {"device_id": "box"},
    "uplink_message": {"f_cnt": 1, "session_key_id": "a", "received_at": "2026-07-13T09:00:00Z",
                       "decoded_payload": {"TempC_SHT": 20.5, "BatV": 3.1}},
}  # fmt: skip


def test_fields_of_a_decoder_get_their_meaning_from_an_example(app, school, place):
    token = headers(school["teacher"])
    said = [("provider", "push"), ("profile", "ttn"), ("place", place), ("exposure", "outdoor")]
    page = answer_where(app, token, [*said, ("example", json.dumps(UPLINK))])
    assert page.status_code == 200
    assert "TempC_SHT" in page.body
    (draft,) = re.findall(r'name="draft" value="([\w-]+)"', page.body)
    more = [("draft", draft), ("column", "TempC_SHT"), ("means", "air_temperature|Cel"), ("column", "BatV"),
            ("means", "")]  # fmt: skip
    address = answer_where(app, token, said + more).headers["Location"]
    assert "TempC" not in address
    body = app.get(address, headers=token).body
    form = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body[body.index("sch-screen") :])
    last = [("title", "Our boxes"), ("license_id", "CC-BY-4.0"), ("attribution", "Demo school")]
    app.post(f"{PAGE}/new/licence", data=MultiDict(form + last), headers=token)
    feed = model.Session.query(HarvestSource).one().id
    receipt = send(app, feed, UPLINK).json
    assert (receipt["accepted"], receipt["rejected"]) == (1, 1)
    assert stored() == [("07-13 09:00", 20.5)]


@pytest.mark.parametrize("example", ["{", "hello", '{"uplink_message": {}}', "[1]"])
def test_an_example_that_is_none_gets_a_sentence(app, school, place, example):
    said = [("provider", "push"), ("profile", "ttn"), ("place", place), ("exposure", "outdoor"), ("example", example)]
    page = answer_where(app, headers(school["teacher"]), said)
    assert page.status_code == 422
    assert 'id="example-error"' in page.body


def test_a_sensebox_needs_to_say_what_its_sensors_are(school, place):
    with pytest.raises(tk.ValidationError) as refused:
        create(school, place, provider="push", profile="opensensemap", mapping=None)
    assert "example" in refused.value.error_dict
    feed = create(school, place, provider="push", profile="opensensemap", mapping={"5386e44d5f0822040000b001": WARM})
    source: Any = HarvestSource.get(feed)
    assert json.loads(source.config)["profile"] == "opensensemap"


@pytest.mark.usefixtures("city")
def test_a_group_of_boxes_and_the_stations_of_an_area():
    plan = choices.plan({"provider": "opensensemap", "grouptag": "steamcity aix"})
    assert plan.settings["grouptag"] == "steamcity aix"
    with pytest.raises(tk.ValidationError) as refused:
        choices.plan({"provider": "opensensemap", "grouptag": "a&b"})
    assert "grouptag" in refused.value.error_dict
    server = {"provider": "sensorthings", "address": "https://sensors.example.org/v1.1"}
    things = choices.plan(server | {"box": "5.4,43.5,5.5,43.6"}).settings["things"]
    ring = "5.4 43.5,5.5 43.5,5.5 43.6,5.4 43.6,5.4 43.5"
    assert things == f"st_within(Locations/location,geography'POLYGON(({ring}))')"
    assert "things" not in choices.plan(server).settings
    assert choices.plan(server | {"place": "area:aix-en-provence"}).settings["place"] == "area:aix-en-provence"


@pytest.mark.parametrize("step", ["where", "stations", "licence"])
@pytest.mark.parametrize("query", ["", "?provider=nonsense"])
def test_a_step_without_a_source_leads_to_the_first(app, school, step, query):
    answer = app.get(f"{PAGE}/new/{step}{query}", headers=headers(school["teacher"]), follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/feeds/new")


@pytest.mark.usefixtures("city")
def test_the_start_of_a_logger_is_read_on_the_clock_that_was_chosen(app, school, place):
    """Half past two was on no clock in Paris that night, and on that of UTC."""
    chosen = {"provider": "file", "place": place, "exposure": "outdoor", "timezone": "UTC"}
    token = headers(school["teacher"])
    given = {"upload": (io.BytesIO(b"Time (seconds),temp\n0,20\n60,21\n"), "log.csv")}
    address = app.post(f"{PAGE}/new/file", data=given, headers=token, follow_redirects=False).headers["Location"]
    draft = re.search("draft=([^&]+)", address)[1]
    said = MultiDict([*chosen.items(), ("draft", draft), ("start_time", "2026-03-29 02:30"),
                      ("column", "Time (seconds)"), ("means", "seconds"), ("column", "temp"),
                      ("means", "air_temperature|Cel")])  # fmt: skip
    answer = app.post(f"{PAGE}/new/where", data=said, headers=token, follow_redirects=False)
    assert answer.status_code == 302, re.findall(r'id="[a-z_]+-error"[^<]*<[^<]*', answer.body)


def test_making_a_feed_writes_no_error_and_no_configuration_into_the_log(school, place, logged, monkeypatch):
    for name in ("plugin", "logic.action.create", "logic.action.update"):
        logger = logging.getLogger(f"ckanext.harvest.{name}")
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
    with logged.at_level(logging.DEBUG):
        feed = create(school, place, mapping=MAPPING | {"Balkon von Jeanne": {"property": "co2", "unit": "ppm"}})
        shown = call_action("harvest_source_show", id=feed)
        call_action("harvest_source_update", **{name: value for name, value in shown.items() if name != "status"})
    ours = [record for record in logged.records if record.name.startswith("ckanext")]
    said = [record.getMessage() for record in ours]
    assert "Creating a harvest source" in said
    assert "Updating a harvest source" in said
    assert [record.getMessage() for record in ours if record.levelno >= logging.ERROR] == []
    assert not any("Jeanne" in record.getMessage() for record in ours)
