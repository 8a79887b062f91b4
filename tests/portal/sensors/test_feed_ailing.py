"""Whole runs against sources that are partly ill, hostile, slow, or asked by two workers at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from box_service import BOX, DUST, WARM
from ckan import model
from ckan.tests import factories
from ckanext.steamcity.demo import feed as demo
from ckanext.steamcity.harvesters import run as running
from ckanext.steamcity.sensors import runs
from sensor_world import call_action

pytestmark = pytest.mark.usefixtures("clean_db", "clean_index")

SECOND = {"_id": DUST, "title": "PM2.5", "unit": "µg/m³", "sensorType": "SDS 011"}


def make_feed(url, **config):
    made = call_action(
        "harvest_source_create", url=url, name="feed-x", title="Boxes", owner_org=factories.Organization()["id"],
        source_type="steamcity_feed", config=json.dumps(config or {"provider": "opensensemap", "boxes": [BOX]}),
    )  # fmt: skip
    return made["id"]


def run(feed):
    return call_action("steamcity_feed_run", source_id=feed, wait=True)


def shown(feed):
    return call_action("steamcity_run_show", feed=feed)["run"]


def stored(sensor=None):
    rows = model.Session.execute(
        sa.text(
            "select d.sensor, o.phenomenon_time from steamcity_sensors_observation o join"
            " steamcity_sensors_datastream d on d.id = o.datastream_id order by 2, 1"
        )
    ).all()
    model.Session.rollback()
    return [row[1] for row in rows if sensor in (None, row[0])]


def test_a_sensor_that_always_answers_500_keeps_nothing_from_the_other(service):
    service.more = [SECOND]
    service.faults[WARM] = (500, b"no")
    feed = make_feed(service.url)
    for _hour in range(7):
        service.times.append(service.times[-1] + timedelta(minutes=10))
        assert run(feed) == {"state": "finished"}
        assert stored(DUST) == service.times
        assert len(shown(feed)["cursor"]["unread"]) == 1
    service.faults.clear()
    assert run(feed) == {"state": "finished"}
    assert stored(WARM) == stored(DUST) == service.times
    assert shown(feed)["cursor"]["unread"] == []


def test_a_source_whose_only_sensor_never_answers_is_told_as_failed(service):
    service.faults["/data/"] = (500, b"no")
    feed = make_feed(service.url)
    states = [run(feed)["state"] for _hour in range(6)]
    assert states == ["finished"] * 4 + ["failed"] * 2
    service.faults.clear()
    assert run(feed) == {"state": "finished"}
    assert stored() == service.times


def test_five_files_that_are_never_given_do_not_stop_the_archive(archive):
    demo.write_archive(archive.folder, days=2)
    bad = [path.name for path in sorted((archive.folder / "2026-03-02").iterdir()) if "sensor" in path.name][:5]
    for name in bad:
        archive.answers[f"2026-03-02/{name}"] = (403, b"no")
    feed = make_feed(archive.url, provider="sensor_community", synthetic=True)
    run(feed)
    demo.write_archive(archive.folder, days=4)
    assert run(feed) == {"state": "finished"}
    assert run(feed) == {"state": "finished"}
    assert len(shown(feed)["cursor"]["unread"]) == 5
    newest = model.Session.scalars(sa.text("select latest_time from steamcity_sensors_datastream")).all()
    assert {moment.date().isoformat() for moment in newest} == {"2026-03-05"}
    archive.answers.clear()
    assert run(feed) == {"state": "finished"}
    assert shown(feed)["cursor"]["unread"] == []


def tried_for_years(service, more="cursor"):
    """A feed with one page that was asked for again and again; ``more``: its cursor besides, in SQL."""
    service.more = [SECOND]
    service.faults[WARM] = (500, b"no")
    feed = make_feed(service.url)
    run(feed)
    tried = """cursor #> '{unread,0}' || '{"tries": 40, "first": "2020-01-01"}'"""
    model.Session.execute(
        sa.text(f"update steamcity_sensors_run set cursor = jsonb_set({more}, '{{unread,0}}', {tried})")  # noqa: S608
    )
    model.Session.commit()
    return feed


def test_what_is_never_given_is_given_up_and_told(service):
    feed = tried_for_years(service)
    run(feed)
    run_ = shown(feed)
    assert run_["counts"]["files_given_up"] == 1
    assert [told["sensor"] for told in run_["cursor"]["given_up"]] == [WARM]
    assert call_action("steamcity_feed_show", source_id=feed)["given_up"] == 1


def test_what_was_given_up_is_counted_beyond_what_is_listed(service):
    others = "select jsonb_agg(jsonb_build_object('sensor', n::text)) from generate_series(1, 50) n"
    feed = tried_for_years(service, f"(cursor - 'given_up_count') || jsonb_build_object('given_up', ({others}))")
    run(feed)
    cursor = shown(feed)["cursor"]
    assert (len(cursor["given_up"]), cursor["given_up_count"]) == (50, 51)
    assert call_action("steamcity_feed_show", source_id=feed)["given_up"] == 51


def test_no_word_of_a_source_is_a_type_or_an_address_that_is_kept(service, logged):
    service.kind = "Jeanne2"
    run(make_feed(service.url))
    assert model.Session.scalars(sa.text("select sensor_type from steamcity_sensors_datastream")).all() == ["unknown"]
    assert "Jeanne" not in logged.text


class Things:
    """A SensorThings server whose ids are words; `page` answers for the observations."""

    def __init__(self, service, page):
        self.service, self.page, self.asked = service, page, 0
        service.faults = {"Things": self.things, "Observations": self.observations, "more": self.observations}

    def things(self, handler):
        datastream = {
            "@iot.id": "jeanne's stream", "name": "temperature", "unitOfMeasurement": {"symbol": "°C"},
            "ObservedProperty": {"name": "temperature", "definition": ""}, "Sensor": {"name": "Jeanne"},
        }  # fmt: skip
        place = {"location": {"type": "Point", "coordinates": [10.0, 53.55]}}
        answer(handler, {"value": [{"@iot.id": "box of jeanne", "Locations": [place], "Datastreams": [datastream]}]})

    def observations(self, handler):
        self.asked += 1
        self.page(handler, self)


def answer(handler, body, status=200):
    data = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def things_feed(service):
    return make_feed(service.url, provider="sensorthings", license_id="CC-BY-4.0", attribution="x")


def test_an_id_that_is_a_name_is_in_no_cursor(service, logged):
    rows = [{"phenomenonTime": service.times[0].isoformat(), "result": 1}]

    def page(handler, things):
        if "more" in handler.path or things.ill:
            answer(handler, {"message": "jeanne"}, 500)
        else:
            answer(handler, {"value": rows, "@iot.nextLink": f"{service.url}more?of=jeanne's stream"})

    things = Things(service, page)
    things.ill = False
    feed = things_feed(service)
    for ill in (False, True, True):
        things.ill = ill
        run(feed)
        assert len(shown(feed)["cursor"]["unread"]) == 1
        dump = repr(model.Session.execute(sa.text("select cursor, counts, error from steamcity_sensors_run")).all())
        assert "jeanne" not in (dump + json.dumps(shown(feed), default=str) + logged.text).casefold()
    service.faults["more"] = service.faults["Observations"] = lambda handler: answer(handler, {"value": rows})
    assert run(feed) == {"state": "finished"}
    assert shown(feed)["cursor"]["unread"] == []
    assert stored() == service.times[:1]


@pytest.mark.parametrize("address", ["the same", "ever new"])
def test_a_page_that_is_repeated_for_ever_ends_the_reading_of_its_sensor_only(service, address):
    rows = [{"phenomenonTime": t.isoformat(), "result": 1} for t in service.times[:3]]

    def page(handler, things):
        number = things.asked if address == "ever new" else 1
        answer(handler, {"value": rows, "@iot.nextLink": f"{service.url}more?{number}"})

    things = Things(service, page)
    feed = things_feed(service)
    assert run(feed) == {"state": "finished"}
    assert stored() == service.times[:3]
    assert things.asked < 6
    assert shown(feed)["counts"]["files_unread"] == 1


def test_the_source_is_told_who_asks_and_whom_to_write_to(service):
    assert run(make_feed(service.url)) == {"state": "finished"}
    (agent,) = service.agents
    assert agent.startswith("SteamCity-Open-Data/")
    assert f"(+{tk.config['ckan.site_url']}/about)" in agent


def test_a_source_that_hangs_costs_a_run_its_deadline_and_no_more(service, monkeypatch):
    monkeypatch.setattr("ckanext.steamcity.harvesters.source._DEADLINE", 1.0)
    done = threading.Event()
    service.faults["/data/"] = lambda _handler: done.wait(60)
    feed = make_feed(service.url)
    begun = time.monotonic()
    assert run(feed) == {"state": "finished"}
    assert time.monotonic() - begun < 20
    assert shown(feed)["counts"]["files_unread"] == 1
    done.set()
    service.faults.clear()
    assert run(feed) == {"state": "finished"}
    assert stored() == service.times


@pytest.mark.parametrize("announced", [True, False])
def test_three_gigabytes_are_not_taken(service, announced):
    sent = []

    def endless(handler):
        handler.send_response(200)
        if announced:
            handler.send_header("Content-Length", str(3 * 10**9))
        handler.end_headers()
        block = b"[" + b" " * (1 << 20)
        with suppress(OSError):
            for _megabyte in range(3000):
                handler.wfile.write(block)
                sent.append(len(block))

    service.faults["/data/"] = endless
    feed = make_feed(service.url)
    assert run(feed) == {"state": "finished"}
    assert shown(feed)["counts"]["files_unread"] == 1
    assert sum(sent) < 60_000_000
    assert stored() == []


def test_a_name_that_leads_elsewhere_at_the_second_look_up_is_not_followed(service, monkeypatch):
    port = int(service.url.rsplit(":", 1)[1].strip("/"))
    inside = socket.create_server(("127.0.0.3", port))
    inside.settimeout(0.2)
    look_up, asked = socket.getaddrinfo, []

    def changing(host, *arguments, **options):
        if host != "rebind.example":
            return look_up(host, *arguments, **options)
        asked.append(host)
        address = "127.0.0.3" if any("/data/" in path for path in service.asked) else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    monkeypatch.setattr("ckanext.steamcity.harvesters.feeds.opensensemap._STEP", timedelta(hours=24))
    feed = make_feed(f"http://rebind.example:{port}/")
    assert run(feed) == {"state": "finished"}
    assert len([path for path in service.asked if "/data/" in path]) == 1
    assert len(asked) > 2
    assert shown(feed)["counts"]["files_unread"] >= 1
    assert 0 < len(stored()) < len(service.times)
    with pytest.raises(TimeoutError):
        inside.accept()
    inside.close()


def test_a_survey_that_takes_longer_than_the_lease_keeps_the_run(archive, monkeypatch):
    demo.write_archive(archive.folder, days=1)
    monkeypatch.setattr(runs, "LEASE_SECONDS", 2)
    monkeypatch.setattr(running, "_RENEW_SECONDS", 0.3)
    feed = make_feed(archive.url, provider="sensor_community", synthetic=True)
    archive.slow = 0.5  # eight files: four seconds
    assert run(feed) == {"state": "finished"}
    assert shown(feed)["attempt"] == 1
    assert stored()


def test_a_run_that_is_taken_over_while_stations_are_asked_for_stops(archive, monkeypatch):
    demo.write_archive(archive.folder, days=1)
    monkeypatch.setattr(running, "_RENEW_SECONDS", 0.1)
    feed = make_feed(archive.url, provider="sensor_community", synthetic=True)
    archive.hold = ("2026-03-02/2026-03-02_sds011", threading.Event())

    def take_over():
        while not any(archive.hold[0] in path for path in archive.asked):
            time.sleep(0.02)
        with model.meta.engine.begin() as connection:
            connection.execute(sa.text("update steamcity_sensors_run set attempt = attempt + 1"))
        time.sleep(0.5)
        archive.hold[1].set()

    thread = threading.Thread(target=take_over)
    thread.start()
    assert run(feed) == {"state": "taken over"}
    thread.join()
    assert stored() == []


def test_a_thing_that_has_lost_its_place_or_drives_about_is_not_gone(service):
    feed = make_feed(service.url)
    run(feed)
    box = json.loads(service.answer(""))
    for change in ({"exposure": "mobile"}, {"currentLocation": {"coordinates": []}}, {"sensors": []}):
        service.faults[f"boxes/{BOX}?"] = (200, json.dumps(box | change).encode())
        run(feed)
        assert shown(feed)["cursor"]["gone"] == {}
        (station,) = call_action("steamcity_station_list", feed=feed)["results"]
        assert station["gone_since"] is None


def test_a_sensor_that_is_silent_until_now_is_told(service):
    feed = make_feed(service.url)
    run(feed)
    run_ = shown(feed)
    assert run_["counts"]["sensors_silent"] == run_["cursor"]["silent_count"] == 1
    (silent,) = run_["cursor"]["silent"]
    assert (silent["sensor"], silent["from"]) == (WARM, service.times[-1].isoformat())
    run(feed)  # nothing new: it is still silent
    assert shown(feed)["cursor"]["silent"] == [silent]
    service.times += [service.times[-1] + timedelta(minutes=10 * n) for n in range(1, 90)]
    service.times.append(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=20))
    run(feed)
    assert shown(feed)["cursor"]["silent"] == []
