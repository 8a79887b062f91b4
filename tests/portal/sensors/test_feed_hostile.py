"""Feeds of other providers from a real server, friendly and hostile, to the tables."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from box_service import BOX
from ckan import model
from ckan.tests import factories
from ckan.tests.helpers import call_auth
from ckanext.harvest.model import HarvestGatherError, HarvestObject
from sensor_world import call_action

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")


@pytest.fixture
def feed(service):
    return call_action(
        "harvest_source_create",
        url=service.url,
        name="feed-osm",
        title="Boxes",
        owner_org=factories.Organization()["id"],
        source_type="steamcity_feed",
        config=json.dumps({"provider": "opensensemap", "boxes": [BOX]}),
    )["id"]


def run(feed):
    return call_action("steamcity_feed_run", source_id=feed, wait=True)


def counts(feed):
    return call_action("steamcity_run_show", feed=feed)["run"]["counts"]


def stored():
    rows = model.Session.execute(
        sa.text(
            "select d.channel, o.phenomenon_time, o.result from steamcity_sensors_observation o"
            " join steamcity_sensors_datastream d on d.id = o.datastream_id order by 2, 1"
        )
    ).all()
    model.Session.rollback()
    return [tuple(row) for row in rows]


def test_a_box_becomes_a_station_and_no_name_gets_anywhere(service, feed, logged):
    assert run(feed) == {"state": "finished"}
    assert [row[1] for row in stored()] == service.times
    assert (counts(feed)["new"], counts(feed).get("gaps", 0)) == (200, 0)
    (station,) = call_action("steamcity_station_list", feed=feed)["results"]
    assert (station["code"], station["license_id"]) == ("OSM-00a001", "PDDL-1.0")
    dump = json.dumps(station, default=str) + logged.text
    for table in ("station", "datastream", "deployment", "run"):
        dump += repr(model.Session.execute(sa.text(f"select * from steamcity_sensors_{table}")).all())
    dump += "".join(found.content for found in model.Session.query(HarvestObject))
    assert "Jeanne" not in dump
    assert "51.9623" not in dump


def test_again_changes_nothing_and_what_is_new_is_added(service, feed):
    run(feed)
    before = stored()
    assert run(feed) == {"state": "finished"}
    assert (stored(), counts(feed).get("new", 0)) == (before, 0)
    service.times.append(service.times[-1] + timedelta(minutes=10))
    run(feed)
    assert len(stored()) == 201
    first = datetime.fromisoformat(parse_qs(urlsplit(service.asked[-1]).query)["from-date"][0])
    assert first == service.times[-2] - timedelta(hours=12, seconds=1)


def test_a_preview_shows_and_stores_nothing(service, feed):
    shown = call_action("steamcity_feed_preview", source_id=feed)
    assert (shown["readings"], len(shown["stations"]), shown["first"][0]["channel"]) == (200, 1, "air_temperature")
    assert "Jeanne" not in json.dumps(shown)
    assert stored() == []
    assert call_action("steamcity_station_list", feed=feed)["count"] == 0


@pytest.mark.parametrize(
    ("edit", "channel"),
    [
        ({"unit": "°F"}, "air_temperature:[degF]"),
        ({"title": "Lufttemperatur"}, "air_temperature~lufttemperatur"),
        ({"kind": "BME280"}, "air_temperature~temperatur"),
    ],
)
def test_what_is_edited_opens_another_datastream_after_the_values_that_are_stored(service, feed, edit, channel):
    run(feed)
    before = stored()
    vars(service).update(edit)
    service.times += [service.times[-1] + timedelta(minutes=10 * n) for n in range(1, 4)]
    run(feed)
    run(feed)
    assert [row[:2] for row in stored()[200:]] == [(channel, t) for t in service.times[200:]]
    assert stored()[:200] == before
    assert model.Session.scalar(sa.text("select count(*) from steamcity_sensors_revision")) == 0


def test_what_comes_late_from_before_an_edited_unit_is_stored_once_in_the_former_unit(service, feed):
    every, late = service.times, service.times[150:190:7]
    service.times = [t for t in every if t not in late]
    run(feed)
    service.unit, service.times = "°F", [*every, every[-1] + timedelta(minutes=10)]
    for _hour in range(3):
        run(feed)
    assert [row[1] for row in stored() if row[0] == "air_temperature"] == every
    assert [row[1] for row in stored() if row[0] != "air_temperature"] == service.times[-1:]


def test_a_silence_is_in_the_report_of_the_run(service, feed):
    del service.times[50:100]
    run(feed)
    assert counts(feed)["gaps"] == 1
    (gap,) = call_action("steamcity_run_show", feed=feed)["run"]["cursor"]["gaps"]
    assert (gap["station"], gap["from"]) == (BOX, service.times[49].isoformat())


def redirects(address):
    def fault(handler):
        handler.send_response(302)
        handler.send_header("Location", address)
        handler.end_headers()

    return fault


def drips(handler):
    handler.send_response(200)
    handler.end_headers()
    for _byte in range(200):
        handler.wfile.write(b"[")
        handler.wfile.flush()
        threading.Event().wait(0.05)


def cut(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'[{"createdAt": "2026-')


@pytest.mark.parametrize(
    "fault",
    [
        (500, b"no"),
        (200, b"<html>we are being repaired</html>"),
        (200, b'{"message": "Jeanne-Marguerite"}'),
        (200, b'[{"createdAt": "2026-'),
        cut,
        drips,
        redirects("http://127.0.0.1:9/secret"),
        redirects("http://[::1]:9/secret"),
    ],
    ids=["500", "html", "shape", "cut json", "cut off", "drips", "to this machine", "to this machine, v6"],
)
def test_readings_that_cannot_be_read_are_read_by_the_next_run(service, feed, fault, monkeypatch, logged):
    monkeypatch.setattr("ckanext.steamcity.harvesters.source._DEADLINE", 1.0)
    service.faults["/data/"] = fault
    assert run(feed) == {"state": "finished"}
    assert counts(feed)["files_unread"] >= 1
    assert stored() == []
    assert "Jeanne" not in logged.text + json.dumps(call_action("steamcity_run_show", feed=feed), default=str)
    service.faults.clear()
    assert run(feed) == {"state": "finished"}
    assert [row[1] for row in stored()] == service.times
    assert call_action("steamcity_run_show", feed=feed)["run"]["cursor"]["unread"] == []


def test_a_source_that_has_fallen_silent_fails_the_run_with_a_reason(service, feed, monkeypatch):
    monkeypatch.setattr("ckanext.steamcity.harvesters.feeds.opensensemap._STEP", timedelta(hours=6))
    service.faults["/data/"] = (500, b"no")
    answer = run(feed)
    assert answer["state"] == "failed"
    assert "answered 500" in answer["reason"]["params"]["reason"]
    assert len([path for path in service.asked if "/data/" in path]) == 5 * 4  # five windows, four attempts each
    service.faults.clear()
    assert run(feed) == {"state": "finished"}
    assert [row[1] for row in stored()] == service.times


def test_dead_clocks_and_clocks_ahead_stay_outside(service, feed):
    rows = [{"createdAt": f"{year}-01-01T00:00:00Z", "value": "1"} for year in (1970, 2000, 2100)]
    service.faults["/data/"] = (200, json.dumps(rows).encode())
    run(feed)
    assert stored() == []
    assert (counts(feed)["refused_past"], counts(feed)["refused_future"]) == (2, 1)


def test_a_station_that_is_gone_at_the_source_is_marked_and_kept(service, feed):
    run(feed)
    before = stored()
    service.faults[f"boxes/{BOX}"] = (404, b"gone")
    assert run(feed)["state"] == "finished"
    assert stored() == before
    assert call_action("steamcity_station_list", feed=feed)["count"] == 1
    shown = call_action("steamcity_run_show", feed=feed)["run"]
    assert list(shown["cursor"]["gone"]) == [BOX]
    since = shown["cursor"]["gone"][BOX]
    assert run(feed)["state"] == "finished"
    assert call_action("steamcity_run_show", feed=feed)["run"]["cursor"]["gone"] == {BOX: since}
    service.faults.clear()
    run(feed)
    assert call_action("steamcity_run_show", feed=feed)["run"]["cursor"]["gone"] == {}


def test_the_reason_of_a_failed_survey_is_a_sentence(service, feed):
    service.faults["boxes/"] = (200, b"<html>")
    run(feed)
    messages = [found.message for found in model.Session.query(HarvestGatherError)]
    assert messages
    assert all("JSON" in message for message in messages)


def test_only_those_who_look_after_a_feed_preview_it(feed):
    with pytest.raises(tk.NotAuthorized):
        call_auth("steamcity_feed_preview", {"user": factories.User()["name"], "model": model}, source_id=feed)
